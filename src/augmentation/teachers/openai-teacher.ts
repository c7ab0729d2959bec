/**
 * @file A teacher behind an OpenAI-compatible chat endpoint.
 *
 * The paper's teacher is LLaMA-3.2-3B-Instruct with structured generation; by default it is requested from Ollama on
 * this machine.
 */

import { type CachedTeacher, type CachedTeacherOptions, cachedTeacher } from "./cached-teacher";
import { ChatEndpoint, type ChatEndpointOptions, type JsonMode } from "./chat-endpoint";
import { ANSWER_SCHEMA } from "./teaching-prompt";

export const DEFAULT_ENDPOINT = {
  baseUrl: "http://127.0.0.1:11434/v1", // Ollama on this machine
  model: "llama3.2:3b", //                 its name for LLaMA-3.2-3B-Instruct [paper §3.2]
} as const;

export type OpenAiTeacherOptions = Partial<ChatEndpointOptions> & Omit<CachedTeacherOptions, "model" | "complete">;

export interface OpenAiTeacher extends CachedTeacher {
  /** The JSON mode that the server accepts, as far as known. */
  jsonMode(): JsonMode;
}

/** @throws Error if the address is invalid, or if a key would be sent unencrypted */
export function openAiTeacher({ cache, sampling, tries, ...options }: OpenAiTeacherOptions): OpenAiTeacher {
  const baseUrl = options.baseUrl ?? DEFAULT_ENDPOINT.baseUrl;
  const endpoint = new ChatEndpoint({ ...DEFAULT_ENDPOINT, apiKey: keyFromEnvironment(baseUrl), ...options });
  const schema = { name: "question_answer_pairs", schema: ANSWER_SCHEMA };
  const teacher = cachedTeacher({
    model: endpoint.model,
    cache,
    sampling,
    tries,
    complete: (request) => endpoint.complete({ ...request, schema }),
  });
  return { ...teacher, jsonMode: () => endpoint.jsonMode };
}

/** The key for an endpoint, or null; local servers need none. OpenAI's own key is sent to OpenAI only. */
export function keyFromEnvironment(baseUrl: string): string | null {
  const isOpenAi = URL.canParse(baseUrl) && new URL(baseUrl).hostname === "api.openai.com";
  return process.env.CLASS_IT_TEACHER_KEY || (isOpenAi ? process.env.OPENAI_API_KEY : undefined) || null;
}
