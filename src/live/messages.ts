/** @file Messages between the live page and its worker: plain data, which can be posted. */

import type { LlamaConfig } from "../model/llama-config";
import type { TokenizerConfig } from "../tokenizer/configuration";
import type { Pair, SentenceSurprisal } from "./surprisal";
import type { TrainedSize, TrainingProgress } from "./training";

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
  /** Null: the page trains no model. */
  lesson: Lesson | null;
}

/** What a model is trained on and scored by in the browser. */
export interface Lesson {
  documents: string[];
  pairs: LessonPair[];
}

export interface LessonPair {
  /** As the benchmark names it: `anaphor_gender_agreement`. */
  paradigm: string;
  /** The good sentence first. */
  texts: [string, string];
}

export interface TrainQuestion {
  kind: "train";
  size: TrainedSize;
  /** Start again with new random weights. */
  isFresh: boolean;
  milliseconds: number;
}

/** Which pairs of the lesson `[from, to)` does a model get right? */
export interface LessonQuestion {
  kind: "lesson";
  /** Null: the model that was trained here. */
  model: string | null;
  from: number;
  to: number;
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

export type Question = Start | SurprisalQuestion | PairQuestion | ReplyQuestion | TrainQuestion | LessonQuestion;

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
  train: TrainingProgress;
  /** Per pair: 1 if the good sentence is more probable, 0 if the bad one is, 0.5 if neither. */
  lesson: number[];
}

/** Every question has a number, which all messages about it repeat. */
export type ToWorker = { id: number; question: Question };
export type FromWorker =
  | { id: number; answer: Answers[keyof Answers] }
  | { id: number; error: string }
  /** Part of a reply, during generation. */
  | { id: number; piece: string };
