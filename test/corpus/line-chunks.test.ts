import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { type ReadOptions, readLineChunks } from "../../src/corpus/line-chunks";
import { temporaryFolder } from "../support/temporary-folder";

function read(file: string, options: ReadOptions = {}) {
  const counts = { bytes: 0, replaced: 0 };
  const pieces = [...readLineChunks(file, counts, options)];
  return { pieces, lines: pieces.map(({ text }) => text), counts };
}

test("line ends may be LF, CRLF or CR, and a byte-order mark is dropped", (t) => {
  const folder = temporaryFolder(t, {
    lf: "a\nb\n\nc",
    crlf: "a\r\nb\r\n\r\nc\r\n",
    cr: "a\rb\r\rc",
    bom: "\ufeffa\nb\n\nc\n",
  });
  for (const name of ["lf", "crlf", "cr", "bom"]) {
    assert.deepEqual(read(path.join(folder, name)).lines, ["a", "b", "", "c"], name);
  }
});

test("an empty file and a file of one line feed have no text", (t) => {
  const folder = temporaryFolder(t, { empty: "", blank: "\n", bom: "\ufeff" });
  assert.deepEqual(read(path.join(folder, "empty")).lines, []);
  assert.deepEqual(read(path.join(folder, "blank")).lines, [""]);
  assert.deepEqual(read(path.join(folder, "bom")).lines, []);
});

test("broken UTF-8 stops with the file and the byte, or is replaced and counted", (t) => {
  const head = "é".repeat(700_000); // 1.4 MB, so that the broken byte is in the second chunk
  const folder = temporaryFolder(t, {
    broken: Buffer.concat([Buffer.from(`${head}\nnaïve `), Buffer.from([0xe9, 0x20, 0xff, 0x0a])]),
  });
  const file = path.join(folder, "broken");
  const at = 1_400_000 + 1 + 7;
  assert.throws(() => read(file), new RegExp(`broken: byte ${at} is not UTF-8.*iconv`));
  const { lines, counts } = read(file, { invalidUtf8: "replace" });
  assert.equal(counts.replaced, 2);
  assert.deepEqual(lines, [head, "naïve \ufffd \ufffd"]);
});

test("UTF-16 is named as such", (t) => {
  const folder = temporaryFolder(t, { wide: Buffer.from("\ufeffhello\n", "utf16le") });
  assert.throws(() => read(path.join(folder, "wide")), /UTF-16/);
});

test("a ten-megabyte line comes in pieces of a few megabytes that join to the line", (t) => {
  const line = "wörd ".repeat(2_000_000).trimEnd();
  const folder = temporaryFolder(t, { long: `first\n${line}\nlast\n`, solid: "ä".repeat(5_000_000) });
  const { pieces } = read(path.join(folder, "long"));
  assert.equal(pieces[0].text, "first");
  assert.equal(pieces[pieces.length - 1].text, "last");
  const middle = pieces.slice(1, -1);
  assert.ok(middle.length >= 2 && middle.every(({ text }) => text.length < 6_000_000));
  assert.ok(middle.slice(0, -1).every(({ continues }) => continues) && !middle[middle.length - 1].continues);
  assert.equal(middle.map(({ text }) => text).join(""), line);
  // without a single blank, still never cut inside a character
  assert.equal(read(path.join(folder, "solid")).lines.join(""), "ä".repeat(5_000_000));
});

test("text around chunk boundaries equals a whole read", (t) => {
  const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} ${"x".repeat(i % 97)} é€😀`);
  const folder = temporaryFolder(t, { text: `${lines.join("\n")}\n` });
  assert.deepEqual(read(path.join(folder, "text")).lines, lines);
});
