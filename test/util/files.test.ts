import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { writeAtomically, writeFileAtomic } from "../../src/util/atomic-file";
import { oneOf } from "../../src/util/check";
import { bytes, duration, thousands } from "../../src/util/format";
import { readJson, readJsonl, writeJsonl } from "../../src/util/jsonl";
import { sha256, sha256File } from "../../src/util/sha256";
import { countWords, readLines, readText } from "../../src/util/text-file";

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-util-"));
process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
const file = (name: string) => path.join(folder, name);

test("an atomic write that fails half-way leaves the old file and nothing beside it", () => {
  const target = file("atomic/old.txt");
  writeFileAtomic(target, "old");
  assert.throws(
    () =>
      writeAtomically(target, (fd) => {
        fs.writeSync(fd, "half of the n");
        throw new Error("power cut");
      }),
    /power cut/,
  );
  assert.equal(fs.readFileSync(target, "utf8"), "old");
  assert.deepEqual(fs.readdirSync(path.dirname(target)), ["old.txt"]);
});

test("a malformed JSON line is reported with file, line and its beginning", () => {
  fs.writeFileSync(file("bad.jsonl"), '{"a":1}\n\n{"a":2\n{"a":3}\n');
  assert.throws(() => readJsonl(file("bad.jsonl"), (v) => v), /bad\.jsonl:3: .*the line starts with/s);
  fs.writeFileSync(file("cut.jsonl"), '{"a":1}\n{"a":');
  assert.throws(() => readJsonl(file("cut.jsonl"), (v) => v), /cut\.jsonl:2: .*was the file cut off/s);
});

test("what a row parser throws carries file and line", () => {
  writeJsonl(file("rows.jsonl"), [{ label: 0 }, { label: 9 }]);
  const parse = (value: unknown) => {
    const { label } = value as { label: number };
    if (label > 1) throw new Error(`label must be 0 or 1, got ${label}`);
    return label;
  };
  assert.throws(() => readJsonl(file("rows.jsonl"), parse), /rows\.jsonl:2: label must be 0 or 1, got 9/);
});

test("a missing file, a folder and broken UTF-8 give different errors", () => {
  assert.throws(() => readText(file("none.txt")), /none\.txt: no such file/);
  assert.throws(() => readText(folder), /is a folder, want a file/);
  fs.writeFileSync(file("latin1.txt"), Buffer.from([0x63, 0x61, 0x66, 0xe9, 0x0a]));
  assert.throws(() => readText(file("latin1.txt")), /latin1\.txt: byte 3 is not UTF-8/);
  assert.throws(() => readJson(file("latin1.txt")), /byte 3 is not UTF-8/);
});

test("lines: CRLF and LF, a byte-order mark, no final line end, a character split across chunks", () => {
  fs.writeFileSync(file("lines.txt"), "\ufeffone\r\ntwo\n\n\ufefffour");
  assert.deepEqual([...readLines(file("lines.txt"))], ["one", "two", "", "\ufefffour"]); // a mark elsewhere is text
  const long = `${"x".repeat((1 << 20) - 1)}é`; // é straddles the 1 MiB chunk
  fs.writeFileSync(file("long.txt"), `${long}\nend\n`);
  assert.deepEqual([...readLines(file("long.txt"))], [long, "end"]);
  assert.throws(() => [...readLines(file("long.txt"), 1000)], /long\.txt:1: a line of more than 1000 bytes/);
});

test("rows of many megabytes are written piece by piece, and are the same rows", () => {
  const file = path.join(os.tmpdir(), `class-it-rows-${process.pid}.jsonl`);
  const rows = Array.from({ length: 60_000 }, (_, i) => ({ i, text: `“row” ${i} 😀 ${"x".repeat(i % 200)}` }));
  try {
    writeJsonl(file, rows);
    assert.ok(fs.statSync(file).size > 2 * (1 << 22));
    assert.equal(fs.readFileSync(file, "utf8"), rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  } finally {
    fs.rmSync(file, { force: true });
  }
});

test("words are runs without white space", () => {
  assert.equal(countWords("  A: well,\tyes .\n"), 4);
  assert.equal(countWords(""), 0);
});

test("SHA-256 of 'abc' is the value in FIPS 180-2", () => {
  const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.equal(sha256("abc"), expected);
  fs.writeFileSync(file("abc"), "abc");
  assert.equal(sha256File(file("abc")), expected);
});

test("an unknown name lists the choices and the nearest", () => {
  assert.throws(
    () => oneOf("task", "blmp", ["ewok", "blimp"]),
    /unknown task "blmp" \(did you mean "blimp"\?\); one of ewok, blimp/,
  );
  assert.throws(() => oneOf("task", "zzzzzz", ["ewok"]), /unknown task "zzzzzz"; one of ewok/);
});

test("numbers for people", () => {
  assert.equal(thousands(140231872), "140,231,872");
  assert.deepEqual([45, 200, 7500].map(duration), ["45 s", "3 min 20 s", "2 h 5 min"]);
  assert.deepEqual([999, 1500, 2.3e9].map(bytes), ["999 B", "1.5 kB", "2.3 GB"]);
});
