import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { normalized } from "../../src/corpus/sample-world/emitter";
import { generateSampleWorld, SAMPLE_WORLD_SEED, SIZES, sentencesOf } from "../../src/corpus/sample-world/generate";
import { projectRoot } from "../../src/util/project-root";
import { countWords } from "../../src/util/text-file";

const files = generateSampleWorld(SAMPLE_WORLD_SEED);
const folder = path.join(projectRoot(), "data", "sample");
const rows = (name: string): Record<string, unknown>[] =>
  (files.get(name) as string)
    .trim()
    .split("\n")
    .map((l) => JSON.parse(l));
const under = (prefix: string): string[] => [...files.keys()].filter((n) => n.startsWith(prefix));

test("the program regenerates every committed file of data/sample byte for byte", () => {
  for (const [name, text] of files) {
    assert.equal(fs.readFileSync(path.join(folder, name), "utf8") === text, true, `${name} differs`);
  }
  const committed = (fs.readdirSync(folder, { recursive: true }) as string[])
    .filter((n) => fs.statSync(path.join(folder, n)).isFile())
    .filter((n) => n !== "README.md");
  assert.deepEqual(committed.map((n) => n.split(path.sep).join("/")).sort(), [...files.keys()].sort());
});

test("the six sources hold about 300,000 words, each at least what SIZES asks", () => {
  let total = 0;
  for (const [source, words] of Object.entries(SIZES.words)) {
    const text = files.get(`text/${source}.train`) as string;
    total += countWords(text);
    assert.ok(countWords(text) >= words, source);
  }
  assert.ok(total > 290_000 && total < 320_000, String(total));
});

test("no sentence of a zero-shot minimal pair occurs in the text", () => {
  const text = new Set<string>();
  for (const name of under("text/")) for (const s of sentencesOf(files.get(name) as string)) text.add(normalized(s));
  for (const name of [
    ...under("evaluation_data/full_eval/blimp_filtered/"),
    ...under("evaluation_data/full_eval/supplement_filtered/"),
  ]) {
    for (const r of rows(name)) {
      assert.ok(!text.has(normalized(r.sentence_good as string)), `${name}: ${r.sentence_good}`);
      assert.ok(!text.has(normalized(r.sentence_bad as string)), `${name}: ${r.sentence_bad}`);
    }
  }
});
