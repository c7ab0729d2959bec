/**
 * @file A teacher that is a language model, at an endpoint or in this process: prompt, cache, and parsing of the
 * answer.
 *
 * The key of a cached answer is the hash of model, prompt, settings and article, so an answer is reused for the same
 * request to any server, and for no other request.
 */

import { brief } from "../../util/check";
import type { Article, QaPair, Teacher } from "../teacher";
import { type AnswerCache, answerKey, type CachedAnswer } from "./answer-cache";
import { type ChatMessage, readAnswer, teachingMessages } from "./teaching-prompt";

/** Settings that determine an answer, besides the model and the prompt. */
export interface SamplingSettings {
  temperature: number;
  seed: number;
  maxTokens: number;
}

const SAMPLING: Readonly<SamplingSettings> = {
  temperature: 0.7, // [ours] the paper does not say; at 0 small models repeat themselves
  seed: 42, //         [ours] honoured by vLLM, llama.cpp and Ollama
  maxTokens: 1024, //  [ours] three answers of up to 250 words
};

export interface ModelRequest extends SamplingSettings {
  messages: readonly ChatMessage[];
}

export interface ModelAnswer {
  text: string;
  /** `stop`, `length`, ... as the server reports; null if it does not. */
  finishReason: string | null;
  promptTokens: number;
  completionTokens: number;
}

export interface CachedTeacherOptions {
  /** Part of every key; identifies the weights. */
  model: string;
  cache: AnswerCache;
  complete: (request: ModelRequest) => Promise<ModelAnswer>;
  sampling?: Partial<SamplingSettings>;
  /** Number of requests per article, each with another seed, until pairs can be parsed. Default 2. */
  tries?: number;
}

export interface CachedTeacher extends Teacher {
  /** Counts so far. */
  use(): { asked: number; fromCache: number; tokensSpent: number };
}

export function cachedTeacher({ model, cache, complete, sampling, tries = 2 }: CachedTeacherOptions): CachedTeacher {
  const settings = { ...SAMPLING, ...sampling };
  const underWay = new Map<string, Promise<CachedAnswer>>();
  const used = { asked: 0, fromCache: 0, tokensSpent: 0 };

  const answerFor = (article: Article, seed: number): Promise<CachedAnswer> => {
    const request = { ...settings, seed, messages: teachingMessages(article) };
    const key = answerKey({ model, ...request });
    const cached = cache.get(key);
    if (cached !== undefined) {
      used.fromCache++;
      return Promise.resolve(cached);
    }
    const running = underWay.get(key); // two requests for the same article share one call
    if (running !== undefined) return running;
    const asking = complete(request)
      .then((answer) => {
        const kept = { key, model, article: article.id, ...answer };
        cache.append(kept);
        used.asked++;
        used.tokensSpent += answer.promptTokens + answer.completionTokens;
        return kept;
      })
      .finally(() => underWay.delete(key));
    underWay.set(key, asking);
    return asking;
  };

  return {
    name: `${model} (temperature ${settings.temperature}, seed ${settings.seed}, at most ${settings.maxTokens} tokens)`,
    ask: async (article): Promise<QaPair[]> => {
      let text = "";
      for (let attempt = 0; attempt < tries; attempt++) {
        const answer = await answerFor(article, settings.seed + attempt);
        const pairs = readAnswer(answer.text);
        if (pairs !== null) return pairs;
        text = answer.text;
      }
      throw new Error(`no question-answer pairs in ${tries} answers; the last begins ${brief(text, 120)}`);
    },
    use: () => ({ ...used }),
  };
}
