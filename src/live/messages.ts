/** @file What the page and its worker say to each other. Plain data, so that it can be posted. */

import type { LlamaConfig } from "../model/llama-config";
import type { TokenizerConfig } from "../tokenizer/configuration";
import type { Pair, SentenceSurprisal } from "./surprisal";

/** A model as the page carries it. */
export interface PackedModel {
  /** Run id: `wide-switch-wiki`. */
  name: string;
  /** As in figures: `wide switch→wiki`. */
  label: string;
  /** `#rrggbb`, as in figures. */
  colour: string;
  /** Whether it was tuned on instructions, and so can be talked to. */
  talks: boolean;
  parameters: number;
  config: LlamaConfig;
  /** The content of tokenizer.json, and which tokens have which role. */
  tokenizer: { json: unknown; roles: TokenizerConfig["roles"] };
  /** `packWeights` of weights.ts. */
  weights: string;
}

export interface Start {
  kind: "start";
  /** Null: the first that works. */
  backend: string | null;
  /** The kernels' WebAssembly module, base64. */
  kernels: string;
  models: PackedModel[];
}

export interface SurprisalQuestion {
  kind: "surprisal";
  model: string;
  text: string;
  /** Whether `<s>` stands before the text. */
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
  /** False: cut off at the limit. */
  ended: boolean;
}

/** What answers a question of each kind. */
export interface Answers {
  start: { backend: string; reason: string };
  surprisal: SentenceSurprisal;
  pair: Pair;
  reply: Reply;
}

/** Every question has a number, and every message about it carries it. */
export type ToWorker = { id: number; question: Question };
export type FromWorker =
  | { id: number; answer: Answers[keyof Answers] }
  | { id: number; error: string }
  /** Part of a reply, as it is written. */
  | { id: number; piece: string };
