/** @file Scores the options of many items with one model, in chunks; each chunk is saved when it is done. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { LanguageModel } from "../model/language-model";
import type { Placed } from "../tasks/load";
import type { ChoiceItem } from "../tasks/task";
import { messageOf } from "../util/check";
import { warnOnce } from "../util/warn";
import type { ScoringContext } from "./kinds/kind";
import { type PhraseRequest, phraseLogProb, phraseRequest, type TextTokenizer } from "./phrase";
import { type ItemScores, readItemScores, type ScoreJournal } from "./score-journal";
import type { ScoringMode } from "./scoring-mode";

/** Sequences per call of the model: enough to sort and pack well, few enough that a kill loses little work. */
const CHUNK = 8192;

/** File in the task's result folder with every option's log-probability. */
export const ITEM_SCORES = "item-scores.jsonl";

/** Score of a text: summed log-probability in nats, and the number of counted tokens. */
interface Answer {
  logProb: number;
  tokens: number;
}

/**
 * Log-probabilities of every option of every item, in item order; those in the journal of an earlier run are reused. A
 * text that occurs several times is scored once, even across chunks and runs, so that equal texts tie exactly.
 *
 * @throws Error naming file, row and text when an option has nothing to score, and with counts when the model gives NaN
 */
export async function scoreItems(items: readonly Placed<ChoiceItem>[], context: ScoringContext): Promise<ItemScores[]> {
  const { model, tokenizer, mode, onProgress } = context;
  const texts = items.map((item) => [item.sentences, item.completions]);
  const journal = context.openJournal(context.fingerprint, texts);
  const total = items.length;
  const keys = items.map(keysOf);
  const answers = storedAnswers(keys, journal);
  const open = items.map((_, i) => i).filter((i) => journal.get(i) === undefined);
  if (model.prefersSorted) {
    const text = (i: number) => items[i].sentences[0] ?? "";
    open.sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : a - b));
  }
  let done = total - open.length;
  onProgress?.(done, total);
  for (let at = 0; at < open.length; ) {
    const chunk: number[] = [];
    const asked = new Map<string, PhraseRequest>();
    for (; at < open.length && asked.size < CHUNK; at++) {
      chunk.push(open[at]);
      const item = items[open[at]];
      for (const [option, key] of keys[open[at]].entries()) {
        if (!answers.has(key) && !asked.has(key)) asked.set(key, requestOf(item, option, tokenizer, mode));
      }
    }
    const requests = [...asked];
    const logProbs = await model.score(
      requests.map(([, request]) => request),
      (n, of) => onProgress?.(done + (chunk.length * n) / of, total),
    );
    for (const [q, [key, request]] of requests.entries()) {
      answers.set(key, { logProb: phraseLogProb(logProbs[q], request), tokens: request.counted });
    }
    const entries = chunk.map((index) => {
      const own = keys[index].map((key) => answers.get(key) as Answer);
      return [index, { logProbs: own.map((a) => a.logProb), tokens: own.map((a) => a.tokens) }] as const;
    });
    refuseNaN(model, items, entries, mode);
    journal.add(entries);
    done += chunk.length;
    onProgress?.(done, total);
  }
  return items.map((_, i) => journal.get(i) as ItemScores);
}

/**
 * Items with their scores from a finished run's result folder; null if there are none.
 *
 * @param loadData - the items; called only if there are scores
 * @throws Error naming the file if its number of items differs
 */
export function storedScores<Item>(
  resultFolder: string,
  loadData: () => Item[],
): { items: Item[]; scores: ItemScores[] } | null {
  const file = path.join(resultFolder, ITEM_SCORES);
  if (!fs.existsSync(file)) return null;
  const scores = readItemScores(file);
  const items = loadData();
  if (scores.length !== items.length)
    throw new Error(`${file}: scores of ${scores.length} items, the data have ${items.length}`);
  return { items, scores };
}

/** Scores from an earlier run, by text. */
function storedAnswers(keys: readonly (readonly string[])[], journal: ScoreJournal): Map<string, Answer> {
  const answers = new Map<string, Answer>();
  for (const [i, own] of keys.entries()) {
    const stored = journal.get(i);
    if (stored === undefined) continue;
    for (const [option, key] of own.entries()) {
      answers.set(key, { logProb: stored.logProbs[option], tokens: stored.tokens[option] });
    }
  }
  return answers;
}

/** A key per option: the text, and the length of the completion, which is the end of the text. */
function keysOf({ sentences, completions }: ChoiceItem): string[] {
  return sentences.map((sentence, i) => `${completions[i].length} ${sentence}`);
}

function requestOf(
  { sentences, completions, file, row }: Placed<ChoiceItem>,
  option: number,
  tokenizer: TextTokenizer,
  mode: ScoringMode,
): PhraseRequest {
  try {
    return phraseRequest(tokenizer, { sentence: sentences[option], completion: completions[option] }, mode.bos);
  } catch (error) {
    throw new Error(`${file}, row ${row}: ${messageOf(error)}`);
  }
}

/**
 * [pipeline] in 2025, NaN is the largest number, so a broken model that gives NaN scores up to 100 %; here it is an
 * error. In 2026, NaN counts as minus infinity; here with a warning.
 */
function refuseNaN(
  model: LanguageModel,
  items: readonly Placed<ChoiceItem>[],
  entries: readonly (readonly [number, ItemScores])[],
  mode: Pick<ScoringMode, "nan">,
): void {
  const bad = entries.filter(([, scores]) => scores.logProbs.some(Number.isNaN));
  if (bad.length === 0) return;
  const { file, row } = items[bad[0][0]];
  const found = `${model.name} gives NaN for ${bad.length} of ${entries.length} items (first: ${file}, row ${row})`;
  if (mode.nan === "refuse") {
    throw new Error(`${found}; a broken model has no score. Were its weights written during a diverged run?`);
  }
  warnOnce(`${found}; they count as minus infinity`);
  for (const [, scores] of bad) {
    scores.logProbs = scores.logProbs.map((v) => (Number.isNaN(v) ? Number.NEGATIVE_INFINITY : v));
  }
}
