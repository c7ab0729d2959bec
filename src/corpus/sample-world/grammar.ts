/**
 * @file A generative grammar of plain English: noun phrases with number and gender, verb phrases with tense and
 * agreement, statements, questions, negation, relative clauses, reflexives and negative polarity items.
 *
 * A `Clause` keeps its parts apart, so that one event can be told, asked about and answered.
 */

import type { Rng } from "../../util/rng";
import {
  ADJECTIVES,
  ADVERBS,
  CLAUSE_VERBS,
  FEMALE_NAMES,
  GENDER,
  INTRANSITIVE,
  type Kind,
  MALE_NAMES,
  MASS,
  NOUNS,
  REFLEXIVE_VERBS,
  RELATIONAL,
  TRANSITIVE,
  type TransitiveFrame,
} from "./lexicon";
import { article, capital, type Noun, numberWord, type Verb } from "./morphology";

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

/** One event: who does what. `rest` is what follows the verb besides the object. */
export interface Clause {
  subject: NounPhrase;
  verb: Verb;
  object?: NounPhrase;
  rest: string;
  tense: Tense;
  modal: string;
  isNegative: boolean;
  adverb: string;
}

const MODALS = ["can", "should", "could", "must", "might", "would", "may"];

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

/** First auxiliary (with agreement) and what follows it; simple tenses have no auxiliary of their own. */
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

/** The do-form that a simple tense needs under question and negation. */
function doForm(c: Clause): string {
  if (c.tense === "past") return "did";
  return c.subject.number === "sg" && c.subject.person === 3 ? "does" : "do";
}

const join = (...parts: (string | undefined)[]): string => parts.filter((p) => p !== undefined && p !== "").join(" ");

/** Auxiliary and main verb with the negation, without subject and object. */
function finiteVerb(c: Clause): string {
  const { auxiliary, main } = verbGroup(c);
  if (!c.isNegative) return join(auxiliary ?? undefined, main);
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

/** "where did Mara see the owl": the adverbial `rest` is the gap. */
export function adverbialQuestion(c: Clause, word: string): string {
  const { auxiliary, main } = auxiliaryAndRest(c);
  return join(word, auxiliary, c.subject.text, main, c.object?.object, word === "where" ? c.adverb : c.rest);
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

/** Draws phrases and clauses from one stream. */
export class Grammar {
  readonly rng: Rng;

  constructor(rng: Rng) {
    this.rng = rng;
  }

  name(gender?: "f" | "m"): NounPhrase {
    const g = gender ?? this.rng.pick(["f", "m"] as const);
    const text = this.rng.pick(g === "f" ? FEMALE_NAMES : MALE_NAMES);
    return { text, object: text, number: "sg", person: 3, gender: g, kind: "person", isName: true };
  }

  /** Adjectives that go with a kind of noun. */
  adjective(kind: Kind | "mass"): string {
    const { rng } = this;
    switch (kind) {
      case "person":
        return rng.pick(ADJECTIVES.person);
      case "animal":
        return rng.pick(rng.chance(0.25) ? ADJECTIVES.color : ADJECTIVES.animal);
      case "food":
        return rng.pick(ADJECTIVES.food);
      case "building":
        return rng.pick(ADJECTIVES.place);
      case "text":
        return rng.pick(ADJECTIVES.text);
      case "idea":
        return rng.pick(ADJECTIVES.idea);
      case "mass":
        return rng.pick(["fresh", "warm", "cold", "sweet", "clean", "fine"]);
      default:
        return rng.pick(rng.chance(0.35) ? ADJECTIVES.color : rng.chance(0.2) ? ADJECTIVES.size : ADJECTIVES.thing);
    }
  }

  /** A full noun phrase of a kind: determiner, perhaps adjectives, perhaps a modifier. */
  np(kind: Kind, options: { number?: GrammaticalNumber; plain?: boolean; noun?: Noun } = {}): NounPhrase {
    const { rng } = this;
    if (options.noun === undefined && kind === "food" && options.number === undefined && rng.chance(0.3)) {
      return this.mass("food");
    }
    const noun = options.noun ?? rng.pick(NOUNS[kind]);
    const number = options.number ?? (rng.chance(0.32) ? "pl" : "sg");
    const head = number === "sg" ? noun.singular : noun.plural;
    let core = head;
    if (!options.plain && rng.chance(0.33)) {
      core = `${this.adjective(kind)} ${head}`;
      if (rng.chance(0.12) && kind !== "person") core = `${rng.pick(ADJECTIVES.size)} ${core}`;
    }
    const text = `${this.determiner(number, core)} ${core}`;
    const gender = GENDER[noun.singular] ?? (kind === "person" ? rng.pick(["f", "m"] as const) : "n");
    const plain: NounPhrase = { text, object: text, number, person: 3, gender, kind, isName: false };
    return options.plain || !rng.chance(0.16) ? plain : this.modified(plain);
  }

  mass(kind: "food" | "drink"): NounPhrase {
    const { rng } = this;
    const word = rng.pick(MASS[kind]);
    const core = rng.chance(0.3) ? `${this.adjective("mass")} ${word}` : word;
    const text = rng.chance(0.4) ? core : `${rng.pick(["the", "some", "this", "my", "our", "the"])} ${core}`;
    return { text, object: text, number: "sg", person: 3, gender: "n", kind: "mass", isName: false };
  }

  private determiner(number: GrammaticalNumber, core: string): string {
    const { rng } = this;
    const u = rng.next();
    if (number === "sg") {
      if (u < 0.42) return "the";
      if (u < 0.68) return article(core);
      if (u < 0.79) return rng.pick(["this", "that"]);
      if (u < 0.83) return rng.pick(["every", "each", "another"]);
      if (u < 0.86) return "one";
      return rng.pick(["my", "your", "his", "her", "our", "their"]);
    }
    if (u < 0.42) return "the";
    if (u < 0.6) return rng.pick(["these", "those"]);
    if (u < 0.74) return rng.pick(["some", "many", "several", "all", "most", "a few"]);
    if (u < 0.86) return numberWord(2 + rng.int(9));
    return rng.pick(["my", "your", "his", "her", "our", "their"]);
  }

  /** Add a prepositional phrase or a relative clause. */
  private modified(np: NounPhrase): NounPhrase {
    const { rng } = this;
    const who = np.kind === "person" ? "who" : "that";
    const u = rng.next();
    let tail: string;
    if (u < 0.35) tail = `${rng.pick(["near", "behind", "beside", "in"])} ${this.place()}`;
    else if (u < 0.5) tail = `with ${this.np("clothing", { plain: true }).text}`;
    else if (u < 0.65) tail = `of ${this.person({ plain: true }).object}`;
    else if (u < 0.83 && (np.kind === "person" || np.kind === "animal")) {
      const verb = rng.pick(INTRANSITIVE[np.kind]);
      const tense = rng.pick([
        "present",
        "past",
        "present-progressive",
        "past-progressive",
        "present-perfect",
      ] as const);
      tail = `${who} ${predicate(this.bare(np, verb, tense))} ${rng.chance(0.5) ? `in ${this.place()}` : ""}`.trim();
    } else {
      const owner = this.person({ plain: true });
      const verb = this.frameFor(np.kind === "mass" ? "food" : np.kind).verb;
      tail =
        `${rng.chance(0.7) ? "that" : ""} ${owner.text} ${predicate(this.bare(owner, verb, rng.pick(["past", "present", "past-perfect"] as const)))}`.trim();
    }
    // "with a scarf" suits people and animals only; things get a place instead
    if (tail.startsWith("with ") && np.kind !== "person") tail = `from ${this.place()}`;
    const text = `${np.text} ${tail}`;
    return { ...np, text, object: text };
  }

  private bare(subject: NounPhrase, verb: Verb, tense: Tense): Clause {
    return { subject, verb, rest: "", tense, modal: "can", isNegative: false, adverb: "" };
  }

  place(): string {
    const { rng } = this;
    if (rng.chance(0.2)) {
      const noun = rng.pick(NOUNS.nature.filter((n) => PLACE_LIKE.has(n.singular)));
      return `the ${rng.chance(0.3) ? `${rng.pick(ADJECTIVES.place)} ` : ""}${noun.singular}`;
    }
    const noun = rng.pick(NOUNS.building);
    return `the ${rng.chance(0.25) ? `${rng.pick(ADJECTIVES.place)} ` : ""}${noun.singular}`;
  }

  /** A person: a name half of the time, else a role. */
  person(options: { number?: GrammaticalNumber; plain?: boolean } = {}): NounPhrase {
    const { rng } = this;
    if (options.number !== "pl" && rng.chance(0.45)) return this.name();
    if (rng.chance(0.1)) {
      const head = rng.pick(RELATIONAL);
      const owner = rng.chance(0.5) ? this.name() : this.np("person", { plain: true });
      const number = options.number ?? rng.pick(["sg", "pl"] as const);
      const text = `the ${number === "sg" ? head.singular : head.plural} of ${owner.text}`;
      return nounPhrase(text, "person", number, GENDER[head.singular] ?? rng.pick(["f", "m"] as const));
    }
    return this.np("person", options);
  }

  tense(): Tense {
    const u = this.rng.next();
    if (u < 0.4) return "past";
    if (u < 0.6) return "present";
    if (u < 0.7) return "present-progressive";
    if (u < 0.77) return "past-progressive";
    if (u < 0.84) return "present-perfect";
    if (u < 0.87) return "past-perfect";
    if (u < 0.93) return "future";
    return "modal";
  }

  adverbial(tense: Tense): string {
    const { rng } = this;
    if (!rng.chance(0.38)) return "";
    if (rng.chance(0.3)) return rng.pick(ADVERBS.manner);
    if (tense === "past" || tense === "past-progressive") return rng.pick(ADVERBS.past);
    if (tense === "future") return rng.pick(ADVERBS.future);
    if (tense === "present") return rng.pick(ADVERBS.present);
    return `in ${this.place()}`;
  }

  private frameFor(object: Kind): TransitiveFrame {
    const fitting = TRANSITIVE.filter((f) => f.object.includes(object) && f.subject.includes("person"));
    return this.rng.pick(fitting.length > 0 ? fitting : TRANSITIVE);
  }

  /** A plausible clause. Options fix its subject, tense or polarity. */
  clause(options: { subject?: NounPhrase; tense?: Tense; isNegative?: boolean; transitive?: boolean } = {}): Clause {
    const { rng } = this;
    const subject = options.subject ?? (rng.chance(0.18) ? this.np("animal") : this.person());
    const actor = subject.kind === "animal" ? "animal" : "person";
    const tense = options.tense ?? this.tense();
    const base = {
      subject,
      tense,
      modal: rng.pick(MODALS),
      isNegative: options.isNegative ?? rng.chance(0.13),
      adverb: this.adverbial(tense),
    };
    if (options.transitive !== true && rng.chance(0.27)) {
      const rest = rng.chance(0.5) ? `${rng.pick(["in", "near", "behind", "outside"])} ${this.place()}` : "";
      return { ...base, verb: rng.pick(INTRANSITIVE[actor]), rest };
    }
    if (actor === "person" && options.transitive !== true && rng.chance(0.07)) {
      return { ...base, verb: rng.pick(REFLEXIVE_VERBS), rest: reflexive(subject) };
    }
    const f = rng.pick(TRANSITIVE.filter((t) => t.subject.includes(actor)));
    const kind = rng.pick(f.object);
    const object = kind === "person" ? this.person() : this.np(kind);
    return { ...base, verb: f.verb, object, rest: "" };
  }

  /** Clause with a sentence complement: "Mara said that ...". */
  reported(): string {
    const { rng } = this;
    const speaker = this.person();
    const verb = rng.pick(CLAUSE_VERBS);
    const tense = rng.pick(["past", "present", "past"] as const);
    const inner = rng.chance(0.35)
      ? this.clause({ subject: { ...PERSONAL.he, ...pick3(speaker) }, tense: rng.chance(0.6) ? "past" : undefined })
      : this.clause();
    return `${speaker.text} ${predicate(this.bare(speaker, verb, tense))} ${rng.chance(0.8) ? "that " : ""}${statement(inner)}`;
  }

  /** "Mara wonders what the sailor bought", a filled wh-gap inside a statement. */
  embeddedQuestion(): string {
    const { rng } = this;
    const speaker = this.person();
    const c = this.clause({ transitive: true, isNegative: false });
    const wh = c.object?.kind === "person" ? "who" : "what";
    const lead = rng.pick(["knew", "remembered", "forgot", "asked", "learned", "noticed", "could not see", "told us"]);
    return `${speaker.text} ${lead} ${wh} ${c.subject.text} ${predicate({ ...c, object: undefined })}`;
  }

  /** A sentence with a negative polarity item and its licensor. */
  polarity(): string {
    const { rng } = this;
    const subject = this.person();
    const c = this.clause({ subject, tense: "present-perfect", isNegative: false });
    const after = join(c.verb.participle, c.object?.object, c.rest);
    switch (rng.int(7)) {
      case 0:
        return `${subject.text} ${have(subject)} not ever ${after}`;
      case 1:
        return `no ${rng.pick(NOUNS.person).singular} has ever ${after}`;
      case 2:
        return `nobody has ever ${after}`;
      case 3:
        return `only ${subject.text} ${have(subject)} ever ${after}`;
      case 4:
        return `${subject.text} did not ${c.verb.base} any ${rng.pick(["more", "longer"])}`;
      case 5:
        return `if ${subject.text} ever ${presentForm(subject, c.verb)} ${join(c.object?.object, c.rest)}, we will know`;
      default:
        return `few ${rng.pick(NOUNS.person).plural} have ever ${after}`;
    }
  }

  /** "There is a cat in the barn", "there were many owls near the mill". */
  existential(): string {
    const { rng } = this;
    const kind = rng.pick(["person", "animal", "thing", "furniture", "container", "food"] as const);
    const noun = rng.pick(NOUNS[kind]);
    const isPlural = rng.chance(0.5);
    const core = `${rng.chance(0.4) ? `${this.adjective(kind)} ` : ""}${isPlural ? noun.plural : noun.singular}`;
    const det = isPlural
      ? rng.pick(["many", "some", "a few", "two", "three", "four", "no", "several", "five"])
      : rng.pick([article(core), article(core), "no", "one"]);
    const verb = isPlural
      ? rng.pick(["are", "were", "have been", "will be"])
      : rng.pick(["is", "was", "has been", "will be"]);
    return `there ${verb} ${det} ${core} ${rng.pick(["in", "near", "behind", "outside"])} ${this.place()}`;
  }

  /** "The old owl is bigger than the crow", "Mara seems tired". */
  copular(): string {
    const { rng } = this;
    const kind = rng.pick([
      "person",
      "person",
      "animal",
      "building",
      "food",
      "clothing",
      "furniture",
      "text",
      "idea",
    ] as const);
    const subject = kind === "person" ? this.person() : this.np(kind, { plain: true });
    const adjective = this.adjective(subject.kind);
    const degree = rng.pick(["", "", "very ", "too ", "quite ", "so "]);
    const tense = rng.pick(["present", "past"] as const);
    const u = rng.next();
    if (u < 0.5) return `${subject.text} ${be(subject, tense)}${rng.chance(0.15) ? " not" : ""} ${degree}${adjective}`;
    if (u < 0.7) {
      const verb = rng.pick(["seem", "look", "become", "stay"]);
      const form =
        tense === "past"
          ? { seem: "seemed", look: "looked", become: "became", stay: "stayed" }[verb]
          : subject.number === "sg" && subject.person === 3
            ? `${verb}s`
            : verb;
      return `${subject.text} ${form} ${degree}${adjective}`;
    }
    return `${subject.text} ${have(subject)} ${rng.pick(["always", "never", "often"])} been ${adjective}`;
  }

  /** Any declarative sentence, in proportions that give every construction its share. */
  declarative(): string {
    const u = this.rng.next();
    if (u < 0.55) return statement(this.clause());
    if (u < 0.66) return this.copular();
    if (u < 0.73) return this.reported();
    if (u < 0.78) return this.existential();
    if (u < 0.83) return this.embeddedQuestion();
    if (u < 0.87) return this.polarity();
    if (u < 0.94) return this.compound();
    return this.passive();
  }

  /** "When ..., ...", "... because ...", "... and ...". */
  compound(): string {
    const { rng } = this;
    const first = this.clause({ tense: rng.pick(["past", "past", "present"] as const) });
    const link = rng.pick(["because", "and", "but", "when", "after", "before", "while", "so", "although"]);
    const secondSubject = rng.chance(0.5) ? { ...PERSONAL.he, ...pick3(first.subject) } : undefined;
    const second = this.clause({ subject: secondSubject, tense: first.tense });
    if (["when", "after", "before", "while", "although"].includes(link) && rng.chance(0.5)) {
      return `${link} ${statement(first)}, ${statement(second)}`;
    }
    return `${statement(first)}${["and", "but", "so"].includes(link) ? "," : ""} ${link} ${statement(second)}`;
  }

  /** "The bread was eaten by the children". */
  passive(): string {
    const { rng } = this;
    const c = this.clause({ transitive: true });
    const object = c.object as NounPhrase;
    const aux = rng.pick([be(object, "past"), be(object, "present"), `${have(object)} been`]);
    const by = rng.chance(0.7) ? ` by ${c.subject.object}` : "";
    return `${object.text} ${aux} ${c.verb.participle}${by}${rng.chance(0.3) ? ` in ${this.place()}` : ""}`;
  }

  /** A question of any sort with a fitting answer, both without speaker. */
  questionAndAnswer(subject?: NounPhrase): { question: string; answer: string } {
    const { rng } = this;
    const who = subject ?? this.person({ plain: true });
    const kind = rng.pick(["yes-no", "object", "subject", "where", "when"] as const);
    const base = this.clause({ subject: who, isNegative: false, transitive: kind === "object" || kind === "subject" });
    const c: Clause = { ...base, adverb: "" };
    const told = { ...c, subject: asPronoun(who) };
    switch (kind) {
      case "yes-no": {
        const isYes = rng.chance(0.6);
        return { question: sentence(yesNoQuestion(c), "?"), answer: sentence(shortAnswer(c, isYes)) };
      }
      case "object":
        return {
          question: sentence(objectQuestion(c), "?"),
          answer: sentence(rng.chance(0.3) ? (c.object as NounPhrase).object : statement(told)),
        };
      case "subject":
        return {
          question: sentence(subjectQuestion(c), "?"),
          answer: sentence(rng.chance(0.4) ? c.subject.text : statement(c)),
        };
      case "where": {
        const rest = `${rng.pick(["in", "near", "behind", "outside"])} ${this.place()}`;
        const located = { ...c, rest };
        return {
          question: sentence(adverbialQuestion(located, "where"), "?"),
          answer: sentence(rng.chance(0.4) ? rest : statement({ ...told, rest })),
        };
      }
      default: {
        const past = { ...c, tense: "past" as const };
        const adverb = rng.pick(ADVERBS.past);
        return {
          question: sentence(adverbialQuestion(past, "when"), "?"),
          answer: sentence(rng.chance(0.4) ? adverb : statement({ ...past, subject: asPronoun(who), adverb })),
        };
      }
    }
  }
}

/** The pronoun that stands for a noun phrase, as a phrase of its own. */
export function asPronoun(np: NounPhrase): NounPhrase {
  if (np.person !== 3) return np;
  return { ...np, text: pronoun(np), object: objectPronoun(np), isName: false };
}

function pick3(np: NounPhrase): NounPhrase {
  return asPronoun(np);
}

const PLACE_LIKE = new Set(
  "river lake hill mountain forest field island beach cave valley meadow pond road stream path".split(" "),
);
