/** @file Opens a teacher by its name on the command line. */

import { oneOf } from "../../util/check";
import { thousands } from "../../util/format";
import type { Teacher } from "../teacher";
import { templateTeacher } from "../template-teacher";
import { AnswerCache } from "./answer-cache";
import { llamaCppTeacher } from "./llama-cpp-teacher";
import { DEFAULT_ENDPOINT, openAiTeacher } from "./openai-teacher";

export const TEACHERS = ["template", "endpoint", "llama-cpp"] as const;

export interface TeacherOptions {
  /** File of the answer cache; not used by the template teacher. */
  cache: string;
  /** Address of a chat endpoint, up to and including `/v1`. */
  url?: string;
  /** The model's name at the endpoint, or a GGUF file for llama.cpp. */
  model?: string;
  /** Limit on the tokens spent at an endpoint. */
  tokenBudget?: number;
  seed?: number;
}

export interface OpenTeacher {
  teacher: Teacher;
  /** One line on the requests made; empty for the template teacher. */
  summary(): string;
  close(): Promise<void>;
}

/** @throws Error for an unknown name (with the valid ones), an invalid address, a missing file, or a cache in use */
export async function openTeacher(name: string, options: TeacherOptions): Promise<OpenTeacher> {
  const known = oneOf("teacher", name, TEACHERS);
  if (known === "template") return { teacher: templateTeacher, summary: () => "", close: async () => {} };
  if (known === "llama-cpp" && options.model === undefined) {
    throw new Error("the teacher llama-cpp needs a model: give the path of a GGUF file");
  }
  const cache = AnswerCache.open(options.cache);
  try {
    const sampling = options.seed === undefined ? {} : { seed: options.seed };
    const teacher =
      known === "endpoint"
        ? { ...openAiTeacher({ cache, sampling, ...endpointOptions(options) }), dispose: async () => {} }
        : llamaCppTeacher({ cache, sampling, gguf: options.model! });
    return {
      teacher,
      summary: () => {
        const { asked, fromCache, tokensSpent } = teacher.use();
        return `answers requested ${thousands(asked)} (${thousands(tokensSpent)} tokens), from ${cache.file} ${thousands(fromCache)}`;
      },
      close: async () => {
        await teacher.dispose();
        cache.close();
      },
    };
  } catch (error) {
    cache.close();
    throw error;
  }
}

function endpointOptions({ url, model, tokenBudget }: TeacherOptions) {
  return {
    baseUrl: url ?? DEFAULT_ENDPOINT.baseUrl,
    model: model ?? DEFAULT_ENDPOINT.model,
    ...(tokenBudget === undefined ? {} : { tokenBudget }),
  };
}
