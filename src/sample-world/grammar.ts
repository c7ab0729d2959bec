/**
 * @file A generative grammar of plain English: draws noun phrases, clauses and sentences with fixed frequencies.
 *
 * Noun phrases with number, gender, modifiers and relative clauses; statements, questions with fitting answers,
 * negation, passives, reflexives, negative polarity items. `clause.ts` converts clauses to text.
 */

import type { Rng } from "../util/rng";
import {
  adverbialQuestion,
  asPronoun,
  bare,
  be,
  type Clause,
  type GrammaticalNumber,
  have,
  join,
  type NounPhrase,
  nounPhrase,
  objectQuestion,
  possessive,
  predicate,
  presentForm,
  pronoun,
  reflexive,
  sentence,
  shortAnswer,
  statement,
  subjectQuestion,
  type Tense,
  yesNoQuestion,
} from "./clause";
import {
  ADJECTIVES,
  ADVERBS,
  CLAUSE_VERBS,
  DITRANSITIVE,
  FEMALE_NAMES,
  GENDER,
  GOAL_PREPOSITIONS,
  INFINITIVE_VERBS,
  INTRANSITIVE,
  type Kind,
  MALE_NAMES,
  MASS_FOODS,
  MOTION,
  NOUNS,
  PLACE_PREPOSITIONS,
  PLACES,
  REFLEXIVE_VERBS,
  RELATIONAL,
  STATIVE,
  TRANSITIVE,
  type TransitiveFrame,
} from "./lexicon";
import { article, comparison, type Noun, numberWord } from "./morphology";

const MODALS = ["can", "should", "could", "must", "might", "would", "may"];

/** Draws phrases and clauses from one random stream. */
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

  /** An adjective that fits a kind of noun. */
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
      case "land":
      case "water":
        return rng.pick(ADJECTIVES.place);
      case "text":
        return rng.pick(ADJECTIVES.text);
      case "idea":
      case "event":
      case "contest":
        return rng.pick(ADJECTIVES.idea);
      case "mass":
        return rng.pick(["fresh", "warm", "cold", "sweet", "good", "fine"]);
      case "plant":
      case "sky":
        return rng.pick(
          rng.chance(0.5) ? ADJECTIVES.color : ["beautiful", "strange", "small", "big", "bright", "lovely"],
        );
      case "body":
        return rng.pick(["left", "right", "cold", "dirty", "clean", "weak", "strong"]);
      default:
        return rng.pick(rng.chance(0.35) ? ADJECTIVES.color : rng.chance(0.2) ? ADJECTIVES.size : ADJECTIVES.thing);
    }
  }

  /**
   * A full noun phrase of a kind: determiner, optional adjectives, optional modifier. `owner` may own it: "her hat".
   */
  np(
    kind: Kind,
    options: { number?: GrammaticalNumber; plain?: boolean; noun?: Noun; owner?: NounPhrase } = {},
  ): NounPhrase {
    const { rng } = this;
    if (options.noun === undefined && kind === "food" && options.number === undefined && rng.chance(0.3)) {
      return this.massFood();
    }
    const noun = options.noun ?? rng.pick(NOUNS[kind]);
    const isOneOnly = ONE_EACH.has(noun.singular) && options.owner?.number === "sg";
    const number = options.number ?? (!isOneOnly && rng.chance(0.33) ? "pl" : "sg");
    const head = number === "sg" ? noun.singular : noun.plural;
    let core = head;
    if (options.plain ? rng.chance(0.15) : rng.chance(0.33)) {
      core = `${this.adjective(kind)} ${head}`;
      if (rng.chance(0.08) && (kind === "thing" || kind === "animal" || kind === "clothing")) {
        const size = rng.pick(ADJECTIVES.size);
        if (!ADJECTIVES.size.includes(core.split(" ")[0])) core = `${size} ${core}`;
      }
    }
    const isOwned = options.owner !== undefined && (kind === "body" || (OWNABLE.has(kind) && rng.chance(0.35)));
    const determiner = isOwned ? possessive(options.owner as NounPhrase) : this.determiner(number, core, kind);
    const text = `${determiner} ${core}`;
    const gender = GENDER[noun.singular] ?? (kind === "person" ? rng.pick(["f", "m"] as const) : "n");
    const plain: NounPhrase = { text, object: text, number, person: 3, gender, kind, isName: false };
    return options.plain || isOwned || !rng.chance(0.14) ? plain : this.modified(plain);
  }

  private massFood(): NounPhrase {
    const { rng } = this;
    const word = rng.pick(MASS_FOODS);
    const core = rng.chance(0.25) ? `${this.adjective("mass")} ${word}` : word;
    const text = rng.chance(0.4) ? core : `${rng.pick(["the", "some", "this", "the"])} ${core}`;
    return { text, object: text, number: "sg", person: 3, gender: "n", kind: "mass", isName: false };
  }

  private determiner(number: GrammaticalNumber, core: string, kind: Kind): string {
    const { rng } = this;
    const u = rng.next();
    const owners = kind === "person" || OWNABLE.has(kind);
    if (number === "sg") {
      if (u < 0.42) return "the";
      if (u < 0.7) return article(core);
      if (u < 0.83) return rng.pick(["this", "that"]);
      if (u < 0.88) return rng.pick(["every", "each", "another"]);
      if (u < 0.9 || !owners) return "one";
      return u < 0.95 ? rng.pick(["my", "your", "our"]) : `${this.name().text}'s`;
    }
    if (u < 0.4) return "the";
    if (u < 0.62) return rng.pick(["these", "those"]);
    if (u < 0.77) return rng.pick(["some", "many", "several", "all", "most", "a few"]);
    if (u < 0.9 || !owners) return numberWord(2 + rng.int(9));
    return u < 0.95 ? rng.pick(["my", "your", "our"]) : `${this.name().text}'s`;
  }

  /** Add a prepositional phrase or a relative clause. */
  private modified(np: NounPhrase): NounPhrase {
    const { rng } = this;
    const isAgent = np.kind === "person" || np.kind === "animal";
    const u = rng.next();
    let tail: string;
    if (np.kind === "person" && u < 0.2) tail = `with ${this.np("clothing", { plain: true }).text}`;
    else if (u < 0.4) tail = isAgent ? `from ${this.place()}` : this.where();
    else if (isAgent && u < 0.72) {
      const actor = np.kind === "animal" ? "animal" : "person";
      const who = actor === "person" ? "who" : "that";
      const verb = rng.pick(INTRANSITIVE[actor]);
      const tense = rng.pick([
        "present",
        "past",
        "present-progressive",
        "past-progressive",
        "present-perfect",
      ] as const);
      tail = `${who} ${predicate(bare(np, verb, tense))}${rng.chance(0.5) ? ` ${this.where()}` : ""}`;
    } else {
      const owner = this.person({ plain: true });
      const verb = this.frameFor(np.kind === "mass" ? "food" : np.kind).verb;
      const who = np.kind === "person" ? rng.pick(["who", "that", ""]) : rng.pick(["that", "that", ""]);
      tail =
        `${who} ${owner.text} ${predicate(bare(owner, verb, rng.pick(["past", "present", "past-perfect"] as const)))}`.trim();
    }
    const text = `${np.text} ${tail}`;
    return { ...np, text, object: text };
  }

  /** "the old mill" */
  place(): string {
    return this.placeOf(this.rng.pick(PLACES).noun);
  }

  private placeOf(noun: string): string {
    const { rng } = this;
    return `the ${rng.chance(0.22) ? `${rng.pick(ADJECTIVES.place)} ` : ""}${noun}`;
  }

  /** "in the old mill", "on the bridge", "near the station" */
  where(): string {
    const { rng } = this;
    const { noun, at } = rng.pick(PLACES);
    return `${rng.chance(0.62) ? at : rng.pick(PLACE_PREPOSITIONS)} ${this.placeOf(noun)}`;
  }

  /** A person: a name half of the time, else a role. */
  person(options: { number?: GrammaticalNumber; plain?: boolean } = {}): NounPhrase {
    const { rng } = this;
    if (options.number !== "pl" && rng.chance(0.42)) return this.name();
    if (options.number !== "sg" && rng.chance(0.08)) {
      const text = `${this.name().text} and ${rng.chance(0.5) ? this.name().text : this.np("person", { plain: true, number: "sg" }).text}`;
      return nounPhrase(text, "person", "pl");
    }
    if (rng.chance(0.17)) {
      const head = rng.pick(RELATIONAL);
      const number = options.number ?? rng.pick(["sg", "pl"] as const);
      const other = rng.chance(0.65) ? (number === "sg" ? "pl" : "sg") : number;
      const owner = rng.chance(0.3) ? this.name() : this.np("person", { plain: true, number: other });
      const form = number === "sg" ? head.singular : head.plural;
      const text = owner.isName && rng.chance(0.5) ? `${owner.text}'s ${form}` : `the ${form} of ${owner.text}`;
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
    if (u < 0.85) return "present-perfect";
    if (u < 0.88) return "past-perfect";
    if (u < 0.93) return "future";
    return "modal";
  }

  adverbial(tense: Tense): string {
    const { rng } = this;
    if (!rng.chance(0.36)) return "";
    if (rng.chance(0.3)) return rng.pick(ADVERBS.manner);
    if (tense === "past" || tense === "past-progressive") return rng.pick(ADVERBS.past);
    if (tense === "future") return rng.pick(ADVERBS.future);
    if (tense === "present") return rng.pick(ADVERBS.present);
    return this.where();
  }

  private frameFor(object: Kind): TransitiveFrame {
    const fitting = TRANSITIVE.filter((f) => f.object.includes(object) && f.subject.includes("person"));
    return this.rng.pick(fitting.length > 0 ? fitting : TRANSITIVE);
  }

  /** A plausible clause. Options fix its subject, tense or polarity; `transitive` asks for an object. */
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
      middle: tense.endsWith("perfect") && rng.chance(0.6) ? rng.pick(MIDDLE) : "",
    };
    if (options.transitive !== true) {
      const u = rng.next();
      if (u < 0.2) return { ...base, verb: rng.pick(INTRANSITIVE[actor]), rest: rng.chance(0.55) ? this.where() : "" };
      if (u < 0.28) return { ...base, verb: rng.pick(MOTION), rest: this.goal() };
      if (actor === "person" && u < 0.38) return { ...base, verb: rng.pick(REFLEXIVE_VERBS), rest: reflexive(subject) };
      if (actor === "person" && u < 0.43) return { ...base, ...this.giving() };
      if (actor === "person" && u < 0.48)
        return { ...base, verb: rng.pick(INFINITIVE_VERBS), rest: `to ${this.activity(subject)}` };
    }
    const f = rng.pick(TRANSITIVE.filter((t) => t.subject.includes(actor)));
    const kind = rng.pick(f.object);
    const object = kind === "person" ? this.person() : this.np(kind, { owner: subject });
    return settle({ ...base, verb: f.verb, object, rest: "" });
  }

  /** "to the market", "through the dark forest" */
  private goal(): string {
    const { rng } = this;
    return `${rng.pick(GOAL_PREPOSITIONS)} ${this.place()}`;
  }

  /** "gave Mara the letter" or "gave the letter to Mara". */
  private giving(): Pick<Clause, "verb" | "object" | "rest"> {
    const { rng } = this;
    const f = rng.pick(DITRANSITIVE);
    const object = this.np(rng.pick(f.object), { plain: true });
    const receiver = this.person({ plain: true });
    return rng.chance(0.5)
      ? { verb: f.verb, object, rest: `to ${receiver.object}` }
      : { verb: f.verb, rest: `${receiver.object} ${object.text}` };
  }

  /** A verb phrase in the base form: "buy a hat", "sing in the garden". */
  activity(subject: NounPhrase): string {
    const { rng } = this;
    const c = rng.chance(0.7)
      ? this.clause({ subject, transitive: true, isNegative: false })
      : { ...bare(subject, rng.pick(INTRANSITIVE.person), "past"), rest: rng.chance(0.5) ? this.where() : "" };
    return join(c.verb.base, c.object?.object, c.rest);
  }

  /** Clause with a sentence complement: "Mara said that ...". */
  reported(): string {
    const { rng } = this;
    const speaker = this.person();
    const verb = rng.pick(CLAUSE_VERBS);
    const tense = rng.pick(["past", "present", "past"] as const);
    const inner = rng.chance(0.4)
      ? this.clause({ subject: asPronoun(speaker), tense: rng.chance(0.6) ? "past" : undefined })
      : this.clause();
    return `${speaker.text} ${predicate(bare(speaker, verb, tense))} ${rng.chance(0.8) ? "that " : ""}${statement(inner)}`;
  }

  /** "Mara knew what the sailor bought", a filled wh-gap inside a statement. */
  embeddedQuestion(): string {
    const { rng } = this;
    const speaker = this.person();
    const c = this.clause({ transitive: true, isNegative: false });
    const wh = c.object?.kind === "person" ? "who" : "what";
    const lead = rng.pick(["knew", "remembered", "forgot", "asked", "learned", "noticed", "could not see", "told us"]);
    return `${speaker.text} ${lead} ${wh} ${c.subject.text} ${predicate({ ...c, object: undefined })}`;
  }

  /** A sentence with a negative polarity item and its licensor, or with a word that needs no licensor. */
  polarity(): string {
    const { rng } = this;
    const subject = this.person();
    const c = this.clause({ subject, tense: "present-perfect", isNegative: false });
    const after = join(c.verb.participle, c.object?.object, c.rest);
    switch (rng.int(13)) {
      case 0:
        return `${subject.text} ${have(subject)} not ever ${after}`;
      case 1:
        return `no ${rng.pick(NOUNS.person).singular} has ever ${join(c.verb.participle, c.object?.object)}`;
      case 2:
        return `nobody has ever ${join(c.verb.participle, c.object?.object)}`;
      case 3:
        return `only ${subject.text} ${have(subject)} ever ${after}`;
      case 4:
        return `${subject.text} did not ${c.verb.base} any ${rng.pick(NOUNS[c.object?.kind === "mass" || c.object === undefined ? "food" : c.object.kind]).plural}`;
      case 5:
        return `if ${subject.text} ever ${presentForm(subject, c.verb)} ${join(c.object?.object, c.rest)}, we will know`;
      case 6:
      case 7:
        return `even ${subject.text} ${have(subject)} ${rng.pick(["often", "sometimes", "always"])} ${after}`;
      case 8:
        return `few ${rng.pick(NOUNS.person).plural} have ever ${join(c.verb.participle, c.object?.object)}`;
      default:
        return `${subject.text} ${have(subject)} ${rng.pick(ADVERBS.frequency)} ${after}`;
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
    return `there ${verb} ${det} ${core} ${this.where()}`;
  }

  /** "The old owl is very tired", "Mara seems shy", "this bag is heavier than that box". */
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
      "tool",
      "event",
    ] as const);
    const subject = kind === "person" ? this.person() : this.np(kind);
    const adjective = this.adjective(subject.kind);
    const tense = rng.pick(["present", "past"] as const);
    const u = rng.next();
    if (u < 0.42) {
      const degree = rng.pick(["", "", "very ", "too ", "quite ", "so "]);
      return `${subject.text} ${be(subject, tense)}${rng.chance(0.15) ? " not" : ""} ${degree}${adjective}`;
    }
    if (u < 0.55) {
      const verb = rng.pick(["seem", "look", "become", "stay"] as const);
      const past = { seem: "seemed", look: "looked", become: "became", stay: "stayed" }[verb];
      const present = subject.number === "sg" && subject.person === 3 ? `${verb}s` : verb;
      return `${subject.text} ${tense === "past" ? past : present} ${adjective}`;
    }
    if (u < 0.68) return `${subject.text} ${have(subject)} ${rng.pick(["always", "never", "often"])} been ${adjective}`;
    const [more, most] = comparison(adjective);
    if (u < 0.86) {
      const other = kind === "person" ? this.person({ plain: true }) : this.np(kind, { plain: true });
      return `${subject.text} ${be(subject, tense)} ${more} than ${other.object}`;
    }
    const noun = rng.pick(NOUNS[kind]);
    return `${subject.text} ${be(subject, tense)} the ${most} ${subject.number === "sg" ? noun.singular : noun.plural} in ${rng.pick(["the world", "the town", "the village", "the country"])}`;
  }

  /** "It was Mara who found the key". */
  cleft(): string {
    const { rng } = this;
    const c = this.clause({ tense: "past", transitive: true, isNegative: false });
    const who = c.subject.kind === "person" ? "who" : "that";
    if (rng.chance(0.5)) return `it was ${c.subject.object} ${who} ${predicate(c)}`;
    const object = c.object as NounPhrase;
    return `it was ${object.object} that ${c.subject.text} ${predicate({ ...c, object: undefined })}`;
  }

  /** "One of the dogs is sleeping", "both girls laughed", "neither Mara nor Emil has ...". */
  quantified(): string {
    const { rng } = this;
    const kind = rng.pick(["person", "animal"] as const);
    const noun = rng.pick(NOUNS[kind]);
    const tense = this.tense();
    const [text, number] = rng.pick([
      [`one of the ${noun.plural}`, "sg"],
      [`each of the ${noun.plural}`, "sg"],
      [`some of the ${noun.plural}`, "pl"],
      [`both ${noun.plural}`, "pl"],
      [`none of the ${noun.plural}`, "pl"],
      [`neither ${this.name().text} nor ${this.name().text}`, "sg"],
      [`everyone`, "sg"],
      [`nobody`, "sg"],
    ] as const);
    return statement(
      this.clause({
        subject: nounPhrase(text, kind, number, kind === "person" ? rng.pick(["f", "m"] as const) : "n"),
        tense,
        isNegative: false,
        transitive: true,
      }),
    );
  }

  /** Any declarative sentence, with fixed proportions of all constructions. */
  declarative(): string {
    const u = this.rng.next();
    if (u < 0.53) return statement(this.clause());
    if (u < 0.63) return this.copular();
    if (u < 0.7) return this.reported();
    if (u < 0.74) return this.existential();
    if (u < 0.78) return this.embeddedQuestion();
    if (u < 0.85) return this.polarity();
    if (u < 0.92) return this.compound();
    if (u < 0.94) return this.cleft();
    if (u < 0.965) return this.quantified();
    return this.passive();
  }

  /** "When ..., ...", "... because ...", "... and ...". */
  compound(): string {
    const { rng } = this;
    const first = this.clause({ tense: rng.pick(["past", "past", "present"] as const) });
    const link = rng.pick(["because", "and", "but", "when", "after", "before", "while", "so", "although"]);
    const secondSubject = rng.chance(0.55) ? asPronoun(first.subject) : undefined;
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
    return `${object.text} ${aux} ${c.verb.participle}${by}${rng.chance(0.3) ? ` ${this.where()}` : ""}`;
  }

  /** A question of any sort with a fitting answer, both without speaker. */
  questionAndAnswer(subject?: NounPhrase): { question: string; answer: string } {
    const { rng } = this;
    const who = subject ?? this.person({ plain: true });
    const kind = rng.pick([
      "yes-no",
      "object",
      "object",
      "subject",
      "subject",
      "where",
      "when",
      "why",
      "whose",
    ] as const);
    const base = this.clause({
      subject: who,
      isNegative: false,
      transitive: kind === "object" || kind === "subject" || kind === "whose",
    });
    const c: Clause = { ...base, adverb: "" };
    const told = { ...c, subject: asPronoun(who) };
    switch (kind) {
      case "yes-no": {
        const isYes = rng.chance(0.6);
        const ever = rng.chance(0.3);
        const asked = ever ? { ...c, tense: "present-perfect" as const } : c;
        const question = yesNoQuestion(asked);
        return {
          question: sentence(ever ? question.replace(who.text, `${who.text} ever`) : question, "?"),
          answer: sentence(shortAnswer(asked, isYes)),
        };
      }
      case "object":
        return {
          question: sentence(objectQuestion(c), "?"),
          answer: sentence(rng.chance(0.4) ? (c.object as NounPhrase).object : statement(told)),
        };
      case "subject":
        return {
          question: sentence(subjectQuestion(c), "?"),
          answer: sentence(rng.chance(0.5) ? c.subject.text : statement(c)),
        };
      case "where": {
        const rest = this.where();
        const located = { ...c, rest: join(c.rest, rest) };
        return {
          question: sentence(adverbialQuestion({ ...located, rest: c.rest }, "where"), "?"),
          answer: sentence(rng.chance(0.45) ? rest : statement({ ...located, subject: asPronoun(who) })),
        };
      }
      case "why":
        return {
          question: sentence(adverbialQuestion({ ...c, tense: "past" }, "why"), "?"),
          answer: sentence(`because ${statement(this.clause({ subject: asPronoun(who), tense: "past" }))}`),
        };
      case "whose": {
        const noun = rng.pick(NOUNS[rng.pick(["clothing", "tool", "text", "toy"] as const)]).singular;
        const verb = rng.pick(["find", "take", "see", "like", "lose", "buy"]);
        const owner = this.name().text;
        const past = { find: "found", take: "took", see: "saw", like: "liked", lose: "lost", buy: "bought" }[verb];
        return {
          question: sentence(`whose ${noun} did ${who.text} ${verb}`, "?"),
          answer: sentence(rng.chance(0.5) ? `${owner}'s ${noun}` : `${pronoun(who)} ${past} ${owner}'s ${noun}`),
        };
      }
      default: {
        const past = { ...c, tense: "past" as const };
        const adverb = rng.pick(ADVERBS.past);
        return {
          question: sentence(adverbialQuestion(past, "when"), "?"),
          answer: sentence(rng.chance(0.45) ? adverb : statement({ ...past, subject: asPronoun(who), adverb })),
        };
      }
    }
  }
}

/** Kinds of things that a person owns: "her hat", "Mara's hat". */
const OWNABLE = new Set<Kind>([
  "clothing",
  "tool",
  "toy",
  "text",
  "container",
  "furniture",
  "vehicle",
  "animal",
  "thing",
]);

const MIDDLE = ["never", "always", "often", "already", "just", "never", "often", "always"];

/** Things of which a person has one. */
const ONE_EACH = new Set(["head", "nose", "back"]);

/** Stative verbs have no progressive and no manner: "she was fearing the cat quickly" becomes "she feared the cat". */
function settle<T extends Clause>(c: T): T {
  if (!STATIVE.has(c.verb.base.split(" ")[0])) return c;
  const tense = c.tense === "present-progressive" ? "present" : c.tense === "past-progressive" ? "past" : c.tense;
  return { ...c, tense, adverb: c.tense === "past" && isTime(c.adverb) ? c.adverb : "" };
}

const isTime = (adverb: string): boolean => (ADVERBS.past as readonly string[]).includes(adverb);
