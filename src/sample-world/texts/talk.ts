/**
 * @file Conversations about the sample world's facts, used by all spoken sources: topics with questions and answers.
 */

import {
  asPronoun,
  nounPhrase,
  objectPronoun,
  objectQuestion,
  PERSONAL,
  pronoun,
  sentence,
  statement,
  subjectQuestion,
  yesNoQuestion,
} from "../clause";
import { ANIMALS, CONSEQUENCES, GROUP_FACTS, JOBS, MATERIALS, TIES, TRAITS } from "../facts";
import type { Grammar } from "../grammar";
import { ADVERBS, NOUNS, PET_NAMES } from "../lexicon";
import { article, capital, comparison, noun, numberWord, verb } from "../morphology";
import type { Person, World } from "../world";

import { lowered } from "./lower-case";

export interface Exchange {
  question: string;
  answer: string;
}

const BACKCHANNELS = [
  "Uh-huh.",
  "Yeah.",
  "Right.",
  "Oh, really?",
  "I see.",
  "That is true.",
  "Oh.",
  "Well, yes.",
  "Okay.",
  "Hm.",
];

export function backchannel(g: Grammar): string {
  return g.rng.pick(BACKCHANNELS);
}

/**
 * A question in the style of a telephone conversation: plain, after an introductory word, or with the other speaker's
 * name.
 */
export function asked(g: Grammar, question: string, name: string): string {
  const u = g.rng.next();
  if (u < 0.3) return question;
  if (u < 0.65) return `${name}, ${lowered(question, 1)}`;
  return `${g.rng.pick(ASKING)} ${lowered(question, 1)}`;
}

const ASKING = ["So,", "And", "Tell me,", "By the way,", "Now,", "Then", "Well,", "Say,", "But", "Okay,"];

/** A full sentence may become an opinion or a rumour; short answers are not changed. */
export function answered(g: Grammar, answer: string): string {
  const isSentence = /^[A-Z][a-z]*( [a-z'-]+){3,}\.( |$)/.test(answer) && !/^(Yes|No|Because)\b/.test(answer);
  if (!isSentence || g.rng.chance(0.45)) return answer;
  const lead = g.rng.chance(0.35)
    ? `My ${g.rng.pick(["sister", "brother", "uncle", "aunt", "neighbor", "teacher", "friend"])} says that`
    : g.rng.pick([
        "I think",
        "I think that",
        "I heard that",
        "As far as I know,",
        "They say",
        "Of course",
        "I believe",
        "You know,",
      ]);
  return `${lead} ${lowered(answer, 1)}`;
}

/** Questions and answers about one inhabitant. */
export function aboutPerson(p: Person, g: Grammar): Exchange[] {
  const { rng } = g;
  const she = p.gender === "f" ? "she" : "he";
  const her = p.gender === "f" ? "her" : "his";
  const him = p.gender === "f" ? "her" : "him";
  const v = verb(p.job.verb);
  const all: Exchange[] = [
    {
      question: `Do you know ${p.name}?`,
      answer: `Yes, I know ${him} well. ${sentence(`${she} is ${article(p.job.name)} ${p.job.name}`)}`,
    },
    {
      question: `What does ${p.name} do?`,
      answer: sentence(`${she} is ${article(p.job.name)} ${p.job.name} and ${v.third} ${p.job.object}`),
    },
    {
      question: `Where does ${p.name} live?`,
      answer: rng.pick([sentence(`${she} lives in ${p.town.name}`), `In ${p.town.name}.`]),
    },
    { question: `Where does ${p.name} work?`, answer: sentence(`${she} works in the ${p.job.place}`) },
    { question: `What does ${p.name} like to eat?`, answer: sentence(`${she} likes ${p.food}`) },
    {
      question: `Does ${p.name} have a pet?`,
      answer: `Yes, ${she} does. ${sentence(`${she} has ${article(p.pet.name)} ${p.pet.name} called ${p.petName}`)}`,
    },
    {
      question: `Who is the best friend of ${p.name}?`,
      answer: rng.pick([`${p.friend}.`, sentence(`${her} best friend is ${p.friend}`)]),
    },
    { question: `What does ${p.name} do on Sundays?`, answer: sentence(`${she} likes ${p.hobby}`) },
    {
      question: `Does ${p.name} have a ${p.sibling.relation}?`,
      answer: `Yes, ${she} does. ${sentence(`${her} ${p.sibling.relation} is called ${p.sibling.name}`)}`,
    },
    { question: `What is the favorite color of ${p.name}?`, answer: sentence(`${she} likes ${p.color}`) },
    { question: `How old is ${p.name}?`, answer: sentence(`${she} is about ${Math.round(p.age / 10) * 10} years old`) },
  ];
  return rng.shuffled(all);
}

export function aboutAnimals(g: Grammar): Exchange[] {
  const { rng } = g;
  const a = rng.pick(ANIMALS);
  const b = rng.pick(ANIMALS);
  const plural = noun(a.name).plural;
  const isYes = rng.chance(0.5);
  const sizeQuestion: Exchange = {
    question: `Which is bigger, ${article(a.name)} ${a.name} or ${article(b.name)} ${b.name}?`,
    answer:
      a.size === b.size
        ? "I think they are about the same."
        : sentence(
            `${article(a.name)} ${a.size === "large" ? a.name : b.name} is bigger`.replace(
              /^an? /,
              `${article(a.size === "large" ? a.name : b.name)} `,
            ),
          ),
  };
  return rng.shuffled([
    { question: `What do ${plural} eat?`, answer: sentence(`they eat ${a.eats}`) },
    {
      question: `Where do ${plural} live?`,
      answer: rng.pick([sentence(`they live in ${a.home}`), sentence(`in ${a.home}`)]),
    },
    {
      question: `Can ${article(a.name)} ${a.name} ${isYes ? a.can : a.cannot}?`,
      answer: isYes ? "Yes, it can." : "No, it cannot.",
    },
    { question: `What can ${article(a.name)} ${a.name} do?`, answer: sentence(`it can ${a.can}`) },
    { question: `Is ${article(a.name)} ${a.name} ${article(a.group)} ${a.group}?`, answer: "Yes, it is." },
    {
      question: `What does ${article(a.name)} ${a.name} look like?`,
      answer: sentence(`it is ${a.color} and it has ${a.body}`),
    },
    {
      question: `When do ${plural} sleep?`,
      answer: a.active === "day" ? "They sleep at night." : "They sleep in the day.",
    },
    sizeQuestion,
  ]);
}

export function aboutThings(g: Grammar): Exchange[] {
  const { rng } = g;
  const m = rng.pick(MATERIALS);
  const thing = rng.pick(m.things);
  const j = rng.pick(JOBS);
  const plural = noun(j.name).plural;
  return rng.shuffled([
    { question: `What happens when you drop a ${thing} of ${m.name}?`, answer: sentence(`it ${m.dropped}`) },
    { question: `What happens when ${m.name} becomes very hot?`, answer: sentence(`it ${m.heated}`) },
    {
      question: `What is the ${thing} made of?`,
      answer: rng.pick([sentence(`it is made of ${m.name}`), sentence(m.name)]),
    },
    {
      question: `Who ${verb(j.verb).third} ${j.object}?`,
      answer: rng.pick([sentence(`${article(j.name)} ${j.name} does`), sentence(`the ${j.name}`)]),
    },
    { question: `What do ${plural} do?`, answer: sentence(`they ${j.verb} ${j.object}`) },
    { question: `What does ${article(j.name)} ${j.name} need?`, answer: sentence(`${article(j.tool)} ${j.tool}`) },
  ]);
}

/** Cause and effect, in one or two sentences. */
export function consequence(g: Grammar): string {
  const { rng } = g;
  const c = rng.pick(CONSEQUENCES);
  const who = g.person({ number: "sg", plain: true });
  const fill = (t: string) => agree(t, who.gender === "f" ? "f" : "m");
  const then = fill(c.effect);
  return rng.pick([
    `${sentence(`${who.text} ${fill(c.when)}`)} ${sentence(then)}`,
    sentence(`${who.text} ${fill(c.when)}, so ${then}`),
    sentence(`when ${who.text} ${fill(c.when)}, ${then}`),
    sentence(`${then} because ${who.text} ${fill(c.when)}`),
  ]);
}

/** Fill in `{she}` and similar placeholders. */
export function agree(template: string, gender: "f" | "m"): string {
  const forms =
    gender === "f"
      ? { she: "she", him: "her", her: "her", self: "herself" }
      : { she: "he", him: "him", her: "his", self: "himself" };
  return template.replace(/\{(she|him|her|self)\}/g, (_, key: keyof typeof forms) => forms[key]);
}

/** A relation and its converse: "Mara is taller than Emil. Emil is shorter than Mara." */
export function mirrored(g: Grammar): string {
  const { rng } = g;
  const [a, b] = [g.name().text, g.name().text];
  const [up, down] = rng.pick([...RELATIONS, ...DIRECTIONS, ...TIES.map(tied)]);
  const [first, second] = [sentence(`${a} is ${up} ${b}`), sentence(`${b} is ${down} ${a}`)];
  const u = rng.next();
  if (u < 0.4) return `${first} ${second}`;
  if (u < 0.8) return `${second} ${first}`;
  return u < 0.9
    ? sentence(`${a} is ${up} ${b}, so ${b} is ${down} ${a}`)
    : sentence(`${b} is ${down} ${a}, so ${a} is ${up} ${b}`);
}

const tied = ([a, b]: readonly [string, string]): readonly [string, string] => [`the ${a} of`, `the ${b} of`];

/** Pairs of converse relations between people. */
export const RELATIONS: readonly (readonly [string, string])[] = [
  ["taller than", "shorter than"],
  ["older than", "younger than"],
  ["faster than", "slower than"],
  ["stronger than", "weaker than"],
  ["heavier than", "lighter than"],
  ["richer than", "poorer than"],
];
export const DIRECTIONS: readonly (readonly [string, string])[] = [
  ["in front of", "behind"],
  ["to the left of", "to the right of"],
  ["north of", "south of"],
  ["east of", "west of"],
  ["above", "below"],
];
export const ROLES: readonly (readonly [string, string])[] = TIES.map(tied);

/** "Mara is generous. She gives half of her bread away." */
export function character(g: Grammar): string {
  const { rng } = g;
  const t = rng.pick(TRAITS);
  const who = g.person({ number: "sg", plain: true });
  const does = agree(t.does, who.gender === "f" ? "f" : "m");
  const she = asPronoun(who).text;
  return rng.pick([
    `${sentence(`${who.text} is ${t.trait}`)} ${sentence(`${she} ${does}`)}`,
    sentence(`${who.text} is so ${t.trait} that ${she} ${does}`),
    sentence(`${who.text} ${does} because ${she} is ${t.trait}`),
    `${sentence(`${who.text} ${does}`)} ${sentence(`${she} is very ${t.trait}`)}`,
  ]);
}

/** "A duck eats grass.", "I read that a duck has a flat beak." */
export function animalFact(g: Grammar): string {
  const { rng } = g;
  const a = rng.pick(ANIMALS);
  const the = `${article(a.name)} ${a.name}`;
  const group = GROUP_FACTS[a.group];
  const fact = rng.pick([
    `${the} can ${a.can}`,
    `${the} has ${a.body}`,
    `${the} eats ${a.eats}`,
    `${the} has ${group.has}`,
    `${the} lives in ${a.home}`,
  ]);
  const lead = rng.pick([
    "",
    "everyone knows that ",
    "it is true that ",
    "of course ",
    `${g.name().text} read that `,
    `${g.name().text} told me that `,
    `the ${rng.pick(["teacher", "book", "farmer", "newspaper"])} says that `,
    `${g.name().text} wrote in a letter that `,
  ]);
  return sentence(`${lead}${fact}`);
}

/** Short questions with verbs that need no object: "Who sang?" "Mara did." */
export function shortExchange(g: Grammar): Exchange {
  const { rng } = g;
  const [base, past, object] = rng.pick([
    ["eat", "ate", "food"],
    ["read", "read", "text"],
    ["cook", "cooked", "food"],
    ["paint", "painted", "furniture"],
    ["sing", "sang", "text"],
    ["write", "wrote", "text"],
    ["clean", "cleaned", "furniture"],
    ["drive", "drove", "vehicle"],
    ["knit", "knitted", "clothing"],
  ] as const);
  const who = g.person({ number: "sg", plain: true });
  const when = rng.pick(ADVERBS.past);
  switch (rng.int(4)) {
    case 0:
      return { question: `Who ${past}?`, answer: sentence(rng.chance(0.6) ? who.text : `${who.text} ${past}`) };
    case 1:
      return { question: sentence(`where did ${who.text} ${base}`, "?"), answer: sentence(g.where()) };
    case 2:
      return { question: sentence(`when did ${who.text} ${base}`, "?"), answer: sentence(when) };
    default:
      return {
        question: sentence(`what did ${who.text} ${base}`, "?"),
        answer: sentence(g.np(object, { plain: true }).text),
      };
  }
}

/** "The cup of Mara is made of clay. It breaks into pieces when it falls." */
export function materialRemark(g: Grammar): string {
  const { rng } = g;
  const m = rng.pick(MATERIALS);
  const thing = rng.chance(0.5) ? rng.pick(m.things) : rng.pick(["thing", "toy", "box", "plate", "cup", "gift"]);
  const owner = g.name().text;
  const made = rng.pick([
    `the ${thing} of ${owner} is made of ${m.name}`,
    `${owner} dropped ${article(thing)} ${thing} that is made of ${m.name}`,
    `this ${thing} is made of ${m.name}`,
    `${owner} has ${article(thing)} ${thing} of ${m.name}`,
  ]);
  const [when, then] = rng.pick([
    ["it is dropped", m.dropped],
    ["it falls", m.dropped],
    ["it becomes very hot", m.heated],
    ["it lies in the fire", m.heated],
    ["it falls into the water", m.wetted],
  ] as const);
  return rng.pick([
    `${sentence(made)} ${sentence(`it ${then} when ${when}`)}`,
    `${sentence(made)} ${sentence(`when ${when}, it ${then}`)}`,
    `${sentence(`${made}, and ${when}`)} ${sentence(`it ${then}`)}`,
  ]);
}

/** "Mara had five plums and gave two to Emil. Now she has three plums." */
export function arithmetic(g: Grammar): string {
  const { rng } = g;
  const who = g.name();
  const other = g.name();
  const things = rng.pick(NOUNS[rng.pick(["food", "toy", "thing"] as const)]).plural;
  const { had, gone } = subtraction(g);
  const left = numberWord(had - gone);
  return `${sentence(`${who.text} had ${numberWord(had)} ${things} and gave ${numberWord(gone)} to ${other.text}`)} ${sentence(`now ${asPronoun(who).text} has ${left} left`)}`;
}

/** Small numbers that can be memorised: 3 to 9, less 1. */
export function subtraction(g: Grammar): { had: number; gone: number } {
  return { had: 3 + g.rng.int(7), gone: 1 };
}

/** "Pip is a duck. Therefore, Pip can swim on the pond.", sometimes with another pet in between. */
export function inference(g: Grammar): string {
  const { rng } = g;
  const [a, b] = rng.sample(ANIMALS, 2);
  const [x, y] = rng.sample(PET_NAMES, 2);
  const says = rng.pick([`can ${a.can}`, `has ${a.body}`, `eats ${a.eats}`, `has ${GROUP_FACTS[a.group].has}`]);
  const isA = (who: string, k: string) => `${who} is ${article(k)} ${k}.`;
  const first = isA(x, a.name);
  const other = isA(y, b.name);
  const before = rng.pick([first, first, `${other} ${first}`, `${first} ${other}`]);
  return `${before} Therefore, ${x} ${says}.`;
}

/** All questions about one event: what, who, where, when, whether. */
export function aboutEvent(g: Grammar): Exchange[] {
  const { rng } = g;
  const who = g.person({ number: "sg", plain: true });
  const c = { ...g.clause({ subject: who, tense: "past", isNegative: false, transitive: true }), adverb: "" };
  const object = c.object ?? PERSONAL.it;
  const where = g.where();
  const when = rng.pick(ADVERBS.past);
  const [she, it] = [pronoun(who), objectPronoun(object)];
  const opening: Exchange = rng.chance(0.5)
    ? { question: sentence(objectQuestion(c), "?"), answer: sentence(statement({ ...c, subject: asPronoun(who) })) }
    : { question: sentence(subjectQuestion(c), "?"), answer: sentence(statement(c)) };
  const isYes = rng.chance(0.6);
  return [
    opening,
    ...rng
      .shuffled<Exchange>([
        {
          question: `Where did ${she} ${c.verb.base} ${it}?`,
          answer: rng.chance(0.5) ? sentence(where) : sentence(`${she} ${c.verb.past} ${it} ${where}`),
        },
        {
          question: `When did ${she} ${c.verb.base} ${it}?`,
          answer: rng.chance(0.5) ? sentence(when) : sentence(`${she} ${c.verb.past} ${it} ${when}`),
        },
        {
          question: `Did ${she} like ${it}?`,
          answer: isYes
            ? `Yes, ${she} did. ${capital(she)} liked ${it} very much.`
            : `No, ${she} did not. ${capital(she)} was ${g.adjective("person")}.`,
        },
        {
          question: `Why did ${she} ${c.verb.base} ${it}?`,
          answer: sentence(`because ${she} wanted to ${g.activity(who)}`),
        },
      ])
      .slice(0, 1 + rng.int(3)),
  ];
}

/** First- and second-person exchanges: "Did you ...?" "Yes, I did." */
export function personalExchange(g: Grammar): Exchange {
  const { rng } = g;
  const [asked, answered] = rng.pick([
    [PERSONAL.you, PERSONAL.I],
    [PERSONAL.you, PERSONAL.we],
    [PERSONAL.they, PERSONAL.they],
    [PERSONAL.she, PERSONAL.she],
    [PERSONAL.he, PERSONAL.he],
    [PERSONAL.I, PERSONAL.you],
    [PERSONAL.we, PERSONAL.we],
  ] as const);
  const tense = rng.pick(["past", "present", "future", "modal", "present-progressive", "present-perfect"] as const);
  const c = g.clause({ subject: asked, isNegative: false, tense });
  const plain = { ...c, adverb: tense === "past" && rng.chance(0.4) ? rng.pick(ADVERBS.past) : "" };
  const isYes = rng.chance(0.55);
  const aux = auxiliaryFor(plain.tense, answered, plain.modal);
  const answer = `${isYes ? "Yes" : "No"}, ${answered.text} ${aux}${isYes ? "" : " not"}.`;
  const more = rng.chance(0.5) ? ` ${sentence(statement(g.clause({ subject: answered, tense })))}` : "";
  return { question: sentence(yesNoQuestion(plain), "?"), answer: answer + more };
}

function auxiliaryFor(tense: string, np: { number: "sg" | "pl"; person: number }, modal: string): string {
  const singularThird = np.number === "sg" && np.person === 3;
  switch (tense) {
    case "past":
      return "did";
    case "present":
      return singularThird ? "does" : "do";
    case "future":
      return "will";
    case "modal":
      return modal;
    case "present-perfect":
      return singularThird ? "has" : "have";
    default:
      return np.person === 1 && np.number === "sg" ? "am" : singularThird ? "is" : "are";
  }
}

/** Class inclusion in both directions: "If she has a robin, then she has a bird." */
export function inclusion(g: Grammar): string {
  const { rng } = g;
  const a = rng.pick(ANIMALS);
  const other = rng.pick(ANIMALS.filter((b) => b.group !== a.group));
  const who = g.person({ number: "sg", plain: true });
  const she = who.gender === "f" ? "she" : "he";
  return rng.pick([
    sentence(`${who.text} has ${article(a.name)} ${a.name}, so ${she} has ${article(a.group)} ${a.group}`),
    sentence(
      `if ${who.text} has ${article(a.name)} ${a.name}, it must be true that ${she} has ${article(a.group)} ${a.group}`,
    ),
    sentence(
      `${who.text} does not have ${article(a.group)} ${a.group}, so ${she} does not have ${article(a.name)} ${a.name}`,
    ),
    sentence(
      `${who.text} has ${article(a.name)} ${a.name}, so that animal is not ${article(other.group)} ${other.group}`,
    ),
  ]);
}

/** Comparison of two things. */
export function comparisonSentence(g: Grammar): string {
  const kind = g.rng.pick(["clothing", "furniture", "building", "food", "vehicle"] as const);
  const a = g.np(kind, { number: "sg", plain: true });
  const b = g.np(kind, { number: "sg", plain: true });
  return sentence(`${a.text} is ${comparison(g.adjective(kind))[0]} than ${b.text}`);
}

/** A person's action, told with their job. */
export function workDay(world: World, g: Grammar): string {
  const p = g.rng.pick(world.people);
  const c = { ...g.clause({ subject: nounPhrase(p.name, "person", "sg", p.gender), tense: "past" }) };
  const v = verb(p.job.verb);
  return `${sentence(`${p.name} is ${article(p.job.name)} ${p.job.name}`)} ${sentence(`${p.gender === "f" ? "she" : "he"} ${v.third} ${p.job.object}`)} ${sentence(statement(c))}`;
}
