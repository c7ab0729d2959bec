/**
 * @file Scoring modes: the official behaviour and its corrections, each with a name that is written into every result.
 *
 * `official` is what the pipeline of 2025 does, quirks included. Protocol 2026 is what its public code of July 2026
 * does (github.com/serdardoesml/babylm-eval, commit 3d57ddc), but with seeded ties. Every change between the two is a
 * separate switch. Corrections can be enabled one by one, or all with `corrected`.
 */

import type { Pooling } from "../model/sequence-classifier";
import type { TaskRules } from "../tasks/index";
import type { Protocol } from "../tasks/task";
import { oneOf } from "../util/check";

/** Rules of scoring; `TaskRules` are those that change the tasks themselves. */
export interface ScoringMode extends TaskRules {
  /** `official`, or the protocol if it is not 2025 and the switches in alphabetical order, with `+` between. */
  name: string;
  /**
   * `first`: a tie counts as correct, because the correct option is the first. `half`: a tie between k options counts
   * 1/k. `random`: one of the tied options is drawn at random.
   */
  ties: "first" | "half" | "random";
  /** Seed of random ties. */
  seed: number;
  /** `refuse`: a model that gives NaN has no score. `lowest`: NaN counts as the lowest score. */
  nan: "refuse" | "lowest";
  /** Compare summed or mean log-probabilities of the counted tokens. */
  logProb: "sum" | "mean";
  /** `tokenizer`: the special tokens of its post-processor. `add`: one leading BOS. `remove`: no special tokens. */
  bos: "tokenizer" | "add" | "remove";
  /** Reading: whether there is a blank between context and word. */
  readingBlank: boolean;
  /** WUG: p(first form) in float32, where it saturates at 1 and causes ties, or in float64. */
  wugRatio: "float32" | "float64";
  /**
   * Age of acquisition: surprisal of a random guess. `official`: log2(300,000), compared with nats. `nats`: ln of the
   * number of tokens. `nats-per-token`: ln of the tokenizer's vocabulary for each token of the word.
   */
  aoaThreshold: "official" | "nats" | "nats-per-token";
  /** Age of acquisition: each point of the curve is one context of a checkpoint, or the mean over its contexts. */
  aoaPoints: "contexts" | "means";
  /** Age of acquisition: the model's curve is fitted without or with bounds. */
  aoaFit: "free" | "bounded";
  /** Age of acquisition: a correlation with p above 0.1 counts as 0. */
  aoaSignificance: boolean;
  /** Fine-tuning: the position whose hidden state is classified. */
  pooling: Pooling;
}

/** The official pipeline of 2025. */
export const OFFICIAL: ScoringMode = {
  name: "official",
  protocol: "2025",
  ties: "first",
  seed: 42,
  nan: "refuse",
  ewok: "targets",
  entityTracking: "all",
  logProb: "sum",
  bos: "tokenizer",
  readingBlank: false,
  wugRatio: "float32",
  aoaThreshold: "official",
  aoaPoints: "contexts",
  aoaFit: "free",
  aoaSignificance: false,
  pooling: "first",
};

/** The changes of protocol 2026, each under the name of its switch. */
const CHANGES_2026 = {
  "ties-random": { ties: "random" }, //                             unseeded in the pipeline
  "nan-lowest": { nan: "lowest" },
  "ewok-contexts": { ewok: "contexts" },
  "entity-without-nothing": { entityTracking: "without-nothing" },
  "aoa-per-token": { aoaThreshold: "nats-per-token" },
  "aoa-means": { aoaPoints: "means" },
  "aoa-bounded": { aoaFit: "bounded" },
  "aoa-significance": { aoaSignificance: true },
  "left-padded-pooling": { pooling: "last_left_padded" },
} as const satisfies Record<string, Partial<ScoringMode>>;

/** The changes of each switch. */
const SWITCHES = {
  "ties-half": { ties: "half" },
  "last-token-pooling": { pooling: "last_real" },
  "reading-blank": { readingBlank: true },
  "wug-float64": { wugRatio: "float64" },
  "aoa-nats": { aoaThreshold: "nats" },
  mean: { logProb: "mean" },
  bos: { bos: "add" },
  "no-bos": { bos: "remove" },
  ...CHANGES_2026,
} as const satisfies Record<string, Partial<ScoringMode>>;

export type ScoringSwitch = keyof typeof SWITCHES;

/** The switches that `--mode` accepts, besides `official` and `corrected`. */
export const SCORING_SWITCHES = Object.keys(SWITCHES) as ScoringSwitch[];

/** The switches that turn protocol 2025 into 2026; 2026 also drops the WUG tasks. */
export const PROTOCOL_2026_SWITCHES = Object.keys(CHANGES_2026) as (keyof typeof CHANGES_2026)[];

/** What `--protocol` accepts. */
export const PROTOCOLS: readonly Protocol[] = ["2025", "2026"];

const BASES: Record<Protocol, ScoringMode> = {
  "2025": OFFICIAL,
  "2026": Object.assign({}, OFFICIAL, ...Object.values(CHANGES_2026), { protocol: "2026", name: "protocol-2026" }),
};

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
 * @param protocol - the rules that the switches change
 * @param seed - seed of random ties
 * @throws Error listing the switches when one is unknown, or when two exclude each other
 */
export function scoringMode(text: string, protocol: Protocol = "2025", seed = OFFICIAL.seed): ScoringMode {
  const names = new Set<ScoringSwitch>();
  for (const word of text.split(",").map((part) => part.trim())) {
    const known = oneOf("scoring mode", word, ["official", "corrected", ...SCORING_SWITCHES]);
    if (known === "corrected") for (const name of CORRECTED) names.add(name);
    else if (known !== "official") names.add(known);
  }
  const sorted = [...names].sort();
  const [field] = Object.keys(OFFICIAL).filter((key) => sorted.filter((name) => key in SWITCHES[name]).length > 1);
  if (field !== undefined) {
    const rivals = sorted.filter((name) => field in SWITCHES[name]);
    throw new Error(`scoring mode: ${rivals.map((name) => `"${name}"`).join(" and ")} exclude each other`);
  }
  const base = BASES[protocol];
  const name = [...(protocol === "2025" ? [] : [base.name]), ...sorted].join("+") || base.name;
  return Object.assign({}, base, ...sorted.map((s) => SWITCHES[s]), { name, seed }) as ScoringMode;
}
