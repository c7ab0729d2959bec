/** @file Messages between the live page and its worker: plain data, which can be posted. */

import type { LlamaConfig } from "../model/llama-config";
import type { TokenizerConfig } from "../tokenizer/configuration";
import type { Pair, SentenceSurprisal } from "./surprisal";

/** A model as stored in the page. */
export interface PackedModel {
  /** Run id: `wide-switch-wiki`. */
  name: string;
  /** Name as in figures: `wide switch→wiki`. */
  label: string;
  /** `#rrggbb`, as in figures. */
  colour: string;
  /** Whether it was instruction-tuned, and so can answer messages. */
  talks: boolean;
  parameters: number;
  config: LlamaConfig;
  /** The content of tokenizer.json, and the roles of its special tokens. */
  tokenizer: { json: unknown; roles: TokenizerConfig["roles"] };
  /** `packWeights` of weights.ts. */
  weights: string;
}

export interface Start {
  kind: "start";
  /** Null selects the fastest available backend. */
  backend: string | null;
  /** The kernels' WebAssembly module, base64. */
  kernels: string;
  models: PackedModel[];
}

export interface SurprisalQuestion {
  kind: "surprisal";
  model: string;
  text: string;
  /** Whether `<s>` is added before the text. */
  beginsWithBos: boolean;
}

export interface PairQuestion {
  kind: "pair";
  model: string;
  texts: [string, string];
  beginsWithBos: boolean;
}

export interface ReplyQuestion {
  kind: "reply";
  model: string;
  prompt: string;
  /** 0 is greedy. */
  temperature: number;
  seed: string;
}

export type Question = Start | SurprisalQuestion | PairQuestion | ReplyQuestion;

export interface Reply {
  text: string;
  /** False if it was cut at the maximum length. */
  ended: boolean;
}

/** The answer to each kind of question. */
export interface Answers {
  start: { backend: string; reason: string };
  surprisal: SentenceSurprisal;
  pair: Pair;
  reply: Reply;
}

/** Every question has a number, which all messages about it repeat. */
export type ToWorker = { id: number; question: Question };
export type FromWorker =
  | { id: number; answer: Answers[keyof Answers] }
  | { id: number; error: string }
  /** Part of a reply, during generation. */
  | { id: number; piece: string };
