/**
 * @file Words seen in training: the words of an update, of an epoch, and the numbers of words at which pre-training saves
 * a checkpoint. A word is a run of characters that are not white space (`countWords` in `util/text-file.ts`).
 */

import type { BatchSettings, Examples, UpdatePlan } from "./batch";

/**
 * Words of an update, counted exactly. `finished`: words of the documents that end in it, a whole number. `begun`: words
 * of the document that the next update continues, in proportion to its tokens (0 if there is none). The words seen after
 * any update are the sum of all `finished` and the last `begun`; over an epoch they are `wordsPerEpoch`.
 */
export function wordsOfUpdate(
  examples: Examples,
  plan: UpdatePlan,
  { packing }: Pick<BatchSettings, "packing">,
): { finished: number; begun: number } {
  const words = { finished: 0, begun: 0 };
  for (const { example, to } of plan.spans.flat()) {
    const { ids, words: all } = examples.at(example)!;
    const inputs = ids.length - 1;
    words.begun = 0; // the document begun before is continued here
    if (to === inputs) words.finished += all;
    else if (packing === "examples") words.finished += wordsKept(all, to, inputs);
    else words.begun = (all * to) / inputs;
  }
  return words;
}

/** Words of all updates of an epoch, in any order: a whole number, because word counts of examples are whole. */
export function wordsPerEpoch(
  examples: Examples,
  { packing, sequenceLength }: Pick<BatchSettings, "packing" | "sequenceLength">,
): number {
  let words = 0;
  for (const { ids, words: all } of examples) {
    const inputs = ids.length - 1;
    if (inputs < 1) continue; // nothing to predict, so not in any update
    words += packing === "examples" && inputs > sequenceLength ? wordsKept(all, sequenceLength, inputs) : all;
  }
  return words;
}

/**
 * Words at which checkpoints are saved. The BabyLM schedule: 1M to 10M words in steps of 1M, to 100M in steps of 10M,
 * to 1000M in steps of 100M, up to the end of training. For a training of under 100M words it is scaled to its total
 * words: 0.1 % to 1 % by 0.1 %, to 10 % by 1 %, to 100 % by 10 %. `every-million`: every million words.
 */
export function checkpointWords(totalWords: number, schedule: "babylm" | "every-million" = "babylm"): number[] {
  if (schedule === "every-million")
    return Array.from({ length: Math.floor(totalWords / 1e6) }, (_, i) => (i + 1) * 1e6);
  const thousandths = [1, 10, 100].flatMap((unit) => [1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => k * unit)).concat(1000);
  const marks = thousandths.map((t) => (totalWords < 100e6 ? Math.floor((totalWords * t) / 1000) : t * 1e6));
  return [...new Set(marks)].filter((words) => words > 0 && words <= totalWords);
}

/**
 * Name of a checkpoint as in the pipeline: `chck_10M`. Other numbers keep three decimals; below a million they are in
 * thousands.
 */
export function checkpointName(words: number): string {
  if (words >= 1e6) return `chck_${words % 1e6 === 0 ? words / 1e6 : (words / 1e6).toFixed(3)}M`;
  return `chck_${(words / 1e3).toFixed(3)}K`;
}

/** Words left of an example that lost its end, to the nearest whole number. */
function wordsKept(words: number, kept: number, inputs: number): number {
  return Math.round((words * kept) / inputs);
}
