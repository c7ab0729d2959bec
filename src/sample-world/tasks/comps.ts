/** @file Properties of kinds and their inheritance by new kinds, in the format of COMPS; all kinds are ours. */

import type { Rng } from "../../util/rng";
import { ANIMALS, type AnimalKind, GROUP_FACTS } from "../facts";
import { article, capital } from "../morphology";

export interface CompsRow {
  id: number;
  property: string;
  acceptable_concept: string;
  unacceptable_concept: string;
  prefix_acceptable: string;
  prefix_unacceptable: string;
  property_phrase: string;
  negative_sample_type: string;
  similarity: number;
  distraction_type: string;
}

export type CompsFile = "comps_base" | "comps_wugs" | "comps_wugs_dist-before" | "comps_wugs_dist-in-between";
export const COMPS_FILES: readonly CompsFile[] = [
  "comps_base",
  "comps_wugs",
  "comps_wugs_dist-before",
  "comps_wugs_dist-in-between",
];

const NEW_KINDS = ["wug", "dax", "blick", "fep", "zup", "toma", "gorp", "kiv"];

export function comps(file: CompsFile, rng: Rng, rows: number): CompsRow[] {
  const out: CompsRow[] = [];
  const seen = new Set<string>();
  for (let attempt = 0; out.length < rows; attempt++) {
    if (attempt > rows * 100) throw new Error(`comps: ${file} has too few distinct rows`);
    const a = rng.pick(ANIMALS);
    const b = rng.pick(ANIMALS);
    const phrase = rng.pick(properties(a));
    if (a === b || properties(b).includes(phrase)) continue;
    const [x, y] = rng.sample(NEW_KINDS, 2);
    const prefixes = framed(file, a.name, b.name, x, y);
    const key = `${prefixes.join("|")}|${phrase}`;
    if (seen.has(key)) continue;
    seen.add(key);
    out.push({
      id: out.length,
      property: phrase.replace(/ /g, "_"),
      acceptable_concept: a.name,
      unacceptable_concept: b.name,
      prefix_acceptable: prefixes[0],
      prefix_unacceptable: prefixes[1],
      property_phrase: `${phrase}.`,
      negative_sample_type: a.group === b.group ? "taxonomic" : "random",
      similarity: a.group === b.group ? 1 : 0,
      distraction_type: file === "comps_base" || file === "comps_wugs" ? "none" : file.slice("comps_wugs_dist-".length),
    });
  }
  return out;
}

/** Properties of a kind from the texts, as verb phrases. */
function properties(a: AnimalKind): string[] {
  return [`can ${a.can}`, `has ${a.body}`, `eats ${a.eats}`, `has ${GROUP_FACTS[a.group].has}`];
}

const the = (word: string): string => `${article(word)} ${word}`;

function framed(file: CompsFile, a: string, b: string, x: string, y: string): [string, string] {
  switch (file) {
    case "comps_base":
      return [capital(the(a)), capital(the(b))];
    case "comps_wugs":
      return [`A ${x} is ${the(a)}. Therefore, a ${x}`, `A ${x} is ${the(b)}. Therefore, a ${x}`];
    case "comps_wugs_dist-before":
      return [
        `A ${y} is ${the(b)}. A ${x} is ${the(a)}. Therefore, a ${x}`,
        `A ${y} is ${the(a)}. A ${x} is ${the(b)}. Therefore, a ${x}`,
      ];
    default:
      return [
        `A ${x} is ${the(a)}. A ${y} is ${the(b)}. Therefore, a ${x}`,
        `A ${x} is ${the(b)}. A ${y} is ${the(a)}. Therefore, a ${x}`,
      ];
  }
}
