import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { AnswerCache, answerKey } from "../../../src/augmentation/teachers/answer-cache";

const answer = (key: string, text = "t") => ({
  key,
  model: "m",
  article: "a",
  text,
  finishReason: "stop",
  promptTokens: 1,
  completionTokens: 2,
});

async function inFolder(use: (file: string) => Promise<void>): Promise<void> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "answer-cache-"));
  try {
    await use(path.join(folder, "deep", "answers.jsonl"));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

test("Answers with any text are unchanged after reopening", () =>
  inFolder(async (file) => {
    const cache = AnswerCache.open(file);
    cache.append(answer("1", 'line\nbreak \u2028 "quoted" \ud83d\ude00'));
    cache.append(answer("2"));
    cache.close();
    const again = AnswerCache.open(file);
    assert.equal(again.length, 2);
    assert.deepEqual(again.get("1"), answer("1", 'line\nbreak \u2028 "quoted" \ud83d\ude00'));
    assert.equal(again.get("3"), undefined);
    again.close();
  }));

test("Wherever a write was cut off, the answers before it survive and the next run appends cleanly", () =>
  inFolder(async (file) => {
    const cache = AnswerCache.open(file);
    cache.append(answer("1"));
    cache.append(answer("2", "é".repeat(100_000)));
    cache.close();
    const bytes = fs.readFileSync(file);
    const first = bytes.indexOf(10) + 1;
    for (const cut of [0, 1, first - 1, first, first + 1, first + 70_001, bytes.length - 1, bytes.length]) {
      fs.writeFileSync(file, bytes.subarray(0, cut));
      const reopened = AnswerCache.open(file);
      assert.equal(reopened.length, cut === bytes.length ? 2 : cut >= first ? 1 : 0, `cut at ${cut}`);
      reopened.append(answer("3"));
      reopened.close();
      const last = AnswerCache.open(file);
      assert.deepEqual(last.get("3"), answer("3"));
      last.close();
    }
  }));

test("A line that is no answer is an error with file and line, not a loss", () =>
  inFolder(async (file) => {
    fs.mkdirSync(path.dirname(file));
    fs.writeFileSync(file, `${JSON.stringify(answer("1"))}\n{"key": 3}\n`);
    assert.throws(() => AnswerCache.open(file), /answers\.jsonl:2: want an answer with a key and a text/);
    fs.writeFileSync(file, `{oops\n${JSON.stringify(answer("1"))}\n`);
    assert.throws(() => AnswerCache.open(file), /answers\.jsonl:1: not JSON/);
    const size = fs.statSync(file).size;
    assert.ok(size > 10, "and the file is left as it is");
  }));

test("A second run on the same cache is refused", () =>
  inFolder(async (file) => {
    const cache = AnswerCache.open(file);
    assert.throws(() => AnswerCache.open(file), /answers\.jsonl is in use by process \d+/);
    cache.close();
    AnswerCache.open(file).close();
  }));

test("The key depends on every part of the request", () => {
  const asked = { model: "m", seed: 1, messages: [{ role: "user", content: "x" }] };
  assert.equal(answerKey(asked), answerKey({ ...asked }));
  assert.notEqual(answerKey(asked), answerKey({ ...asked, seed: 2 }));
  assert.match(answerKey(asked), /^[0-9a-f]{64}$/);
});
