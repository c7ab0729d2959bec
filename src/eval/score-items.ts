/** @file Score the options of many items with one model: in chunks, each kept as soon as it is done. */

import type { LanguageModel } from "../model/language-model";
import type { Placed } from "../tasks/load";
import type { ChoiceItem } from "../tasks/task";
import { type PhraseRequest, phraseLogProb, phraseRequest, type TextTokenizer } from "./phrase";
import type { ItemScores, ScoreJournal } from "./score-journal";
import type { ScoringMode } from "./scoring-mode";

/** Sequences handed to the model at once: enough to sort and pack well, few enough to lose little to a kill. */
const CHUNK = 8192;

/**
 * Log-probabilities of every option of every item, in item order.
 *
 * @throws Error naming file, row and text when an option has nothing to score, and with counts when the model gives NaN
 */
export async function scoreItems(
  model: LanguageModel,
  tokenizer: TextTokenizer,
  items: readonly Placed<ChoiceItem>[],
  mode: ScoringMode,
  journal: ScoreJournal,
  onProgress?: (done: number, total: number) => void,
): Promise<ItemScores[]> {
  const total = items.length;
  const open = items.map((_, i) => i).filter((i) => journal.get(i) === undefined);
  let done = total - open.length;
  onProgress?.(done, total);
  for (let at = 0; at < open.length; ) {
    const chunk: number[] = [];
    const requests: PhraseRequest[] = [];
    while (at < open.length && requests.length < CHUNK) {
      const index = open[at++];
      chunk.push(index);
      requests.push(...itemRequests(tokenizer, items[index], mode));
    }
    const answers = await model.score(requests, (n, of) => onProgress?.(done + (chunk.length * n) / of, total));
    let next = 0;
    const entries = chunk.map((index) => {
      const scores: ItemScores = { logProbs: [], tokens: [] };
      for (let option = 0; option < items[index].sentences.length; option++, next++) {
        scores.logProbs.push(phraseLogProb(answers[next], requests[next]));
        scores.tokens.push(requests[next].counted);
      }
      return [index, scores] as const;
    });
    refuseNaN(model, items, entries);
    journal.add(entries);
    done += chunk.length;
    onProgress?.(done, total);
  }
  return items.map((_, i) => journal.get(i) as ItemScores);
}

function itemRequests(tokenizer: TextTokenizer, item: Placed<ChoiceItem>, mode: ScoringMode): PhraseRequest[] {
  try {
    return item.sentences.map((sentence, i) =>
      phraseRequest(tokenizer, { sentence, completion: item.completions[i] }, mode.bos),
    );
  } catch (error) {
    throw new Error(`${item.file}, row ${item.row}: ${(error as Error).message}`);
  }
}

/**
 * The pipeline takes NaN for the largest number, so a broken model that gives NaN gets up to 100 %. Here it is an error.
 */
function refuseNaN(
  model: LanguageModel,
  items: readonly Placed<ChoiceItem>[],
  entries: readonly (readonly [number, ItemScores])[],
): void {
  const bad = entries.filter(([, scores]) => scores.logProbs.some(Number.isNaN));
  if (bad.length === 0) return;
  const { file, row } = items[bad[0][0]];
  throw new Error(
    `${model.name} gives NaN for ${bad.length} of ${entries.length} items (first: ${file}, row ${row}); ` +
      "a broken model has no score. Were its weights written during a diverged run?",
  );
}
