/**
 * @file Converts clauses to text: agreement, tense, negation, questions, short answers, pronouns.
 *
 * A `Clause` keeps its parts separate, so that one event can become a statement, a question or an answer.
 */

import type { Kind } from "./lexicon";
import { capital, type Verb } from "./morphology";

export type GrammaticalNumber = "sg" | "pl";

export interface NounPhrase {
  text: string;
  /** Form as an object: differs from `text` for pronouns only. */
  object: string;
  number: GrammaticalNumber;
  person: 1 | 2 | 3;
  gender: "f" | "m" | "n";
  kind: Kind | "mass";
  /** A first name. */
  isName: boolean;
}

export type Tense =
  | "present"
  | "past"
  | "present-progressive"
  | "past-progressive"
  | "present-perfect"
  | "past-perfect"
  | "future"
  | "modal";

/** One event. `rest` is the text after the verb, besides the object. */
export interface Clause {
  subject: NounPhrase;
  verb: Verb;
  object?: NounPhrase;
  rest: string;
  tense: Tense;
  modal: string;
  isNegative: boolean;
  adverb: string;
  /** An adverb after the auxiliary: "has never slept". */
  middle?: string;
}

export function be(np: NounPhrase, tense: "present" | "past"): string {
  if (np.number === "pl" || np.person === 2) return tense === "present" ? "are" : "were";
  if (tense === "past") return "was";
  return np.person === 1 ? "am" : "is";
}

export function have(np: NounPhrase): string {
  return np.number === "sg" && np.person === 3 ? "has" : "have";
}

export function presentForm(np: NounPhrase, verb: Verb): string {
  return np.number === "sg" && np.person === 3 ? verb.third : verb.base;
}

export function pronoun(np: NounPhrase): string {
  if (np.person !== 3) return np.text;
  return np.number === "pl" ? "they" : { f: "she", m: "he", n: "it" }[np.gender];
}

export function objectPronoun(np: NounPhrase): string {
  if (np.person !== 3) return np.object;
  return np.number === "pl" ? "them" : { f: "her", m: "him", n: "it" }[np.gender];
}

export function possessive(np: NounPhrase): string {
  if (np.person === 1) return np.number === "pl" ? "our" : "my";
  if (np.person === 2) return "your";
  return np.number === "pl" ? "their" : { f: "her", m: "his", n: "its" }[np.gender];
}

export function reflexive(np: NounPhrase): string {
  if (np.person === 1) return np.number === "pl" ? "ourselves" : "myself";
  if (np.person === 2) return np.number === "pl" ? "yourselves" : "yourself";
  return np.number === "pl" ? "themselves" : { f: "herself", m: "himself", n: "itself" }[np.gender];
}

export const PERSONAL: Record<"I" | "you" | "we" | "he" | "she" | "they" | "it", NounPhrase> = {
  I: { text: "I", object: "me", number: "sg", person: 1, gender: "n", kind: "person", isName: false },
  you: { text: "you", object: "you", number: "sg", person: 2, gender: "n", kind: "person", isName: false },
  we: { text: "we", object: "us", number: "pl", person: 1, gender: "n", kind: "person", isName: false },
  he: { text: "he", object: "him", number: "sg", person: 3, gender: "m", kind: "person", isName: false },
  she: { text: "she", object: "her", number: "sg", person: 3, gender: "f", kind: "person", isName: false },
  they: { text: "they", object: "them", number: "pl", person: 3, gender: "n", kind: "person", isName: false },
  it: { text: "it", object: "it", number: "sg", person: 3, gender: "n", kind: "thing", isName: false },
};

export function nounPhrase(
  text: string,
  kind: NounPhrase["kind"],
  number: GrammaticalNumber = "sg",
  gender: NounPhrase["gender"] = "n",
): NounPhrase {
  return { text, object: text, number, person: 3, gender, kind, isName: false };
}

/** First auxiliary (with agreement) and the rest of the verb group; simple tenses have no auxiliary. */
function verbGroup(c: Clause): { auxiliary: string | null; main: string } {
  const s = c.subject;
  switch (c.tense) {
    case "present":
      return { auxiliary: null, main: presentForm(s, c.verb) };
    case "past":
      return { auxiliary: null, main: c.verb.past };
    case "present-progressive":
      return { auxiliary: be(s, "present"), main: c.verb.ing };
    case "past-progressive":
      return { auxiliary: be(s, "past"), main: c.verb.ing };
    case "present-perfect":
      return { auxiliary: have(s), main: c.verb.participle };
    case "past-perfect":
      return { auxiliary: "had", main: c.verb.participle };
    case "future":
      return { auxiliary: "will", main: c.verb.base };
    case "modal":
      return { auxiliary: c.modal, main: c.verb.base };
  }
}

/** The form with "do" that a simple tense needs in questions and negation. */
function doForm(c: Clause): string {
  if (c.tense === "past") return "did";
  return c.subject.number === "sg" && c.subject.person === 3 ? "does" : "do";
}

/** Join parts with blanks; missing parts are skipped. */
export const join = (...parts: (string | undefined)[]): string =>
  parts.filter((p) => p !== undefined && p !== "").join(" ");

/** Auxiliary and main verb with the negation, without subject and object. */
function finiteVerb(c: Clause): string {
  const { auxiliary, main } = verbGroup(c);
  if (!c.isNegative) return join(auxiliary ?? undefined, auxiliary === null ? "" : c.middle, main);
  return auxiliary === null ? `${doForm(c)} not ${c.verb.base}` : `${auxiliary} not ${main}`;
}

/** "did not see the owl in the barn" */
export function predicate(c: Clause, options: { object?: string; noAdverb?: boolean } = {}): string {
  const object = options.object ?? c.object?.object;
  return join(finiteVerb(c), object, c.rest, options.noAdverb ? "" : c.adverb);
}

/** "Mara did not see the owl in the barn" (no full stop). */
export function statement(c: Clause): string {
  return `${c.subject.text} ${predicate(c)}`;
}

function auxiliaryAndRest(c: Clause): { auxiliary: string; main: string } {
  const { auxiliary, main } = verbGroup(c);
  return auxiliary === null ? { auxiliary: doForm(c), main: c.verb.base } : { auxiliary, main };
}

/** "did Mara see the owl in the barn" */
export function yesNoQuestion(c: Clause): string {
  const { auxiliary, main } = auxiliaryAndRest(c);
  return join(auxiliary, c.subject.text, main, c.object?.object, c.rest, c.adverb);
}

/** "what did Mara see in the barn", "who did Mara see in the barn" */
export function objectQuestion(c: Clause): string {
  const { auxiliary, main } = auxiliaryAndRest(c);
  return join(c.object?.kind === "person" ? "who" : "what", auxiliary, c.subject.text, main, c.rest, c.adverb);
}

/** "who saw the owl in the barn" */
export function subjectQuestion(c: Clause): string {
  const who: NounPhrase = { ...nounPhrase(c.subject.kind === "person" ? "who" : "what", "person") };
  return statement({ ...c, subject: who });
}

/** "where did Mara see the owl": the adverbial is the gap, everything else stays. */
export function adverbialQuestion(c: Clause, word: "where" | "when" | "why"): string {
  return `${word} ${yesNoQuestion({ ...c, adverb: "" })}`;
}

/** "yes, she did", "no, she did not" */
export function shortAnswer(c: Clause, isYes: boolean, subject: NounPhrase = c.subject): string {
  const shifted = { ...c, subject };
  const { auxiliary } = auxiliaryAndRest(shifted);
  return `${isYes ? "yes" : "no"}, ${pronoun(subject)} ${auxiliary}${isYes ? "" : " not"}`;
}

/** Sentence case and a full stop or question mark. */
export function sentence(text: string, end: "." | "?" | "!" = "."): string {
  return capital(text.replace(/\s+/g, " ").trim()) + end;
}

/** A clause with only subject and verb. */
export function bare(subject: NounPhrase, verb: Verb, tense: Tense): Clause {
  return { subject, verb, rest: "", tense, modal: "can", isNegative: false, adverb: "" };
}

/** The pronoun for a noun phrase, as a noun phrase. */
export function asPronoun(np: NounPhrase): NounPhrase {
  if (np.person !== 3) return np;
  return { ...np, text: pronoun(np), object: objectPronoun(np), isName: false };
}
