/**
 * @file Items in EWoK's format: two contexts, two targets; each target fits its own context.
 *
 * Our own facts; no text is from EWoK. As in the official filtered files, every item is written twice, the second time
 * with contexts and targets swapped, and the target must be chosen from the first context.
 */

import type { Rng } from "../../util/rng";
import { asPronoun, sentence } from "../clause";
import { type Area, CONSEQUENCES, JOBS, MATERIALS, TRAITS } from "../facts";
import { Grammar } from "../grammar";
import { NOUNS } from "../lexicon";
import { article, numberWord, verb } from "../morphology";
import { agree, DIRECTIONS, RELATIONS, ROLES, subtraction } from "../texts/talk";

export interface EwokRow {
  Domain: string;
  ConceptA: string;
  ConceptB: string;
  TargetType: string;
  ContextType: string;
  ContextDiff: string;
  TargetDiff: string;
  Context1: string;
  Context2: string;
  Target1: string;
  Target2: string;
}

interface Item {
  concepts: [string, string];
  contexts: [string, string];
  targets: [string, string];
  contextType?: string;
}

const two = <T>(g: Grammar, items: readonly T[]): [T, T] => {
  const [a, b] = g.rng.sample(items, 2);
  return [a, b];
};

const DOMAINS: Record<string, (g: Grammar) => Item> = {
  "agent-properties": (g) => (g.rng.chance(0.3) ? consequenceItem(g, "body") : jobItem(g)),
  "material-properties": (g) => {
    for (;;) {
      const [a, b] = two(g, MATERIALS);
      if (a.dropped === b.dropped || a.name === "ice" || b.name === "ice") continue;
      const thing = g.rng.pick([...a.things, ...b.things]);
      const who = g.name().text;
      const say = (m: (typeof MATERIALS)[number]) => sentence(`the ${thing} that ${who} dropped is made of ${m.name}`);
      return {
        concepts: [a.name, b.name],
        contexts: [say(a), say(b)],
        targets: [sentence(`it ${a.dropped}`), sentence(`it ${b.dropped}`)],
      };
    }
  },
  "material-dynamics": (g) => {
    for (;;) {
      const [a, b] = two(g, MATERIALS);
      if (a.heated === b.heated || a.name === "ice" || b.name === "ice") continue;
      const thing = g.rng.pick([...a.things, ...b.things]);
      const who = g.name().text;
      const say = (m: (typeof MATERIALS)[number]) =>
        sentence(`the ${thing} of ${who} is made of ${m.name} and becomes very hot`);
      return {
        concepts: [a.name, b.name],
        contexts: [say(a), say(b)],
        targets: [sentence(`it ${a.heated}`), sentence(`it ${b.heated}`)],
      };
    }
  },
  "physical-interactions": (g) => consequenceItem(g, "physical"),
  "social-interactions": (g) => consequenceItem(g, "social"),
  "physical-dynamics": (g) => consequenceItem(g, "motion"),
  "physical-relations": (g) => mirrorItem(g, RELATIONS),
  "social-relations": (g) => mirrorItem(g, ROLES),
  "spatial-relations": (g) => mirrorItem(g, DIRECTIONS),
  "social-properties": (g) => {
    const who = g.name();
    const [a, b] = two(g, TRAITS);
    const she = asPronoun(who).text;
    const does = (t: (typeof TRAITS)[number]) => sentence(`${she} ${agree(t.does, who.gender as "f" | "m")}`);
    return {
      concepts: [a.trait, b.trait],
      contexts: [sentence(`${who.text} is ${a.trait}`), sentence(`${who.text} is ${b.trait}`)],
      targets: [does(a), does(b)],
    };
  },
  "quantitative-properties": (g) => {
    const who = g.name();
    const other = g.name();
    const things = g.rng.pick(NOUNS.food).plural;
    const first = subtraction(g);
    const second = subtraction(g);
    const say = (s: typeof first) =>
      sentence(`${who.text} had ${numberWord(s.had)} ${things} and gave ${numberWord(s.gone)} to ${other.text}`);
    const left = (s: typeof first) => sentence(`now ${asPronoun(who).text} has ${numberWord(s.had - s.gone)} left`);
    return {
      concepts: [`${first.had - first.gone}`, `${second.had - second.gone}`],
      contexts: [say(first), say(second)],
      targets: [left(first), left(second)],
    };
  },
};

function jobItem(g: Grammar): Item {
  const who = g.name();
  const [a, b] = two(g, JOBS);
  const she = asPronoun(who).text;
  const say = (j: (typeof JOBS)[number]) => sentence(`${who.text} is ${article(j.name)} ${j.name}`);
  const does = (j: (typeof JOBS)[number]) => sentence(`${she} ${verb(j.verb).third} ${j.object}`);
  return { concepts: [a.name, b.name], contexts: [say(a), say(b)], targets: [does(a), does(b)] };
}

function consequenceItem(g: Grammar, area: Area): Item {
  const [a, b] = two(
    g,
    CONSEQUENCES.filter((c) => c.area === area),
  );
  const who = g.name();
  const fill = (t: string) => agree(t, who.gender as "f" | "m");
  return {
    concepts: [fill(a.when), fill(b.when)],
    contexts: [sentence(`${who.text} ${fill(a.when)}`), sentence(`${who.text} ${fill(b.when)}`)],
    targets: [sentence(fill(a.effect)), sentence(fill(b.effect))],
  };
}

/** "A is above B." -> "B is below A." against "B is above A." */
function mirrorItem(g: Grammar, pairs: readonly (readonly [string, string])[]): Item {
  const [up, down] = g.rng.pick(pairs);
  const a = g.name().text;
  let b = g.name().text;
  while (b === a) b = g.name().text;
  return {
    concepts: [up, down],
    contexts: [sentence(`${a} is ${up} ${b}`), sentence(`${a} is ${down} ${b}`)],
    targets: [sentence(`${b} is ${down} ${a}`), sentence(`${b} is ${up} ${a}`)],
    contextType: "indirect",
  };
}

/** `items` items per domain, each in both orders: `2 * items` rows. */
export function ewok(rng: Rng, items: number): Map<string, EwokRow[]> {
  const out = new Map<string, EwokRow[]>();
  for (const [domain, draw] of Object.entries(DOMAINS)) {
    const g = new Grammar(rng.fork(domain));
    const rows: EwokRow[] = [];
    const seen = new Set<string>();
    for (let attempt = 0; rows.length < 2 * items; attempt++) {
      if (attempt > items * 100) throw new Error(`ewok: ${domain} has too few distinct items`);
      const item = draw(g);
      const key = item.contexts.join("|");
      if (seen.has(key) || item.targets[0] === item.targets[1]) continue;
      seen.add(key).add([...item.contexts].reverse().join("|"));
      const base = {
        Domain: domain,
        ConceptA: item.concepts[0],
        ConceptB: item.concepts[1],
        TargetType: "simple",
        ContextType: item.contextType ?? "direct",
        ContextDiff: "concept swap",
        TargetDiff: "concept swap",
      };
      const [c1, c2] = item.contexts;
      const [t1, t2] = item.targets;
      rows.push({ ...base, Context1: c1, Context2: c2, Target1: t1, Target2: t2 });
      rows.push({ ...base, Context1: c2, Context2: c1, Target1: t2, Target2: t1 });
    }
    out.set(domain, rows);
  }
  return out;
}
