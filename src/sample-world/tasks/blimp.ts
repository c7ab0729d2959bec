/**
 * @file Minimal pairs in BLiMP's format, and one control paradigm for which the text has no evidence.
 *
 * Rows have BLiMP's keys. Both sentences of a pair have the same number of words, so that length carries no
 * information; number and gender are balanced, so that each word form is correct as often as wrong.
 */

import type { Rng } from "../../util/rng";
import {
  asPronoun,
  be,
  type Clause,
  have,
  type NounPhrase,
  nounPhrase,
  objectQuestion,
  predicate,
  presentForm,
  reflexive,
  sentence,
  statement,
  yesNoQuestion,
} from "../clause";
import { Grammar } from "../grammar";
import { GENDER, INTRANSITIVE, NOUNS, REFLEXIVE_VERBS, RELATIONAL, TRANSITIVE } from "../lexicon";
import { article, type Noun, type Verb } from "../morphology";

export interface BlimpRow {
  sentence_good: string;
  sentence_bad: string;
  field: string;
  linguistics_term: string;
  UID: string;
  simple_LM_method: boolean;
  one_prefix_method: boolean;
  two_prefix_method: boolean;
  lexically_identical: boolean;
  pair_id: number;
}

interface Paradigm {
  uid: string;
  field: "morphology" | "syntax" | "semantics" | "syntax_semantics" | "control";
  term: string;
  onePrefix: boolean;
  twoPrefix: boolean;
  lexicallyIdentical: boolean;
  /** One pair without capitals and full stops, or with its own end mark. `i` alternates the balanced choices. */
  pair: (g: Grammar, i: number) => [good: string, bad: string];
}

const pickNoun = (g: Grammar, kinds: readonly (keyof typeof NOUNS)[], accept: (n: Noun) => boolean): Noun => {
  for (;;) {
    const n = g.rng.pick(NOUNS[g.rng.pick(kinds)]);
    if (accept(n) && n.singular !== n.plural) return n;
  }
};
const agent = (g: Grammar, number: "sg" | "pl", accept: (n: Noun) => boolean = () => true): NounPhrase => {
  const kind = g.rng.chance(0.7) ? "person" : "animal";
  const n = pickNoun(g, [kind], accept);
  const det = g.rng.pick(number === "sg" ? ["the", "this", "that"] : ["the", "these", "those", "some"]);
  return nounPhrase(`${det} ${number === "sg" ? n.singular : n.plural}`, kind, number, GENDER[n.singular] ?? "n");
};
const flip = (number: "sg" | "pl"): "sg" | "pl" => (number === "sg" ? "pl" : "sg");
const withNumber = (np: NounPhrase, number: "sg" | "pl"): NounPhrase => ({ ...np, number });
const even = (i: number): boolean => i % 2 === 0;
const number = (i: number): "sg" | "pl" => (even(i) ? "sg" : "pl");
const place = (g: Grammar): string => g.where();

/** "this chair" against "this chairs" in object position; `accept` picks regular or irregular nouns. */
function determinerNoun(g: Grammar, i: number, accept: (n: Noun) => boolean, adjective: boolean): [string, string] {
  const kinds = ["animal", "thing", "tool", "clothing", "furniture", "container", "body", "person"] as const;
  const n = pickNoun(g, kinds, accept);
  const kind = kinds.find((k) => NOUNS[k].includes(n)) ?? "thing";
  const verbs = TRANSITIVE.filter((f) => f.object.includes(kind) && f.subject.includes("person"));
  const verb = g.rng.pick(verbs).verb;
  const subject = g.name();
  const det = g.rng.pick(even(i) ? ["this", "that"] : ["these", "those"]);
  const adj = adjective ? `${g.adjective(kind)} ` : "";
  const inPast = g.rng.chance(0.7);
  const head = (form: string) => `${subject.text} ${inPast ? verb.past : verb.third} ${det} ${adj}${form}`;
  return even(i) ? [head(n.singular), head(n.plural)] : [head(n.plural), head(n.singular)];
}

/** A predicate in the present that shows agreement: "be", "have" or a plain verb. */
function agreeing(g: Grammar, subject: NounPhrase): (n: "sg" | "pl") => string {
  const actor = subject.kind === "animal" ? "animal" : "person";
  const verb = g.rng.pick(INTRANSITIVE[actor]);
  const where = g.rng.chance(0.5) ? ` ${place(g)}` : "";
  const u = g.rng.next();
  const adj = g.adjective(subject.kind);
  return (n) => {
    const np = withNumber(subject, n);
    if (u < 0.3) return `${be(np, "present")} ${verb.ing}${where}`;
    if (u < 0.45) return `${be(np, "past")} ${verb.ing}${where}`;
    if (u < 0.6) return `${have(np)} ${verb.participle}${where}`;
    if (u < 0.75) return `${be(np, "present")} ${adj}`;
    return `${presentForm(np, verb)}${where}`;
  };
}

const transitiveClause = (g: Grammar, subject: NounPhrase, objectIsPerson: boolean): Clause => {
  for (;;) {
    const c = g.clause({
      subject,
      tense: g.rng.pick(["past", "past", "future", "present-perfect"] as const),
      isNegative: false,
      transitive: true,
    });
    if (c.object === undefined || c.object.number === "pl") continue;
    if ((c.object.kind === "person") !== objectIsPerson) continue;
    if (c.object.text.split(" ").length > 3) continue;
    return { ...c, adverb: "" };
  }
};

const PARADIGMS: readonly Paradigm[] = [
  {
    uid: "anaphor_gender_agreement",
    field: "morphology",
    term: "anaphor_agreement",
    onePrefix: true,
    twoPrefix: false,
    lexicallyIdentical: false,
    pair: (g, i) => {
      const who = g.name(even(i) ? "f" : "m");
      const verb = g.rng.pick(REFLEXIVE_VERBS);
      const where = g.rng.chance(0.4) ? ` ${place(g)}` : "";
      const lead = `${who.text} ${g.rng.pick([verb.past, `has ${verb.participle}`, `could ${verb.base}`, `will ${verb.base}`])}`;
      return [`${lead} ${reflexive(who)}${where}`, `${lead} ${even(i) ? "himself" : "herself"}${where}`];
    },
  },
  {
    uid: "anaphor_number_agreement",
    field: "morphology",
    term: "anaphor_agreement",
    onePrefix: true,
    twoPrefix: false,
    lexicallyIdentical: true,
    pair: (g, i) => {
      const n = pickNoun(g, ["person"], (x) => GENDER[x.singular] !== undefined);
      const gender = GENDER[n.singular];
      const verb = g.rng.pick(REFLEXIVE_VERBS);
      const lead = `${g.rng.pick(even(i) ? ["the", "this", "that"] : ["the", "these", "those"])} ${even(i) ? n.singular : n.plural} ${g.rng.pick([verb.past, `could ${verb.base}`, `will ${verb.base}`])}`;
      const one = gender === "f" ? "herself" : "himself";
      return even(i) ? [`${lead} ${one}`, `${lead} themselves`] : [`${lead} themselves`, `${lead} ${one}`];
    },
  },
  {
    uid: "determiner_noun_agreement_1",
    field: "morphology",
    term: "determiner_noun_agreement",
    onePrefix: true,
    twoPrefix: false,
    lexicallyIdentical: true,
    pair: (g, i) => determinerNoun(g, i, (n) => n.isRegular, false),
  },
  {
    uid: "determiner_noun_agreement_irregular_1",
    field: "morphology",
    term: "determiner_noun_agreement",
    onePrefix: true,
    twoPrefix: false,
    lexicallyIdentical: true,
    pair: (g, i) => determinerNoun(g, i, (n) => !n.isRegular, false),
  },
  {
    uid: "determiner_noun_agreement_with_adjective_1",
    field: "morphology",
    term: "determiner_noun_agreement",
    onePrefix: true,
    twoPrefix: false,
    lexicallyIdentical: true,
    pair: (g, i) => determinerNoun(g, i, (n) => n.isRegular, true),
  },
  {
    uid: "regular_plural_subject_verb_agreement_1",
    field: "morphology",
    term: "subject_verb_agreement",
    onePrefix: true,
    twoPrefix: false,
    lexicallyIdentical: false,
    pair: (g, i) => {
      const s = agent(g, number(i), (n) => n.isRegular);
      const p = agreeing(g, s);
      return [`${s.text} ${p(s.number)}`, `${s.text} ${p(flip(s.number))}`];
    },
  },
  {
    uid: "irregular_plural_subject_verb_agreement_1",
    field: "morphology",
    term: "subject_verb_agreement",
    onePrefix: true,
    twoPrefix: false,
    lexicallyIdentical: false,
    pair: (g, i) => {
      const s = agent(g, number(i), (n) => !n.isRegular);
      const p = agreeing(g, s);
      return [`${s.text} ${p(s.number)}`, `${s.text} ${p(flip(s.number))}`];
    },
  },
  {
    uid: "distractor_agreement_relational_noun",
    field: "morphology",
    term: "subject_verb_agreement",
    onePrefix: true,
    twoPrefix: false,
    lexicallyIdentical: false,
    pair: (g, i) => {
      const head = g.rng.pick(RELATIONAL);
      const owner = pickNoun(g, ["person"], (n) => n.isRegular);
      const n = number(i);
      const text = `the ${n === "sg" ? head.singular : head.plural} of the ${n === "sg" ? owner.plural : owner.singular}`;
      const p = agreeing(g, nounPhrase(text, "person", n));
      return [`${text} ${p(n)}`, `${text} ${p(flip(n))}`];
    },
  },
  {
    uid: "irregular_past_participle_verbs",
    field: "morphology",
    term: "irregular_forms",
    onePrefix: true,
    twoPrefix: false,
    lexicallyIdentical: false,
    pair: (g, i) => {
      const frames = TRANSITIVE.filter((f) => f.verb.past !== f.verb.participle && f.subject.includes("person"));
      const f = g.rng.pick(frames);
      const s = g.rng.chance(0.6) ? g.name() : agent(g, "sg");
      const object = g.np(g.rng.pick(f.object), { plain: true });
      const form = (v: Verb, isParticiple: boolean) => (isParticiple ? v.participle : v.past);
      return even(i)
        ? [`${s.text} ${form(f.verb, false)} ${object.text}`, `${s.text} ${form(f.verb, true)} ${object.text}`]
        : [`${s.text} has ${form(f.verb, true)} ${object.text}`, `${s.text} has ${form(f.verb, false)} ${object.text}`];
    },
  },
  {
    uid: "npi_present_1",
    field: "semantics",
    term: "npi_licensing",
    onePrefix: true,
    twoPrefix: false,
    lexicallyIdentical: false,
    pair: (g) => {
      const s = g.name();
      const c = g.clause({ subject: s, isNegative: false });
      const after = [c.verb.participle, c.object?.object, c.rest].filter((x) => x !== undefined && x !== "").join(" ");
      return [`${s.text} has ${g.rng.pick(["often", "never", "always"])} ${after}`, `${s.text} has ever ${after}`];
    },
  },
  {
    uid: "only_npi_licensor_present",
    field: "semantics",
    term: "npi_licensing",
    onePrefix: false,
    twoPrefix: true,
    lexicallyIdentical: false,
    pair: (g) => {
      const s = g.name();
      const c = g.clause({ subject: s, isNegative: false });
      const after = [c.verb.participle, c.object?.object, c.rest].filter((x) => x !== undefined && x !== "").join(" ");
      return [`only ${s.text} has ever ${after}`, `even ${s.text} has ever ${after}`];
    },
  },
  {
    uid: "existential_there_quantifiers_1",
    field: "semantics",
    term: "quantifiers",
    onePrefix: false,
    twoPrefix: false,
    lexicallyIdentical: false,
    pair: (g, i) => {
      const n = pickNoun(g, ["person", "animal", "thing", "furniture"], () => true);
      const where = place(g);
      return even(i)
        ? [`there was ${article(n.singular)} ${n.singular} ${where}`, `there was each ${n.singular} ${where}`]
        : [
            `there were ${g.rng.pick(["many", "some", "no", "several"])} ${n.plural} ${where}`,
            `there were ${g.rng.pick(["all", "most"])} ${n.plural} ${where}`,
          ];
    },
  },
  {
    uid: "principle_A_case_1",
    field: "syntax_semantics",
    term: "binding",
    onePrefix: true,
    twoPrefix: false,
    lexicallyIdentical: false,
    pair: (g) => {
      const s = g.name();
      const c = g.clause({ subject: asPronoun(s), tense: "past", isNegative: false });
      const lead = `${s.text} ${g.rng.pick(["said", "thought", "knew", "believed", "hoped"])} that`;
      return [
        `${lead} ${asPronoun(s).text} ${predicate({ ...c, adverb: "" })}`,
        `${lead} ${reflexive(s)} ${predicate({ ...c, adverb: "" })}`,
      ];
    },
  },
  {
    uid: "animate_subject_trans",
    field: "syntax",
    term: "s-selection",
    onePrefix: false,
    twoPrefix: true,
    lexicallyIdentical: false,
    pair: (g) => {
      const c = transitiveClause(g, agent(g, "sg"), false);
      const thing = pickNoun(g, ["furniture", "tool", "clothing", "container"], () => true);
      const det = c.subject.text.split(" ")[0];
      return [statement(c), statement({ ...c, subject: nounPhrase(`${det} ${thing.singular}`, "thing") })];
    },
  },
  {
    uid: "wh_vs_that_with_gap",
    field: "syntax",
    term: "filler_gap_dependency",
    onePrefix: false,
    twoPrefix: false,
    lexicallyIdentical: false,
    pair: (g) => {
      const s = g.name();
      const c = transitiveClause(g, g.person({ plain: true }), false);
      const lead = `${s.text} ${g.rng.pick(["knew", "remembered", "forgot", "noticed", "learned"])}`;
      const rest = `${c.subject.text} ${predicate({ ...c, object: undefined })}`;
      return [`${lead} what ${rest}`, `${lead} that ${rest}`];
    },
  },
  {
    uid: "left_branch_island_simple_question",
    field: "syntax",
    term: "island_effects",
    onePrefix: false,
    twoPrefix: false,
    lexicallyIdentical: true,
    pair: (g) => {
      const s = g.name();
      const c = { ...transitiveClause(g, s, false), tense: "past" as const };
      const noun = c.object?.text.split(" ").pop() ?? "";
      return [`whose ${noun} did ${s.text} ${c.verb.base}?`, `whose did ${s.text} ${c.verb.base} ${noun}?`];
    },
  },
  {
    uid: "adjunct_island",
    field: "syntax",
    term: "island_effects",
    onePrefix: false,
    twoPrefix: false,
    lexicallyIdentical: true,
    pair: (g) => {
      const s = g.name();
      const c = { ...transitiveClause(g, s, true), tense: "past" as const };
      const other = transitiveClause(g, s, false);
      const question = objectQuestion(c);
      return [
        `${question} after ${other.verb.ing} ${other.object?.text}?`,
        `${question} ${other.object?.text} after ${other.verb.ing}?`,
      ];
    },
  },
  {
    uid: "matrix_question_npi_licensor_present",
    field: "semantics",
    term: "npi_licensing",
    onePrefix: false,
    twoPrefix: true,
    lexicallyIdentical: true,
    pair: (g) => {
      const s = g.name();
      const c = g.clause({ subject: s, tense: "present-perfect", isNegative: false });
      const rest = [c.verb.participle, c.object?.object, c.rest].filter((x) => x !== undefined && x !== "").join(" ");
      return [`has ${s.text} ever ${rest}?`, `${s.text} has ever ${rest}.`];
    },
  },
  {
    uid: "subject_verb_question_order",
    field: "syntax",
    term: "argument_structure",
    onePrefix: false,
    twoPrefix: false,
    lexicallyIdentical: true,
    pair: (g) => {
      const s = agent(g, g.rng.pick(["sg", "pl"] as const));
      const c = { ...transitiveClause(g, s, false) };
      const q = yesNoQuestion({ ...c, tense: "past-progressive" });
      const [aux, ...rest] = q.split(" ");
      const subjectWords = s.text.split(" ").length;
      const scrambled = [
        aux,
        ...rest.slice(subjectWords, subjectWords + 1),
        ...rest.slice(0, subjectWords),
        ...rest.slice(subjectWords + 1),
      ];
      return [`${q}?`, `${scrambled.join(" ")}?`];
    },
  },
  {
    uid: "control_no_evidence",
    field: "control",
    term: "control",
    onePrefix: false,
    twoPrefix: false,
    lexicallyIdentical: false,
    pair: (g, i) => {
      const s = g.name();
      const verb = g.rng.pick(["saw", "found", "took", "liked", "carried", "painted", "lost", "hid"]);
      const [a, b] = NONCE_PAIRS[i % NONCE_PAIRS.length];
      const isFirst = Math.floor(i / NONCE_PAIRS.length) % 2 === 0; // every word is correct as often as wrong
      const tail = place(g);
      const say = (w: string) => `${s.text} ${verb} the ${w} ${tail}`;
      return isFirst ? [say(a), say(b)] : [say(b), say(a)];
    },
  },
];

/** Invented words; none occurs in any text. */
export const NONCE_PAIRS: readonly [string, string][] = [
  ["blicket", "dasker"],
  ["wuggle", "torbin"],
  ["fendle", "kippet"],
  ["morvel", "zudder"],
  ["plimmet", "grosk"],
  ["tassle", "vennick"],
  ["quibber", "loamet"],
  ["nardle", "sprock"],
  ["dollip", "hebbin"],
  ["crunnel", "yaffet"],
];

/** Rows for every paradigm: `UID -> rows`. */
export function blimp(rng: Rng, pairs: number): Map<string, BlimpRow[]> {
  const out = new Map<string, BlimpRow[]>();
  for (const p of PARADIGMS) {
    const g = new Grammar(rng.fork(p.uid));
    const rows: BlimpRow[] = [];
    const seen = new Set<string>();
    for (let attempt = 0; rows.length < pairs; attempt++) {
      if (attempt > pairs * 50) throw new Error(`blimp: ${p.uid} has too few distinct pairs for ${pairs} rows`);
      const [good, bad] = p.pair(g, rows.length).map(finish);
      if (good === bad || seen.has(good) || good.split(" ").length !== bad.split(" ").length) continue;
      seen.add(good);
      rows.push({
        sentence_good: good,
        sentence_bad: bad,
        field: p.field,
        linguistics_term: p.term,
        UID: p.uid,
        simple_LM_method: true,
        one_prefix_method: p.onePrefix,
        two_prefix_method: p.twoPrefix,
        lexically_identical: p.lexicallyIdentical,
        pair_id: rows.length,
      });
    }
    out.set(p.uid, rows);
  }
  return out;
}

function finish(text: string): string {
  const end = text.endsWith("?") ? "?" : ".";
  return sentence(text.replace(/[.?]$/, ""), end);
}
