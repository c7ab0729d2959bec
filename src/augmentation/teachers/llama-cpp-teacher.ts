/**
 * @file A teacher in this process: llama.cpp through node-llama-cpp, from a GGUF file.
 *
 * The package is not a dependency (its binaries take hundreds of megabytes): `npm i --no-save node-llama-cpp` adds it.
 * It may not build or download anything. A grammar forces the JSON schema, as in the paper's structured generation.
 * Articles are processed one at a time; llama.cpp uses all cores.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { messageOf } from "../../util/check";
import { sha256File } from "../../util/sha256";
import { TeacherStopped } from "../teacher";
import {
  type CachedTeacher,
  type CachedTeacherOptions,
  cachedTeacher,
  type ModelAnswer,
  type ModelRequest,
} from "./cached-teacher";
import { ANSWER_SCHEMA } from "./teaching-prompt";

export interface LlamaCppTeacherOptions extends Omit<CachedTeacherOptions, "model" | "complete"> {
  /** The model's file. */
  gguf: string;
  /** Context size in tokens, for prompt and answer. Default 4096, or the model's own context size if smaller. */
  contextSize?: number;
  /** Default: chosen by llama.cpp. */
  threads?: number;
  /** Time limit per article. Default ten minutes. */
  timeoutMs?: number;
}

export interface LlamaCppTeacher extends CachedTeacher {
  /** Free the model. */
  dispose(): Promise<void>;
}

/** Whether node-llama-cpp can be loaded here. */
export async function hasLlamaCpp(): Promise<boolean> {
  return load().then(
    () => true,
    () => false,
  );
}

/**
 * The model is loaded at the first request that is not in the cache.
 *
 * @throws Error if the file is absent
 */
export function llamaCppTeacher({
  gguf,
  contextSize = 4096,
  threads,
  timeoutMs = 600_000,
  ...options
}: LlamaCppTeacherOptions): LlamaCppTeacher {
  if (!fs.existsSync(gguf)) throw new Error(`${gguf}: no such file; give the path of a model in GGUF format`);
  let running: Promise<LoadedModel> | null = null;
  let last: Promise<unknown> = Promise.resolve(); // one at a time
  const complete = (request: ModelRequest): Promise<ModelAnswer> => {
    running ??= loadModel(gguf, contextSize, threads);
    const loaded = running;
    const answer = last.then(async () => generate(await loaded, request, timeoutMs));
    last = answer.catch(() => {});
    return answer;
  };
  const model = `${path.basename(gguf, ".gguf")}@${sha256File(gguf).slice(0, 12)}`;
  return {
    ...cachedTeacher({ ...options, model, complete }),
    dispose: async () => {
      await last;
      await (await running?.catch(() => null))?.llama.dispose();
      running = null;
    },
  };
}

/** The part of node-llama-cpp that is used; its own types need a newer compiler than the notebooks' one. */
interface LlamaCpp {
  getLlama(options: object): Promise<Llama>;
  LlamaChatSession: new (options: {
    contextSequence: Sequence;
    systemPrompt: string;
    forceAddSystemPrompt: boolean;
  }) => Session;
  LlamaLogLevel: { error: string };
}
interface Llama {
  loadModel(options: { modelPath: string }): Promise<{
    trainContextSize: number;
    createContext(options: {
      contextSize: number;
      sequences: number;
      threads?: number;
    }): Promise<{ getSequence(): Sequence }>;
  }>;
  createGrammarForJsonSchema(schema: object): Promise<object>;
  dispose(): Promise<void>;
}
interface Sequence {
  clearHistory(): Promise<void>;
  tokenMeter: { usedInputTokens: number; usedOutputTokens: number };
}
interface Session {
  promptWithMeta(prompt: string, options: object): Promise<{ responseText: string; stopReason: string }>;
  dispose(options?: { disposeSequence?: boolean }): void;
}

interface LoadedModel {
  llamaCpp: LlamaCpp;
  llama: Llama;
  sequence: Sequence;
  grammar: object;
}

const load = async (): Promise<LlamaCpp> => {
  const name = "node-llama-cpp"; // not a literal in the import, so that types can be checked without the package
  return (await import(name)) as LlamaCpp;
};

async function loadModel(gguf: string, contextSize: number, threads?: number): Promise<LoadedModel> {
  let llamaCpp: LlamaCpp;
  try {
    llamaCpp = await load();
  } catch (error) {
    throw new TeacherStopped(
      `node-llama-cpp cannot be loaded (${messageOf(error).split("\n")[0]}); "npm i --no-save node-llama-cpp" adds it`,
    );
  }
  try {
    const llama = await llamaCpp.getLlama({
      build: "never",
      skipDownload: true,
      logLevel: llamaCpp.LlamaLogLevel.error,
    });
    const model = await llama.loadModel({ modelPath: gguf });
    const context = await model.createContext({
      contextSize: Math.min(contextSize, model.trainContextSize),
      sequences: 1,
      ...(threads === undefined ? {} : { threads }),
    });
    const grammar = await llama.createGrammarForJsonSchema(ANSWER_SCHEMA);
    return { llamaCpp, llama, sequence: context.getSequence(), grammar };
  } catch (error) {
    throw new TeacherStopped(
      `${gguf}: llama.cpp could not load it: ${messageOf(error)}; give another file, or fetch it again`,
    );
  }
}

async function generate(loaded: LoadedModel, request: ModelRequest, timeoutMs: number): Promise<ModelAnswer> {
  const { llamaCpp, sequence, grammar } = loaded;
  await sequence.clearHistory();
  const before = { ...countsOf(sequence) };
  const [system, user] = request.messages;
  const session = new llamaCpp.LlamaChatSession({
    contextSequence: sequence,
    systemPrompt: system.content,
    forceAddSystemPrompt: true,
  });
  try {
    const { responseText, stopReason } = await session.promptWithMeta(user.content, {
      grammar,
      maxTokens: request.maxTokens,
      temperature: request.temperature,
      seed: request.seed,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const after = countsOf(sequence);
    return {
      text: responseText,
      finishReason: stopReason === "maxTokens" ? "length" : "stop",
      promptTokens: after.input - before.input,
      completionTokens: after.output - before.output,
    };
  } finally {
    session.dispose({ disposeSequence: false });
  }
}

function countsOf({ tokenMeter }: Sequence): { input: number; output: number } {
  return { input: tokenMeter.usedInputTokens, output: tokenMeter.usedOutputTokens };
}
