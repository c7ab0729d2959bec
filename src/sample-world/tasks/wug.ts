/**
 * @file WUG tests with nonce words: nouns of adjectives, and past tenses of verbs; `ratio` is the share that prefers
 * the first form.
 */

import type { Rng } from "../../util/rng";
import { ityForm } from "../lexicon";
import { regularPast } from "../morphology";

export interface WugRow {
  sentences: string;
  ratio: number;
}

const ONSETS = "b bl br d dr f fl g gl gr h k kl kr l m n p pl pr s sk sl sp st t tr v w".split(" ");
const VOWELS = "a e i o u ai ea oo ou".split(" ");
const CODAS = "b d g k l m n p r s t nd nt rk st mp ck".split(" ");

const syllable = (rng: Rng): string => rng.pick(ONSETS) + rng.pick(VOWELS) + rng.pick(CODAS);
/** Eleven simulated judges, as in a small rating study. */
const JUDGES = 11;
const share = (rng: Rng, p: number): number => {
  let yes = 0;
  for (let i = 0; i < JUDGES; i++) if (rng.chance(p)) yes++;
  return yes / JUDGES;
};

/** Probability that a judge prefers -ity, by suffix; the word lessons in the text follow the same order. */
const ITY_SHARE = { able: 0.85, ive: 0.6, ous: 0.3, ish: 0.04 } as const;

export function wugAdjectives(rng: Rng, rows: number): WugRow[] {
  const suffixes = Object.keys(ITY_SHARE) as (keyof typeof ITY_SHARE)[];
  return distinct(rng, rows, (i) => {
    const suffix = suffixes[i % suffixes.length];
    const adjective = `${syllable(rng)}${rng.chance(0.5) ? syllable(rng) : ""}${suffix}`;
    const lead = `Create a noun out of the following adjective: ${adjective}.`;
    return {
      sentences: `${lead} ${ityForm(adjective)}\t${lead} ${adjective}ness`,
      ratio: share(rng, ITY_SHARE[suffix]),
    };
  });
}

/** Existing English words, which a nonce verb must not equal. */
const REAL_WORDS = new Set(
  `bring fling king ping ring sing sling sting swing wing ting ding blink brink clink drink fink kink link mink pink rink
  sink slink stink think wink brim dim grim him prim rim skim slim swim trim vim boot foot hoot loot moot root shoot soot
  toot bark dark hark lark mark park shark spark stark bend blend fend lend mend rend send spend tend trend vend wend cope
  dope grope hope lope mope nope pope rope scope slope faint paint saint taint plaint plink skink spink gloot`.split(
    /\s+/,
  ),
);

/** Verbs in -ing and -ink tend to the pattern sing-sang; all others are regular. */
export function wugPastTense(rng: Rng, rows: number): WugRow[] {
  return distinct(rng, rows, (i) => {
    const isSingLike = i % 2 === 0;
    const onset = rng.pick(ONSETS);
    const base = isSingLike
      ? onset + rng.pick(["ing", "ink", "im"])
      : onset + rng.pick(["oot", "ark", "end", "ope", "aint"]);
    if (REAL_WORDS.has(base)) return null;
    const irregular = isSingLike ? base.replace("i", "a") : `${base.replace(/[aeiou]+/, "u")}`;
    const subject = rng.pick(["They", "The children", "The dogs", "The sailors"]);
    const lead = `${subject} like to ${base}. Yesterday ${subject.charAt(0).toLowerCase()}${subject.slice(1)}`;
    return {
      sentences: `${lead} ${regularPast(base)}.\t${lead} ${irregular}.`,
      ratio: share(rng, isSingLike ? (base.endsWith("im") ? 0.65 : 0.45) : 0.93),
    };
  });
}

function distinct(rng: Rng, rows: number, draw: (i: number) => WugRow | null): WugRow[] {
  const out: WugRow[] = [];
  const seen = new Set<string>();
  for (let attempt = 0; out.length < rows; attempt++) {
    if (attempt > 100 * rows) throw new Error(`wug: too few nonce words in stream ${rng.name}`);
    const row = draw(out.length);
    if (row === null || seen.has(row.sentences)) continue;
    seen.add(row.sentences);
    out.push(row);
  }
  return out;
}
