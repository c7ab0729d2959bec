/** @file Damaged Parquet: right rows or a clear error, quickly and in little memory, whatever is broken. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import { readInstructionSet, writeInstructionSet } from "../../src/augmentation/instruction-files";
import { toRow } from "../../src/augmentation/instruction-set";
import { projectRoot } from "../../src/util/project-root";
import { Rng } from "../../src/util/rng";
import { temporaryFolder } from "../support/temporary-folder";

/** One random damage: cut, flipped bit, four bytes of a huge or negative number, noise, a piece gone or twice. */
function damaged(good: Uint8Array, rng: Rng): Uint8Array {
  const bytes = Uint8Array.from(good);
  const at = rng.int(bytes.length - 8);
  switch (rng.int(7)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
    case 2:
      bytes[at] ^= 1 << rng.int(8);
      return bytes;
    case 3:
      bytes.set(rng.chance(0.5) ? [0xff, 0xff, 0xff, 0x7f] : [0xff, 0xff, 0xff, 0xff], at);
      return bytes;
    case 4:
      for (let i = at; i < Math.min(bytes.length, at + 16); i++) bytes[i] = rng.int(256);
      return bytes;
    case 5:
      return Uint8Array.from([
        ...bytes.subarray(0, at),
        ...bytes.subarray(Math.min(bytes.length, at + 1 + rng.int(20))),
      ]);
    default:
      return Uint8Array.from([...bytes.subarray(0, at + 5), ...bytes.subarray(at)]);
  }
}

/** Small pages of every kind: dictionary and plain, missing values, Apache Arrow's and our own. */
function files(): [name: string, bytes: Uint8Array, rows: number][] {
  const golden = path.join(projectRoot(), "test", "golden", "augmentation");
  const arrow = ["snappy", "zstd", "gzip", "none"].map((codec): [string, Uint8Array, number] => {
    const expected = JSON.parse(fs.readFileSync(path.join(golden, "parquet.json"), "utf8")) as unknown[];
    return [codec, fs.readFileSync(path.join(golden, `parquet-${codec}.parquet`)), expected.length];
  });
  const texts = Array.from({ length: 40 }, (_, i) => `the reply number ${i % 7} of “many”`);
  const columnData = ["prompt", "reply", "source", "text"].map((name) => ({
    name,
    type: "STRING" as const,
    nullable: name === "text",
    data: texts.map((text, i) => (name === "text" && i % 5 === 0 ? null : text)),
  }));
  return [...arrow, ["ours", new Uint8Array(parquetWriteBuffer({ columnData })), texts.length]];
}

test("a damaged file of another's making gives rows of text or one plain error, soon and in bounded memory", async (t) => {
  const rng = Rng.fromSeed("parquet damage");
  const folder = temporaryFolder(t, { "simple_wiki/train-0.parquet": "" });
  const file = path.join(folder, "simple_wiki/train-0.parquet");
  const began = performance.now();
  const memory = process.memoryUsage().rss;
  let refused = 0;
  let read = 0;
  for (const [name, good, count] of files()) {
    fs.writeFileSync(file, good);
    assert.equal((await readInstructionSet(folder)).rows.length, count, name);
    for (let i = 0; i < 150; i++) {
      fs.writeFileSync(file, damaged(good, rng));
      const started = performance.now();
      try {
        const { rows } = await readInstructionSet(folder);
        assert.equal(rows.length, count, `${name}, damage ${i}`);
        assert.ok(rows.every((row) => row.prompt !== "" && row.reply !== "" && typeof row.text === "string"));
        read++;
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        assert.match((error as Error).message, /train-0\.parquet: /, `${name}, damage ${i}: ${(error as Error).stack}`);
        refused++;
      }
      assert.ok(performance.now() - started < 2000, `${name}, damage ${i} took too long`);
    }
  }
  t.diagnostic(`${refused} refused, ${read} read whole, ${Math.round(performance.now() - began)} ms`);
  assert.ok(refused > 400, `${refused} refused`);
  assert.ok(process.memoryUsage().rss - memory < 600e6, `${process.memoryUsage().rss - memory} bytes more`);
});

test("forms of other writers: unused columns do not matter, a column of nulls is an absent one", async (t) => {
  const golden = path.join(projectRoot(), "test", "golden", "augmentation");
  const folder = temporaryFolder(t, { "simple_wiki/train-0.parquet": "" });
  const file = path.join(folder, "simple_wiki/train-0.parquet");
  const read = (name: string) => {
    fs.copyFileSync(path.join(golden, `parquet-${name}.parquet`), file);
    return readInstructionSet(folder);
  };
  const expected = JSON.parse(fs.readFileSync(path.join(golden, "parquet.json"), "utf8")) as { text: string }[];
  for (const name of ["nulls", "nested"]) {
    const { rows } = await read(name);
    assert.deepEqual(
      rows.map(({ text }) => text),
      expected.map(({ text }) => text),
      name,
    );
  }
  for (const [name, message] of [
    ["nested-text", /train-0\.parquet: column text is nested, want text\. Write it again as plain text columns/],
    [
      "delta",
      /train-0\.parquet: column prompt, .* the encoding DELTA_BYTE_ARRAY, want PLAIN or a dictionary\. Write it/,
    ],
    ["no-prompt", /train-0\.parquet: lacks the column prompt \(or it holds only nulls\)/],
  ] as const) {
    await assert.rejects(read(name), (error: Error) => message.test(error.message) && !/damaged/.test(error.message));
  }
});

test("in a set that we wrote, any damage at all is refused: its checksum is beside it", async (t) => {
  const rng = Rng.fromSeed("our damage");
  const folder = temporaryFolder(t);
  const rows = Array.from({ length: 30 }, (_, i) =>
    toRow(`question ${i}?`, `answer ${i}.`, "simple_wiki", `w/${i >> 1}`),
  );
  writeInstructionSet(folder, rows, { teacher: "template-1" });
  const file = path.join(folder, "simple_wiki/train-00000-of-00001.parquet");
  const good = fs.readFileSync(file);
  for (let i = 0; i < 100; i++) {
    fs.writeFileSync(file, damaged(good, rng));
    await assert.rejects(readInstructionSet(folder), /is not the file that documents\.json was written for/);
  }
  fs.writeFileSync(file, good);
  assert.deepEqual((await readInstructionSet(folder)).rows, rows);
});
