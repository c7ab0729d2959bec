/** @file Sentences that no longer hold, and answers to exercises: alone, and through a notebook and its regression test. */

import assert from "node:assert/strict";
import * as path from "node:path";
import { after, test } from "node:test";
import { check } from "../../../src/notebook/display/say";
import { compareNotebooks } from "../../../src/notebook/execution/compare-notebooks";
import { readNotebook } from "../../../src/notebook/execution/notebook-file";
import { runCells, scratchFolder, skipWithoutJupyter, textOf } from "../../support/notebook";

const { folder, remove } = scratchFolder("say");
after(remove);

/** What `call` prints. */
function printed(call: () => unknown): string {
  const { write } = process.stdout;
  let text = "";
  process.stdout.write = ((chunk: string) => {
    text += chunk;
    return true;
  }) as typeof write;
  try {
    call();
  } finally {
    process.stdout.write = write;
  }
  return text;
}

test("an answer is as exact as the number in the sentence", () => {
  const says = (sentence: string, value: number | boolean | undefined) => printed(() => check(sentence, value));
  assert.equal(says("your median should be 24", 24), "right: your median should be 24\n");
  assert.equal(says("your median should be 24", 24.5), "right: your median should be 24\n");
  assert.equal(says("your median should be 24", 25.75), "not yet: your median should be 24, and it is 25.8\n");
  assert.equal(says("the 3 seeds should give 0.86", 0.8551), "right: the 3 seeds should give 0.86\n");
  assert.equal(says("it should be −1,200.5", -1200.52), "right: it should be −1,200.5\n");
  assert.equal(says("your median should be 24", Number.NaN), "not yet: your median should be 24, and it is NaN\n");
  assert.equal(says("your median should be 24", undefined), "to do: your median should be 24\n");
  assert.equal(says("the list should be sorted", true), "right: the list should be sorted\n");
  assert.equal(says("the list should be sorted", false), "not yet: the list should be sorted\n");
  assert.throws(() => check("the list should be sorted", 3), /a sentence without a number needs true or false/);
  assert.throws(() => check("your median should be 24", true), /the sentence expects a number/);
});

test("a sentence that no longer holds fails the regression test of its notebook, which runs on", {
  skip: skipWithoutJupyter,
}, async () => {
  const cells = (merged: number) => [
    `import { check, say, showSource } from "./src/index";\nconst [base, merged] = [0.76, ${merged}];`,
    "say(merged < base, 'Merged (' + merged + ') is below base (' + base + ').');",
    `check("merged should be ${merged}", merged);`,
    `showSource("src/util/rng.ts", "Rng.fork");`,
  ];
  const run = async (merged: number) => {
    const executed = await runCells(folder, cells(merged), false);
    return { executed, notebook: readNotebook(path.join(folder, "test.ipynb")) };
  };
  const good = await run(0.73);
  const sentence = good.executed[1].outputs[0];
  assert.deepEqual(sentence.data?.["text/markdown"], ["Merged (0.73) is below base (0.76)."]);
  assert.equal(textOf(good.executed[2]), "right: merged should be 0.73\n");
  assert.match(
    String(good.executed[3].outputs[0].data?.["text/markdown"]),
    /From `src\/util\/rng\.ts`:.*```typescript/s,
  );
  assert.deepEqual(compareNotebooks(good.notebook, good.notebook), []);

  const bad = await run(0.79);
  assert.equal(textOf(bad.executed[1]), "This sentence no longer holds: Merged (0.79) is below base (0.76).\n");
  assert.equal(textOf(bad.executed[2]), "right: merged should be 0.79\n");
  for (const committed of [good.notebook, bad.notebook]) {
    const [difference] = compareNotebooks(committed, bad.notebook).filter((d) => d.cell === 1);
    assert.match(difference.message, /warns: This sentence no longer holds: Merged \(0\.79\)/);
  }
});
