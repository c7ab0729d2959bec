/**
 * @file A teacher behind an OpenAI-compatible chat endpoint, with every answer cached.
 *
 * The paper's teacher is LLaMA-3.2-3B-Instruct with structured generation; the default address and model are that model
 * as Ollama serves it on this machine. A cached answer is used whatever server gave it: its key is the model, the prompt,
 * the settings and the article.
 */

import type { Article, QaPair, Teacher } from "../teacher";
import { type AnswerCache, answerKey, type CachedAnswer } from "./answer-cache";
import { ChatEndpoint, type ChatEndpointOptions, type JsonMode } from "./chat-endpoint";
import { ANSWER_SCHEMA, readAnswer, teachingMessages } from "./teaching-prompt";

/** What decides an answer, beside the model and the prompt. */
export interface SamplingSettings {
  temperature: number;
  seed: number;
  maxTokens: number;
}

export const SAMPLING: Readonly<SamplingSettings> = {
  temperature: 0.7, // [ours] the paper does not say; at 0 small models repeat themselves
  seed: 42, //         [ours] honoured by vLLM, llama.cpp and Ollama
  maxTokens: 1024, //  [ours] three answers of up to 250 words
};

export const DEFAULT_ENDPOINT = {
  baseUrl: "http://127.0.0.1:11434/v1", // Ollama on this machine
  model: "llama3.2:3b", //                 its name for LLaMA-3.2-3B-Instruct [paper §3.2]
} as const;

export interface OpenAiTeacherOptions extends Partial<ChatEndpointOptions> {
  cache: AnswerCache;
  sampling?: Partial<SamplingSettings>;
  /** How often an article is asked about, with another seed each time, while no pairs can be read. Default 2. */
  tries?: number;
}

export interface TeacherUse {
  /** Requests that were answered. */
  asked: number;
  fromCache: number;
  tokensSpent: number;
  jsonMode: JsonMode;
}

export interface OpenAiTeacher extends Teacher {
  /** What was asked so far. */
  use(): TeacherUse;
}

/** @throws Error if the address is not one */
export function openAiTeacher({ cache, sampling, tries = 2, ...options }: OpenAiTeacherOptions): OpenAiTeacher {
  const baseUrl = options.baseUrl ?? DEFAULT_ENDPOINT.baseUrl;
  const endpoint = new ChatEndpoint({ ...DEFAULT_ENDPOINT, apiKey: keyFromEnvironment(baseUrl), ...options });
  const settings = { ...SAMPLING, ...sampling };
  const underWay = new Map<string, Promise<CachedAnswer>>();
  let asked = 0;
  let fromCache = 0;

  const answerFor = (article: Article, seed: number): Promise<CachedAnswer> => {
    const request = { ...settings, seed, messages: teachingMessages(article) };
    const key = answerKey({ model: endpoint.model, ...request });
    const cached = cache.get(key);
    if (cached !== undefined) {
      fromCache++;
      return Promise.resolve(cached);
    }
    const running = underWay.get(key); // the same article twice at once is asked about once
    if (running !== undefined) return running;
    const asking = endpoint
      .complete({ ...request, schema: { name: "question_answer_pairs", schema: ANSWER_SCHEMA } })
      .then((answer) => {
        const kept = { key, model: endpoint.model, article: article.id, ...answer };
        cache.append(kept);
        asked++;
        return kept;
      })
      .finally(() => underWay.delete(key));
    underWay.set(key, asking);
    return asking;
  };

  return {
    name: `${endpoint.model} (temperature ${settings.temperature}, seed ${settings.seed}, at most ${settings.maxTokens} tokens)`,
    ask: async (article): Promise<QaPair[]> => {
      let text = "";
      for (let attempt = 0; attempt < tries; attempt++) {
        const answer = await answerFor(article, settings.seed + attempt);
        const pairs = readAnswer(answer.text);
        if (pairs !== null) return pairs;
        text = answer.text;
      }
      throw new Error(
        `no question-answer pairs in ${tries} answers; the last begins ${JSON.stringify(text.slice(0, 120))}`,
      );
    },
    use: () => ({ asked, fromCache, tokensSpent: endpoint.tokensSpent, jsonMode: endpoint.jsonMode }),
  };
}

/** The key for an endpoint, or null; servers on one's own machine want none. OpenAI's own key goes to OpenAI only. */
export function keyFromEnvironment(baseUrl: string): string | null {
  const isOpenAi = URL.canParse(baseUrl) && new URL(baseUrl).hostname === "api.openai.com";
  return process.env.CLASS_IT_TEACHER_KEY || (isOpenAi ? process.env.OPENAI_API_KEY : undefined) || null;
}
