import assert from "node:assert/strict";
import { test } from "node:test";
import { heldOutWords } from "../../src/results/learning-curve";
import { temporaryFolder } from "../support/temporary-folder";

const inReport = (split: unknown) => ({ "data/results/study/data-report.json": JSON.stringify({ split }) });

test("the study's held-out text has 687,521 words in six sources", () => {
  const words = heldOutWords("study");
  assert.deepEqual([...words.keys()].sort(), [
    "bnc_spoken",
    "childes",
    "gutenberg",
    "open_subtitles",
    "simple_wiki",
    "switchboard",
  ]);
  assert.equal(
    [...words.values()].reduce((a, b) => a + b, 0),
    83_129 + 154_672 + 132_669 + 85_887 + 84_725 + 146_439,
  );
});

test("training text is not counted, and a report without numbers is refused with file and remedy", (t) => {
  const side = (name: string, words: unknown) => ({ source: "childes", side: name, words });
  const good = temporaryFolder(t, inReport([side("train", 90), side("validation", 10)]));
  assert.deepEqual([...heldOutWords("study", good)], [["childes", 10]]);
  const bad = temporaryFolder(t, inReport([side("validation", "ten")]));
  assert.throws(() => heldOutWords("study", bad), /data-report\.json: .*words.*npm run reproduce/);
});
