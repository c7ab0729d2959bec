/** @file The ablation in a notebook: what has not been run is said, what has been run is shown with its verdict. */

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { showAblationPooling, showAblationTokenizer } from "../../../src/notebook/display/ablation-view";
import { ablationResults, readingScore } from "../../support/ablation-results";

const HOOK = Symbol.for("class-it.display");
let shown: Record<string, unknown>[] = [];
before(() => {
  (globalThis as Record<symbol, unknown>)[HOOK] = (data: Record<string, unknown>) => shown.push(data);
});
after(() => {
  delete (globalThis as Record<symbol, unknown>)[HOOK];
});

function displaysOf(call: () => void): string[] {
  shown = [];
  call();
  return shown.map((data) => `${Object.keys(data)[0]}: ${String(data["text/plain"])}`);
}

const results = ablationResults(
  [readingScore("wide-byte-level", "official", 0.4, [0.1, 0.9])],
  ["finetune/narrow-sentencepiece/mnli"],
);

test("without results both say so and name the command", () => {
  for (const view of [showAblationTokenizer, showAblationPooling]) {
    const [only, ...more] = displaysOf(() => view(null));
    assert.match(only, /Not run.*class-it -- ablation/);
    assert.deepEqual(more, []);
  }
});

test("with part of the results: what is there is shown, the verdicts are open", () => {
  const tokenizer = displaysOf(() => showAblationTokenizer(results));
  assert.ok(tokenizer.some((text) => /plotly.*official, 0\.4/.test(text)));
  assert.equal(tokenizer.filter((text) => /open\.\*\* 0 of 4 comparisons are done/.test(text)).length, 2);
  const pooling = displaysOf(() => showAblationPooling(results));
  assert.match(pooling[0], /wide-byte-level\s+rte\s+first token\s+60\s/);
  assert.ok(pooling.some((text) => /Of 1 classifiers, 1 give one class/.test(text)));
  assert.ok(pooling.some((text) => /open\.\*\*.*byte-level: 1 of 1/.test(text)));
  assert.ok(pooling.some((text) => /Unfinished jobs: 1/.test(text)));
});
