/**
 * @file Official behaviour, and the corrections beside it, each with a name that is written into every result.
 *
 * `official` is what the pipeline does, quirks included. The others can be switched on one by one or, with `corrected`,
 * all at once (but `mean`, `bos` and `no-bos`, which are choices rather than corrections).
 */

import { oneOf } from "../util/check";

export interface ScoringMode {
  /** `official`, or the switches in alphabetical order with `+` between. */
  name: string;
  /** `first`: a tie counts as right, because the right option stands first. `half`: a tie between k counts 1/k. */
  ties: "first" | "half";
  /** Compare summed or mean log-probabilities of the counted tokens. */
  logProb: "sum" | "mean";
  /** `tokenizer`: whatever its post-processor adds. `add`, `remove`: one BOS in front, or no special token at all. */
  bos: "tokenizer" | "add" | "remove";
  /** Reading: whether a blank stands between context and word. */
  readingBlank: boolean;
  /** Wug: p(first form) in float32, where it saturates at 1 and makes ties, or in float64. */
  wugRatio: "float32" | "float64";
  /** Age of acquisition: the threshold from log2(300,000) against nats, or from ln of the real vocabulary. */
  aoaThreshold: "official" | "nats";
  /** Fine-tuning: the position whose hidden state is classified. */
  pooling: "first" | "last_real";
}

export const OFFICIAL: ScoringMode = {
  name: "official",
  ties: "first",
  logProb: "sum",
  bos: "tokenizer",
  readingBlank: false,
  wugRatio: "float32",
  aoaThreshold: "official",
  pooling: "first",
};

/** What each switch changes. */
const SWITCHES = {
  "ties-half": { ties: "half" },
  "last-token-pooling": { pooling: "last_real" },
  "reading-blank": { readingBlank: true },
  "wug-float64": { wugRatio: "float64" },
  "aoa-nats": { aoaThreshold: "nats" },
  mean: { logProb: "mean" },
  bos: { bos: "add" },
  "no-bos": { bos: "remove" },
} as const satisfies Record<string, Partial<ScoringMode>>;

export type ScoringSwitch = keyof typeof SWITCHES;

export const SCORING_SWITCHES = Object.keys(SWITCHES) as ScoringSwitch[];

/** The switches that `corrected` stands for. */
export const CORRECTED: readonly ScoringSwitch[] = [
  "ties-half",
  "last-token-pooling",
  "reading-blank",
  "wug-float64",
  "aoa-nats",
];

/**
 * Read `official`, `corrected`, or switches separated by commas, for example `corrected,bos` or `ties-half`.
 *
 * @throws Error listing the switches when one is unknown, or when `bos` and `no-bos` are both asked for
 */
export function scoringMode(text: string): ScoringMode {
  const words = text.split(",").map((word) => word.trim());
  const names = new Set<ScoringSwitch>();
  for (const word of words) {
    const known = oneOf("scoring mode", word, ["official", "corrected", ...SCORING_SWITCHES]);
    if (known === "corrected") for (const name of CORRECTED) names.add(name);
    else if (known !== "official") names.add(known);
  }
  if (names.has("bos") && names.has("no-bos")) throw new Error('scoring mode: "bos" and "no-bos" exclude each other');
  const sorted = [...names].sort();
  const name = sorted.length === 0 ? "official" : sorted.join("+");
  return Object.assign({}, OFFICIAL, ...sorted.map((s) => SWITCHES[s]), { name }) as ScoringMode;
}
