import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { Cleaner } from "../../src/corpus/clean-text";
import { loadCorpus } from "../../src/corpus/load-corpus";
import { CORPUS_SOURCES } from "../../src/corpus/sources";
import { writeCleanCorpus } from "../../src/corpus/write-clean";
import { projectRoot } from "../../src/util/project-root";
import { Rng } from "../../src/util/rng";
import { temporaryFolder } from "../support/temporary-folder";

test("a cleaned corpus is clean: cleaning it again changes and drops nothing", (t) => {
  const text = path.join(projectRoot(), "data", "sample", "text");
  const out = temporaryFolder(t);
  const sources = ["simple_wiki", "switchboard", "open_subtitles"] as const;
  const first = writeCleanCorpus(text, out, { sources });
  assert.deepEqual(fs.readdirSync(out).sort(), [...sources.map((source) => `${source}.train`), "report.json"].sort());
  const again = loadCorpus(out, { sources });
  assert.equal(again.report.wordsOut, first.wordsOut);
  const before = loadCorpus(text, { sources });
  for (const source of sources) {
    const lines = ({ documents }: typeof before) =>
      documents
        .filter((document) => document.source === source)
        .map((document) => document.text)
        .join("\n");
    assert.equal(lines(again), lines(before), source);
  }
  for (const { steps } of again.report.sources) {
    for (const { step, dropped, changed } of steps) {
      if (step === "headings" || step === "titles") continue;
      assert.deepEqual([step, dropped, changed], [step, 0, 0]);
    }
  }
});

test("every step leaves any cleaned entry unchanged", () => {
  const rng = Rng.fromSeed("clean-twice");
  const alphabet = [
    "a",
    "B ",
    "\u00e9",
    " ",
    "  ",
    "&amp;",
    "lt;",
    "&",
    "<b>",
    "[x]",
    "[",
    "]",
    "- ",
    "\u2013",
    "\u2019",
    "(",
    ")",
    "; ",
    " .",
    " ,",
    "\u00a0",
    "\u200b",
    "{y}",
    "\u266a",
    "9",
    "...",
    "\t",
    "\ud83d\ude00",
    "\ud800",
  ];
  for (const source of CORPUS_SOURCES) {
    const cleaner = new Cleaner(source, { dropUpToWords: 0 });
    for (let i = 0; i < 400; i++) {
      const entry = Array.from({ length: 1 + rng.int(14) }, () => rng.pick(alphabet)).join("");
      const once = cleaner.clean(entry);
      if (once !== null) assert.equal(cleaner.clean(once), once, `${source}: ${JSON.stringify(entry)}`);
    }
  }
});
