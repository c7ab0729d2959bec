/** @file Reads minimal pairs from a benchmark's files and scores them token by token, for notebooks. */

import * as path from "node:path";
import type { LanguageModel } from "../../model/language-model";
import type { Tokenizer } from "../../tokenizer/tokenizer";
import { readJsonl } from "../../util/jsonl";
import { filesIn } from "../../util/list-files";

export interface MinimalPair {
  paradigm: string;
  good: string;
  bad: string;
}

/** All pairs of a folder of BLiMP's `.jsonl` files, in the order of file names. @throws Error `file:line` for a bad row */
export function readMinimalPairs(folder: string): MinimalPair[] {
  return filesIn(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .flatMap((name) =>
      readJsonl(path.join(folder, name), (value) => {
        const { sentence_good: good, sentence_bad: bad, UID: paradigm } = value as Record<string, unknown>;
        if (typeof good !== "string" || typeof bad !== "string" || typeof paradigm !== "string") {
          throw new Error(`want "sentence_good", "sentence_bad" and "UID" as text`);
        }
        return { paradigm, good, bad };
      }),
    );
}

/**
 * Both sentences side by side, one row per token, with natural log-probabilities and their sums. The first token of a
 * sentence has no log-probability, because no token precedes it.
 */
export async function minimalPairRows(
  pair: MinimalPair,
  model: LanguageModel,
  tokenizer: Tokenizer,
): Promise<Record<string, string | number | null>[]> {
  const sides = [pair.good, pair.bad].map((text) => tokenizer.encodeIds(text, { addSpecialTokens: false }));
  const scores = await model.score(sides.map((ids) => ({ ids, from: 1 })));
  const length = Math.max(...sides.map((ids) => ids.length));
  const token = (side: number, t: number) =>
    t < sides[side].length ? tokenizer.decode([sides[side][t]]).replace(/ /g, "␣") : "";
  const logProb = (side: number, t: number) => (t === 0 || t >= sides[side].length ? null : scores[side][t - 1]);
  const rows = Array.from({ length }, (_, t) => ({
    good: token(0, t),
    "log p (good)": logProb(0, t),
    bad: token(1, t),
    "log p (bad)": logProb(1, t),
  }));
  const sum = (values: Float32Array) => values.reduce((a, b) => a + b, 0);
  return [...rows, { good: "sum", "log p (good)": sum(scores[0]), bad: "sum", "log p (bad)": sum(scores[1]) }];
}
