import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { Journal, readJournal } from "../../src/util/journal";
import { temporaryFolder } from "../support/temporary-folder";

const asIs = (line: string) => line;
const HEADER = '{"fingerprint":"x"}';
const LINES = ["[0,[-1.5,-2],[3,3]]", '{"key":"k","text":"é \\n \\u2028"}', "7,0.5,childes"];

function written(t: TestContext, header: string | null = HEADER): { file: string; bytes: Buffer } {
  const file = path.join(temporaryFolder(t), "deep", "journal.jsonl");
  const journal = Journal.begin(file, header);
  for (const line of LINES) journal.append([line]);
  return { file, bytes: fs.readFileSync(file) };
}

test("lines come back without their checksums; JSON stays JSON and CSV stays CSV", (t) => {
  const { file, bytes } = written(t);
  assert.deepEqual(readJournal(file, HEADER, asIs), LINES);
  const [header, array, object, csv] = bytes.toString().split("\n");
  assert.equal(header, HEADER);
  assert.equal(JSON.parse(array).length, 4);
  assert.deepEqual(Object.keys(JSON.parse(object)), ["key", "text", "check"]);
  assert.equal(csv.split(",").length, 4);
});

test("the checksum of a line is SHA-256 over the one before and the line, as written out here", (t) => {
  const hash = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 12);
  const { bytes } = written(t);
  const first = hash(`${hash(`\n${HEADER}`)}\n${LINES[0]}`);
  assert.equal(JSON.parse(bytes.toString().split("\n")[1])[3], first);
  assert.equal(JSON.parse(bytes.toString().split("\n")[2]).check, hash(`${first}\n${LINES[1]}`));
});

test("a journal cut off at any byte keeps its whole lines, and appending gives the file that was never cut", (t) => {
  for (const header of [HEADER, null, "step,lossNats,source"]) {
    const { file, bytes } = written(t, header);
    const start = header === null ? 0 : bytes.indexOf(10) + 1;
    for (let cut = start; cut <= bytes.length; cut++) {
      fs.writeFileSync(file, bytes.subarray(0, cut));
      const { journal, entries } = Journal.resume(file, header, asIs);
      const whole = bytes.subarray(start, cut).filter((byte) => byte === 10).length;
      assert.deepEqual(entries, LINES.slice(0, whole), `cut at ${cut}`);
      for (const line of LINES.slice(whole)) journal.append([line]);
      assert.ok(fs.readFileSync(file).equals(bytes), `cut at ${cut}`);
    }
  }
});

test("any changed byte of a line, a missing, doubled or moved line is refused with file and line", (t) => {
  const { file, bytes } = written(t);
  const start = bytes.indexOf(10) + 1;
  const refused = /journal\.jsonl(:\d+)?: (was altered|byte \d+ is not UTF-8|want the header)/;
  for (let at = 0; at < bytes.length - 1; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at] ^= 1;
    fs.writeFileSync(file, damaged);
    assert.throws(() => readJournal(file, HEADER, asIs), refused, `byte ${at}, header ends at ${start}`);
  }
  const [header, a, b, c] = bytes.toString().trimEnd().split("\n");
  for (const [lines, line] of [
    [[a, c], 3],
    [[a, a, b, c], 3],
    [[b, a, c], 2],
    [[a, b, "[1,[-1],[1]]", c], 4],
  ] as const) {
    fs.writeFileSync(file, `${[header, ...lines].join("\n")}\n`);
    assert.throws(() => Journal.resume(file, HEADER, asIs), new RegExp(`journal\\.jsonl:${line}: was altered`));
  }
});

test("a journal from before checksums is read once with a warning and has them afterwards", (t) => {
  const file = path.join(temporaryFolder(t), "old.csv");
  fs.writeFileSync(file, "step,lossNats,source\n1,0.5,childes\n2,0.25,childes\n3,0.1");
  const said: string[] = [];
  t.mock.method(process.stderr, "write", (text: string) => said.push(text) > 0);
  const { entries } = Journal.resume(file, "step,lossNats,source", asIs);
  assert.deepEqual(entries, ["1,0.5,childes", "2,0.25,childes"]);
  assert.deepEqual(Journal.resume(file, "step,lossNats,source", asIs).entries, entries);
  t.mock.restoreAll();
  assert.equal(said.length, 1);
  assert.match(said[0], /^warning: .*old\.csv: has no checksums/);
  assert.match(fs.readFileSync(file, "utf8"), /^step,lossNats,source,check\n1,0\.5,childes,[0-9a-f]{12}\n/);
});

test("what a line's reader throws carries file and line, and an old journal is then left as it was", (t) => {
  const file = path.join(temporaryFolder(t), "old.jsonl");
  fs.writeFileSync(file, '{"a":1}\n{"a":\n');
  assert.throws(() => Journal.resume(file, null, JSON.parse), /old\.jsonl:2: /);
  assert.equal(fs.readFileSync(file, "utf8"), '{"a":1}\n{"a":\n');
  assert.throws(() => readJournal(`${file}.absent`, null, asIs), /old\.jsonl\.absent: no such file/);
});

test("a second writer is noticed, and nothing is written over its lines", (t) => {
  const { file, bytes } = written(t);
  const { journal } = Journal.resume(file, HEADER, asIs);
  const other = Journal.resume(file, HEADER, asIs).journal;
  other.append(["[1,[-1],[1]]"]);
  assert.throws(() => journal.append(["[2,[-1],[1]]"]), /journal\.jsonl: has \d+ bytes, want \d+; is another process/);
  assert.equal(readJournal(file, HEADER, asIs).length, LINES.length + 1);
  assert.ok(fs.statSync(file).size > bytes.length);
});
