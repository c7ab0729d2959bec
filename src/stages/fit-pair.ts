/**
 * @file Makes a training example of limited length from a prompt and its reply: the prompt is cut, not the reply.
 *
 * A prompt that carries an article is often longer than a training sequence. Whole words are cut, only as many as
 * needed: first from the end of the article, then from the start of the question. (A Switchboard prompt is cut from its
 * start, since the words nearest to the reply matter most.) The reply is never cut in favour of the prompt; only a
 * reply that does not fit even with an empty prompt loses its end, when the batch is made.
 */

import type { InstructionSource } from "../augmentation/instruction-set";
import { splitWikiPrompt } from "../augmentation/prompt-form";
import { renderPair, renderPrompt } from "../tokenizer/chat-template";
import type { Tokenizer } from "../tokenizer/tokenizer";
import { documentExample, pairExample } from "../train/examples";
import type { TrainingExample } from "../train/training-stage";
import { countWords } from "../util/text-file";

export interface Pair {
  prompt: string;
  reply: string;
  source: string;
}

/** What was cut from the prompts of one source. */
export interface PromptCut {
  source: string;
  side: "train" | "validation";
  examples: number;
  promptWords: number;
  /** Number of examples whose prompt lost words, and number of words. */
  cutPrompts: number;
  cutWords: number;
  /** Wiki prompts that lost their whole article. */
  articlesGone: number;
  /** Prompts that also lost words of the question (Switchboard: of the turn). */
  questionsCut: number;
  /** Examples whose reply alone is too long and loses its end. */
  cutReplies: number;
}

/**
 * Make training examples of at most `maxTokens` tokens; also returns what was cut, one row per source.
 *
 * @param options - `asText`: the same words as plain text on two lines, without the template and with a loss on every token
 */
export function fitPairs(
  pairs: Iterable<Pair>,
  tokenizer: Tokenizer,
  { maxTokens, side, asText = false }: { maxTokens: number; side: PromptCut["side"]; asText?: boolean },
): { examples: TrainingExample<Int32Array>[]; cuts: PromptCut[] } {
  const examples: TrainingExample<Int32Array>[] = [];
  const cuts = new Map<string, PromptCut>();
  for (const pair of pairs) {
    const prompt = fitPrompt(pair, tokenizer, maxTokens);
    const kept = { prompt, reply: pair.reply, source: `${pair.source}-${asText ? "text" : "replies"}` };
    const example = asText
      ? documentExample({ ...kept, text: [prompt, pair.reply].filter((part) => part !== "").join("\n") }, tokenizer)
      : pairExample(kept, tokenizer);
    examples.push(example);
    const cut = cuts.get(pair.source) ?? noCut(pair.source, side);
    cuts.set(pair.source, cut);
    count(cut, pair, prompt);
    if (example.ids.length > maxTokens) cut.cutReplies++;
  }
  return { examples, cuts: [...cuts.values()] };
}

/**
 * Shorten the prompt until prompt, reply and template have at most `maxTokens` tokens together; empty if they never do.
 */
export function fitPrompt({ prompt, reply, source }: Pair, tokenizer: Tokenizer, maxTokens: number): string {
  const bare = renderPair({ prompt: "", reply }, tokenizer);
  const room = maxTokens - (bare.ids.length - bare.replyFrom);
  const fits = (text: string) => renderPrompt(text, tokenizer).length <= room;
  if (fits(prompt)) return prompt;
  const { article, question } = partsOf(prompt, source);
  if (article !== "") {
    const ends = wordEnds(article).slice(0, Math.max(0, room)); // a word has at least one token
    const kept = mostThatFits(ends.length, (words) => fits(article.slice(0, ends[words - 1] ?? 0) + question));
    if (kept > 0) return article.slice(0, ends[kept - 1]) + question;
  }
  const rest = question.trimStart();
  if (fits(rest)) return rest;
  const starts = wordStarts(rest);
  const kept = mostThatFits(Math.min(starts.length, Math.max(0, room)), (words) =>
    fits(words === 0 ? "" : rest.slice(starts[starts.length - words])),
  );
  return kept === 0 ? "" : rest.slice(starts[starts.length - kept]);
}

/** Split a prompt into the part that is cut at its end and the part that is cut at its start. */
function partsOf(prompt: string, source: string): { article: string; question: string } {
  const wiki: InstructionSource = "simple_wiki";
  return source === wiki ? splitWikiPrompt(prompt) : { article: "", question: prompt };
}

/** The largest number up to `most` for which `fits` holds, or 0; `fits` must be monotonic. */
function mostThatFits(most: number, fits: (words: number) => boolean): number {
  let [low, high] = [0, most];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

const wordEnds = (text: string) => [...text.matchAll(/\S+/g)].map((word) => word.index + word[0].length);
const wordStarts = (text: string) => [...text.matchAll(/\S+/g)].map((word) => word.index);

function noCut(source: string, side: PromptCut["side"]): PromptCut {
  const numbers = { examples: 0, promptWords: 0, cutPrompts: 0, cutWords: 0 };
  return { source, side, ...numbers, articlesGone: 0, questionsCut: 0, cutReplies: 0 };
}

function count(cut: PromptCut, { prompt, source }: Pair, kept: string): void {
  const before = countWords(prompt);
  const lost = before - countWords(kept);
  cut.examples++;
  cut.promptWords += before;
  if (lost === 0) return;
  cut.cutPrompts++;
  cut.cutWords += lost;
  const { article } = partsOf(prompt, source);
  const articleWords = countWords(article);
  if (articleWords > 0 && lost >= articleWords) cut.articlesGone++;
  if (lost > articleWords) cut.questionsCut++;
}
