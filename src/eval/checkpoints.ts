/** @file Checkpoints of a model during training: their names and the number of words seen at each. */

import type { LanguageModel } from "../model/language-model";

/** A model at one point of its training; loaded only when it is scored, so that one model is in memory at a time. */
export interface Checkpoint {
  /** Name with the words seen: `chck_10M`. */
  step: string;
  load(): Promise<{ model: LanguageModel; dispose(): void }>;
  /** Identifies the weights; with it, a killed run resumes after the checkpoints already scored. */
  fingerprint?: string;
}

/** `chck_10M` to 10,000,000: the first number in a name, with K, M or B. @throws Error if there is none */
export function stepWords(step: string): number {
  const match = /(\d+(?:\.\d+)?)\s*([KMB])?/i.exec(step);
  if (match === null)
    throw new Error(`checkpoint "${step}": no number of words in the name, want for example chck_10M`);
  const unit = { K: 1e3, M: 1e6, B: 1e9, "": 1 }[(match[2] ?? "").toUpperCase() as "K" | "M" | "B" | ""];
  return Math.round(Number(match[1]) * unit); // 1.047 * 1e6 is 1046999.9999999999
}

/** The 19 checkpoints of the strict-small track, or the 28 of the other tracks. */
export function trackCheckpoints(track: string): string[] {
  const millions = [...range(1, 9), ...range(1, 10).map((v) => 10 * v)];
  if (track !== "strict-small") millions.push(...range(2, 10).map((v) => 100 * v));
  return millions.map((m) => `chck_${m}M`);
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
