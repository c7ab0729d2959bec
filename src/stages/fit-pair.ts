/**
 * @file A prompt and its reply as one training example of limited length: the prompt is cut, not the reply.
 *
 * A prompt that carries an article is often longer than a training sequence. Cut, in this order, whole words, and only as
 * many as needed: the end of the article; the beginning of the question (of a Switchboard prompt, its own beginning,
 * since the words nearest to the reply matter most). The reply is never cut in favour of the prompt: only one that does
 * not fit beside an empty prompt loses its end, when the batch is made.
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

/** What was cut off the prompts of one source. */
export interface PromptCut {
  source: string;
  side: "train" | "validation";
  examples: number;
  promptWords: number;
  /** Examples whose prompt lost words, and how many words. */
  cutPrompts: number;
  cutWords: number;
  /** Wiki prompts of which nothing of the article is left, though there was one. */
  articlesGone: number;
  /** Prompts that lost words of the question (Switchboard: of the turn) as well. */
  questionsCut: number;
  /** Examples whose reply alone is too long and loses its end. */
  cutReplies: number;
}

/**
 * The pairs as training examples of at most `maxTokens`, and what was cut, one row per source.
 *
 * @param options - `asText`: the same words as plain text on two lines, without the template and with a loss on every token
 */
export function fitPairs(
  pairs: Iterable<Pair>,
  tokenizer: Tokenizer,
  { maxTokens, side, asText = false }: { maxTokens: number; side: PromptCut["side"]; asText?: boolean },
): { examples: TrainingExample[]; cuts: PromptCut[] } {
  const examples: TrainingExample[] = [];
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
 * The prompt, shortened until prompt, reply and template together have at most `maxTokens` tokens; empty where they never
 * do.
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

/** The part whose end goes first, and the part whose beginning does. */
function partsOf(prompt: string, source: string): { article: string; question: string } {
  const wiki: InstructionSource = "simple_wiki";
  return source === wiki ? splitWikiPrompt(prompt) : { article: "", question: prompt };
}

/** The largest number up to `most` for which `fits` holds, 0 if none; more words never need fewer tokens. */
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
