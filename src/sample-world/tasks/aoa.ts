/**
 * @file Age of acquisition: words with contexts from the CHILDES file, and simulated child proportions by month.
 *
 * The month at which half of the children know a word is 31 - 2.4 ln(count in childes.train) + N(0, 1.2), kept in
 * [15, 29]; the proportion at month m is 1 / (1 + exp(-0.55 (m - month))) + N(0, 0.02), cut to [0, 1].
 */

import type { Rng } from "../../util/rng";
import { ADJECTIVES, INTRANSITIVE, NOUNS } from "../lexicon";

const FIRST_MONTH = 16;
const LAST_MONTH = 30;
const CONTEXTS = 5;

export function ageOfAcquisition(rng: Rng, childes: string, words: number): { contexts: string; human: string } {
  const utterances = childes
    .split("\n")
    .filter((l) => l.includes("\t"))
    .map((l) => l.slice(l.indexOf("\t") + 1));
  const where = new Map<string, string[]>();
  const count = new Map<string, number>();
  let total = 0;
  for (const u of utterances) {
    const tokens = u.split(" ");
    for (let i = 0; i < tokens.length; i++) {
      const w = tokens[i].toLowerCase().replace(/[^a-z'-]/g, "");
      total++;
      count.set(w, (count.get(w) ?? 0) + 1);
      if (i > 0) where.set(w, [...(where.get(w) ?? []), tokens.slice(0, i).join(" ")]);
    }
  }
  const known = candidates().filter((w) => w.length > 1 && new Set(where.get(w) ?? []).size >= CONTEXTS);
  const chosen = rng.fork("words").sample(known, Math.min(words, known.length)).sort();
  const contexts: Record<string, object[]> = {};
  const rows = [`word,${Array.from({ length: LAST_MONTH - FIRST_MONTH + 1 }, (_, i) => FIRST_MONTH + i).join(",")}`];
  for (const w of chosen) {
    const n = count.get(w) ?? 0;
    const frequency = n / total;
    const stats = {
      count: n,
      frequency: round(frequency, 8),
      log_freq_per_million: round(Math.log10(frequency * 1e6), 4),
    };
    contexts[w] = rng
      .fork(`contexts/${w}`)
      .sample([...new Set(where.get(w))], CONTEXTS)
      .map((context) => ({ context, word_in_context_stats: stats }));
    rows.push([w, ...proportions(rng.fork(`child/${w}`), n)].join(","));
  }
  return { contexts: `${JSON.stringify(contexts, null, 1)}\n`, human: `${rows.join("\n")}\n` };
}

function proportions(rng: Rng, count: number): string[] {
  const month = Math.min(29, Math.max(15, 31 - 2.4 * Math.log(count) + 1.2 * rng.normal()));
  const out: string[] = [];
  for (let m = FIRST_MONTH; m <= LAST_MONTH; m++) {
    const p = 1 / (1 + Math.exp(-0.55 * (m - month))) + 0.02 * rng.normal();
    out.push(Math.min(1, Math.max(0, p)).toFixed(3));
  }
  return out;
}

function candidates(): string[] {
  const nouns = Object.values(NOUNS).flatMap((list) => list.map((n) => n.singular));
  const verbs = [...INTRANSITIVE.person, ...INTRANSITIVE.animal].map((v) => v.base);
  const adjectives = [...ADJECTIVES.color, ...ADJECTIVES.size, ...ADJECTIVES.thing, ...ADJECTIVES.person];
  return [...new Set([...nouns, ...verbs, ...adjectives])].filter((w) => !w.includes(" "));
}

const round = (x: number, digits: number): number => Number(x.toFixed(digits));
