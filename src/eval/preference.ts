/** @file Wug tests: how likely a model finds the first of two forms, against the share of people who prefer it. */

import { spearman } from "../stats/correlation";
import type { ScoringMode } from "./scoring-mode";

/**
 * Softmax over the options' scores; the share of the first.
 *
 * In float32, as the pipeline computes it, the share is exactly 1 from about 16.7 nats on, so that items tie there;
 * small shares keep their order down to 1e-38. In float64 both ends keep it, to about 37 nats.
 */
export function firstShare(scores: readonly number[], precision: ScoringMode["wugRatio"]): number {
  const round = precision === "float32" ? Math.fround : (v: number) => v;
  const top = Math.max(...scores);
  const weights = scores.map((s) => round(Math.exp(round(s - top))));
  return round(weights[0] / weights.reduce((sum, w) => round(sum + w), 0));
}

/** Spearman's rho of the two lists; NaN where the model gives the same share everywhere. */
export function preferenceRho(modelShares: readonly number[], humanRatios: readonly number[]): number {
  return spearman(modelShares, humanRatios);
}
