/** @file Score the options of many items with one model: in chunks, each kept as soon as it is done. */

import type { LanguageModel } from "../model/language-model";
import type { Placed } from "../tasks/load";
import type { ChoiceItem } from "../tasks/task";
import { messageOf } from "../util/check";
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
    const asked = new Questions(tokenizer, mode);
    const options = new Map<number, number[]>(); // item to the questions it asks
    while (at < open.length && asked.requests.length < CHUNK) {
      const index = open[at++];
      chunk.push(index);
      options.set(index, asked.ofItem(items[index]));
    }
    const { requests } = asked;
    const answers = await model.score(requests, (n, of) => onProgress?.(done + (chunk.length * n) / of, total));
    const sums = answers.map((answer, q) => phraseLogProb(answer, requests[q]));
    const entries = chunk.map((index) => {
      const questions = options.get(index) as number[];
      const scores: ItemScores = {
        logProbs: questions.map((q) => sums[q]),
        tokens: questions.map((q) => requests[q].counted),
      };
      return [index, scores] as const;
    });
    refuseNaN(model, items, entries);
    journal.add(entries);
    done += chunk.length;
    onProgress?.(done, total);
  }
  return items.map((_, i) => journal.get(i) as ItemScores);
}

/** What a chunk asks; a text that occurs twice is asked once, so that equal texts tie exactly. */
class Questions {
  readonly requests: PhraseRequest[] = [];
  private readonly known = new Map<string, number>();
  private readonly tokenizer: TextTokenizer;
  private readonly mode: ScoringMode;

  constructor(tokenizer: TextTokenizer, mode: ScoringMode) {
    this.tokenizer = tokenizer;
    this.mode = mode;
  }

  /** Index of the question for each option. */
  ofItem(item: Placed<ChoiceItem>): number[] {
    return item.sentences.map((sentence, i) => {
      const completion = item.completions[i];
      const key = `${completion.length} ${sentence}`; // a completion is the sentence's end, so its length tells it
      const found = this.known.get(key);
      if (found !== undefined) return found;
      try {
        const question = this.requests.push(phraseRequest(this.tokenizer, { sentence, completion }, this.mode.bos)) - 1;
        this.known.set(key, question);
        return question;
      } catch (error) {
        throw new Error(`${item.file}, row ${item.row}: ${messageOf(error)}`);
      }
    });
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
