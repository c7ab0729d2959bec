import assert from "node:assert/strict";
import { test } from "node:test";
import { countsBesidePaper } from "../../src/augmentation/published-counts";

test("our counts of both sides are listed beside every source", () => {
  const counts = [
    { source: "switchboard", side: "train", rows: 9, documents: 1, words: 90 },
    { source: "switchboard", side: "validation", rows: 1, documents: 1, words: 10 },
    { source: "simple_wiki", side: "train", rows: 3, documents: 1, words: 50 },
  ] as const;
  const table = countsBesidePaper({ counts: [...counts] });
  const ours = Object.fromEntries(table.map((row) => [`${row.source} ${row.what}`, row.ours]));
  assert.deepEqual(ours, {
    "switchboard pairs": 10,
    "switchboard words": 100,
    "simple_wiki pairs": 3,
    "simple_wiki words": 50,
    "both pairs": 13,
    "both words": 150,
  });
  const both = table.find(({ source, what }) => source === "both" && what === "pairs");
  const own = table.filter(({ source, what }) => source !== "both" && what === "pairs");
  const sum = own.reduce((total, { publishedSet }) => total + (publishedSet ?? 0), 0);
  assert.equal(both?.publishedSet, sum, "the published set's rows add up; the paper's and the poster's do not");
});
