/**
 * @file `simple_wiki.train`: articles about the kinds, jobs, materials, towns and people of the world, in the format `=
 * = = Title = = =`, then one paragraph per line, then a blank line.
 */

import type { Rng } from "../../util/rng";
import { countWords } from "../../util/text-file";
import { asPronoun, nounPhrase, sentence, statement } from "../clause";
import type { Emitter } from "../emitter";
import { ANIMALS, type AnimalKind, GROUP_FACTS, JOBS, type Job, MATERIALS, type Material } from "../facts";
import { Grammar } from "../grammar";
import { ADVERBS, NOUNS } from "../lexicon";
import { article, capital, comparison, noun, numberWord, verb } from "../morphology";
import type { Ancestor, Person, Town, Work, World } from "../world";

interface Topic {
  title: string;
  paragraphs: () => string[][];
  /** People of the past; their number follows the wanted number of words. */
  isFiller?: boolean;
}

/** One article per entry of the world, then people of the past until there are `words` words, in random order. */
export function simpleWiki(world: World, rng: Rng, emitter: Emitter, words: number): string {
  const g = new Grammar(rng.fork("grammar"));
  const topics: Topic[] = [
    ...ANIMALS.map((a) => ({ title: capital(a.name), paragraphs: () => animalArticle(a, g, emitter) })),
    ...JOBS.map((j) => ({ title: capital(j.name), paragraphs: () => jobArticle(j, world, g) })),
    ...MATERIALS.map((m) => ({ title: capital(m.name), paragraphs: () => materialArticle(m, g) })),
    ...world.towns.map((t) => ({ title: t.name, paragraphs: () => townArticle(t, world, g) })),
    ...world.ancestors.map((a) => ({
      title: `${a.name} ${a.family}`,
      paragraphs: () => ancestorArticle(a, g),
      isFiller: true,
    })),
    ...world.works.map((w) => ({ title: w.title, paragraphs: () => workArticle(w, g) })),
    ...world.people.map((p) => ({ title: `${p.name} ${p.family}`, paragraphs: () => personArticle(p, world, g) })),
    ...(
      ["food", "tool", "clothing", "vehicle", "building", "furniture", "container", "toy", "plant", "land"] as const
    ).flatMap((kind) =>
      NOUNS[kind].map((n) => ({
        title: capital(n.singular),
        paragraphs: () => thingArticle(n.singular, kind, world, g),
      })),
    ),
  ];
  const [core, filler] = [
    topics.filter((t) => !t.isFiller),
    rng.fork("filler").shuffled(topics.filter((t) => t.isFiller)),
  ];
  const articles: string[] = [];
  let count = 0;
  for (const topic of [...core, ...filler]) {
    if (topic.isFiller && count >= words) break;
    const paragraphs = topic
      .paragraphs()
      .map((lines) => lines.filter((line) => emitter.isClean(line)).join(" "))
      .filter((paragraph) => paragraph !== "");
    const text = `= = = ${topic.title} = = =\n${paragraphs.join("\n")}\n`;
    count += countWords(text);
    articles.push(text);
  }
  if (count < words)
    throw new Error(`simpleWiki: every topic has its article and that is only ${count} of ${words} words`);
  return rng.fork("order").shuffled(articles).join("\n");
}

function animalArticle(a: AnimalKind, g: Grammar, emitter: Emitter): string[][] {
  const { rng } = g;
  /** "An owl eats mice", or "Every owl eats mice" if an evaluation item has the first sentence. */
  const told = (fact: string): string => {
    const plain = sentence(`${the} ${fact}`);
    return emitter.isClean(plain) && rng.chance(0.7) ? plain : sentence(`every ${a.name} ${fact}`);
  };
  const the = `${article(a.name)} ${a.name}`;
  const plural = noun(a.name).plural;
  const group = GROUP_FACTS[a.group];
  const other = rng.pick(ANIMALS.filter((b) => b.size !== a.size));
  const [bigger, smaller] = a.size === "large" ? [a, other] : [other, a];
  const first = [
    sentence(`${the} is ${article(a.size)} ${a.size} ${a.group}`),
    rng.pick([
      sentence(`${plural} live in ${a.home}`),
      sentence(`the home of ${the} is in ${a.home}`),
      sentence(`most ${plural} make their home in ${a.home}`),
    ]),
    rng.pick([told(`eats ${a.eats}`), sentence(`${plural} like to eat ${a.eats}`)]),
    rng.pick([told(`has ${a.body}`), sentence(`you can know ${the} by its ${strip(a.body)}`)]),
    sentence(`like every ${a.group}, ${the} has ${group.has}`),
  ];
  const second = rng.shuffled([
    sentence(`${the} cannot ${a.cannot}`),
    sentence(`many ${plural} are ${a.color}`),
    sentence(`because it is ${article(a.group)} ${a.group}, it can ${group.can}`),
    sentence(`${article(bigger.name)} ${bigger.name} is bigger than ${article(smaller.name)} ${smaller.name}`),
    sentence(
      `${plural} are awake ${a.active === "day" ? "in the day and sleep at night" : "at night and sleep in the day"}`,
    ),
    sentence(`${plural} do not ${a.cannot}`),
    sentence(statement(g.clause({ subject: g.np("animal", { noun: noun(a.name) }) }))),
  ]);
  const story = g.np("animal", { noun: noun(a.name), number: "sg", plain: true });
  return [
    first,
    [told(`can ${a.can}`), ...second.slice(0, 6)],
    [story, asPronoun(story)].map((subject) => sentence(statement(g.clause({ subject, tense: "past" })))),
  ];
}

const strip = (text: string): string => text.replace(/^(a|an|two|four) /, "");

function jobArticle(j: Job, world: World, g: Grammar): string[][] {
  const { rng } = g;
  const plural = noun(j.name).plural;
  const v = verb(j.verb);
  const holders = world.people.filter((p) => p.job.name === j.name);
  const someone = rng.pick(holders);
  return [
    [
      sentence(`${article(j.name)} ${j.name} is a person who works in ${article(j.place)} ${j.place}`),
      sentence(`${plural} ${v.base} ${j.object} for the people of their town`),
      sentence(`every ${j.name} has ${article(j.tool)} ${j.tool}`),
      sentence(`a good ${j.name} is ${j.trait === "early" ? "awake very early" : j.trait}`),
    ],
    rng.shuffled([
      sentence(`in the morning the ${j.name} goes to the ${j.place}`),
      sentence(`without ${article(j.tool)} ${j.tool}, no ${j.name} can ${v.base} any ${j.object}`),
      sentence(`${someone.name} ${someone.family} of ${someone.town.name} is a well-known ${j.name}`),
      sentence(`the ${j.name} was ${v.ing} ${j.object} when ${statement(g.clause({ tense: "past" }))}`),
      sentence(`${plural} have ${v.participle} ${j.object} for a very long time`),
      sentence(`people who want to become ${plural} must learn for ${numberWord(2 + rng.int(6))} years`),
    ]),
  ];
}

function materialArticle(m: Material, g: Grammar): string[][] {
  const { rng } = g;
  const things = m.things.map((t) => noun(t).plural);
  return [
    [
      sentence(`${m.name} is a ${m.adjective} material`),
      sentence(`people make ${things.slice(0, -1).join(", ")} and ${things[things.length - 1]} of ${m.name}`),
      sentence(`when ${m.name} is dropped, it ${m.dropped}`),
      sentence(`when it becomes very hot, ${m.name} ${m.heated}`),
      sentence(`in water ${m.name} ${m.wetted}`),
    ],
    rng.shuffled([
      sentence(`a ${rng.pick(m.things)} of ${m.name} is ${m.adjective}`),
      sentence(`if you drop a ${rng.pick(m.things)} of ${m.name}, it ${m.dropped}`),
      sentence(`if a ${rng.pick(m.things)} is made of ${m.name}, it ${m.heated} in the fire`),
      sentence(statement(g.clause())),
    ]),
  ];
}

function townArticle(t: Town, world: World, g: Grammar): string[][] {
  const { rng } = g;
  const locals = world.people.filter((p) => p.town.name === t.name);
  const first = [
    sentence(`${t.name} is ${article(t.type)} ${t.type} in the ${t.region} of the country`),
    sentence(`it lies on the river ${t.river}`),
    sentence(`about ${t.people} people live there`),
    sentence(`${t.name} was founded in ${t.founded}`),
    sentence(`the ${t.type} is known for ${t.knownFor}`),
  ];
  const second = [
    sentence(`visitors come to see ${t.sight}`),
    sentence(`every ${t.month} there is ${article(t.festival)} ${t.festival}`),
    ...rng
      .shuffled(locals)
      .slice(0, 2)
      .map((p) => sentence(`the ${p.job.name} ${p.name} ${p.family} lives in ${t.name}`)),
    sentence(statement(g.clause({ subject: nounPhrase(`the people of ${t.name}`, "person", "pl") }))),
  ];
  return [first, second];
}

function personArticle(p: Person, _world: World, g: Grammar): string[][] {
  const { rng } = g;
  const she = p.gender === "f" ? "she" : "he";
  const her = p.gender === "f" ? "her" : "his";
  const self = p.gender === "f" ? "herself" : "himself";
  const v = verb(p.job.verb);
  const subject = { ...nounPhrase(p.name, "person", "sg", p.gender), isName: true };
  const first = [
    sentence(`${p.name} ${p.family} is ${article(p.job.name)} ${p.job.name} from ${p.town.name}`),
    p.born.name === p.town.name
      ? sentence(`${she} has always lived there`)
      : sentence(
          `${she} was born in ${p.born.name} and moved to ${p.town.name} ${rng.pick(["as a child", "later", `when ${she} was young`])}`,
        ),
    sentence(`${rng.pick([she, p.name])} ${rng.pick(["is", "is now"])} ${numberWord(p.age)} years old`),
    sentence(`${she} ${v.third} ${p.job.object} in the ${p.job.place}`),
  ];
  const second = rng.shuffled([
    sentence(`${her} favorite food is ${p.food}`),
    sentence(`${she} likes ${p.color} more than any other color`),
    sentence(`${p.name} has ${article(p.pet.name)} ${p.pet.name} called ${p.petName}`),
    sentence(`in ${her} free time ${p.name} likes ${p.hobby}`),
    sentence(`${her} ${p.sibling.relation} is called ${p.sibling.name}`),
    sentence(`${her} best friend is ${p.friend}`),
    sentence(`people say that ${p.name} is ${p.trait}`),
    sentence(`${p.name} taught ${self} to ${rng.pick(["swim", "read", "sing", "dance", "cook", "write"])}`),
    sentence(statement(g.clause({ subject }))),
  ]);
  return [
    first,
    second.slice(0, 7),
    [1, 2, 3].map((i) =>
      sentence(statement(g.clause({ subject: i === 1 ? subject : asPronoun(subject), tense: "past" }))),
    ),
  ];
}

function ancestorArticle(a: Ancestor, g: Grammar): string[][] {
  const { rng } = g;
  const she = a.gender === "f" ? "she" : "he";
  const her = a.gender === "f" ? "her" : "his";
  const self = a.gender === "f" ? "herself" : "himself";
  const subject = { ...nounPhrase(a.name, "person", "sg", a.gender), isName: true };
  const deed = () =>
    sentence(statement(g.clause({ subject: rng.chance(0.3) ? subject : asPronoun(subject), tense: "past" })));
  return [
    [
      sentence(`${a.name} ${a.family} was ${article(a.role)} ${a.role} from ${a.town}`),
      sentence(`${she} was born in ${a.born} and died in ${a.died}`),
      rng.pick([
        sentence(`people remember ${a.name} because ${she} ${a.did} ${a.place}`),
        sentence(`${a.name} is known because ${she} ${a.did} ${a.place}`),
        sentence(`as a young ${a.role}, ${she} ${a.did} ${a.place}`),
      ]),
    ],
    [deed(), deed(), deed()],
    rng
      .shuffled([
        sentence(`${she} called ${self} the ${rng.pick(["friend", "servant", "child", "voice"])} of ${a.town}`),
        sentence(`later ${a.name} ${a.family} moved to ${a.place} and lived there until ${a.died}`),
        sentence(`${her} ${rng.pick(["house", "statue", "garden", "tower"])} can still be seen in ${a.place}`),
        sentence(`${a.name} once said that ${statement(g.clause({ tense: "past" }))}`),
        deed(),
      ])
      .slice(0, 3),
  ];
}

function workArticle(w: Work, g: Grammar): string[][] {
  const { rng } = g;
  const made = { book: "written", play: "written", poem: "written", song: "written", picture: "painted" }[w.type];
  const lover = g.person({ number: "sg", plain: true });
  return [
    [
      `"${w.title}" is ${article(w.type)} ${w.type} by ${w.by}.`,
      `It was ${made} in ${w.year} in ${w.town}.`,
      `It tells of ${w.about}.`,
      rng.pick([
        `Many people in ${w.town} know it by heart.`,
        `It is the best-known ${w.type} of ${w.by}.`,
        `In ${w.town} nobody liked it at first, but later the ${w.type} became famous.`,
        `It won a prize in ${w.year + 1}.`,
      ]),
    ],
    [
      sentence(
        `${lover.text} has ${rng.pick(["read", "seen", "heard", "learned"])} it ${numberWord(2 + rng.int(12))} times`,
      ),
      sentence(statement(g.clause({ tense: "past" }))),
    ],
  ];
}

type ThingKind =
  | "food"
  | "tool"
  | "clothing"
  | "vehicle"
  | "building"
  | "furniture"
  | "container"
  | "toy"
  | "plant"
  | "land";

/** Its use, its class, its materials, and who needs it. */
const THINGS: Record<ThingKind, { use: string; isA: string; of: string[]; verb: string; who: string[] }> = {
  food: {
    use: "eat",
    isA: "kind of food",
    of: ["flour", "fruit", "milk", "eggs"],
    verb: "eaten",
    who: ["cooks", "bakers"],
  },
  tool: {
    use: "work with",
    isA: "tool",
    of: ["iron", "wood"],
    verb: "used",
    who: ["carpenters", "gardeners", "farmers"],
  },
  clothing: {
    use: "wear",
    isA: "piece of clothing",
    of: ["wool", "cotton", "leather"],
    verb: "worn",
    who: ["tailors", "weavers"],
  },
  vehicle: {
    use: "travel with",
    isA: "thing to travel in",
    of: ["wood", "iron"],
    verb: "used",
    who: ["drivers", "merchants"],
  },
  building: { use: "meet in", isA: "place", of: ["stone", "wood"], verb: "built", who: ["carpenters", "merchants"] },
  furniture: {
    use: "put in their houses",
    isA: "piece of furniture",
    of: ["wood", "iron"],
    verb: "used",
    who: ["carpenters"],
  },
  container: {
    use: "keep things in",
    isA: "thing to keep other things in",
    of: ["clay", "glass", "wood"],
    verb: "filled",
    who: ["potters", "cooks"],
  },
  toy: { use: "play with", isA: "toy", of: ["wood", "rubber", "paper"], verb: "found", who: ["children", "teachers"] },
  plant: {
    use: "grow in their gardens",
    isA: "part of the garden",
    of: ["wood", "leaves"],
    verb: "planted",
    who: ["gardeners"],
  },
  land: {
    use: "walk across",
    isA: "part of the country",
    of: ["stone", "sand"],
    verb: "found",
    who: ["hunters", "shepherds"],
  },
};

function thingArticle(name: string, kind: ThingKind, world: World, g: Grammar): string[][] {
  const { rng } = g;
  const plural = noun(name).plural;
  const t = THINGS[kind];
  const a1 = g.adjective(kind);
  let a2 = g.adjective(kind);
  while (a2 === a1) a2 = g.adjective(kind);
  const town = rng.pick(world.towns);
  const owner = rng.pick(world.people);
  const np = () => g.np(kind, { noun: noun(name) });
  const madeOf = MATERIALS.find((m) => m.things.includes(name))?.name ?? rng.pick(t.of);
  const kindFacts =
    kind === "plant" || kind === "land"
      ? [sentence(`${plural} can be ${t.verb} near ${town.name}`)]
      : [
          sentence(`${article(name)} ${name} is often made of ${madeOf}`),
          sentence(
            `${plural} are ${t.verb} ${rng.pick(["every day", "in the summer", "in the winter", "by many people"])}`,
          ),
        ];
  return [
    [
      sentence(`${article(name)} ${name} is a ${t.isA}`),
      sentence(`${plural} are things that people ${t.use}`),
      ...kindFacts,
      sentence(`some ${plural} are ${a1} and other ${plural} are ${a2}`),
    ],
    rng
      .shuffled([
        sentence(`${rng.pick(t.who)} know a lot about ${plural}`),
        sentence(`the best ${plural} come from ${town.name}`),
        sentence(
          `in ${town.name} there is ${article(a1)} ${a1} ${name} that is ${numberWord(10 + rng.int(80))} years old`,
        ),
        sentence(
          `${owner.name} ${owner.family} once said that ${article(a2)} ${a2} ${name} is ${comparison(a1)[0]} than any other ${name}`,
        ),
        sentence(
          `${g.person().text} ${rng.pick(["saw", "found", "liked", "remembered", "bought"])} ${np().text} ${g.where()}`,
        ),
        sentence(
          `${g.person().text} ${rng.pick(["needed", "lost", "wanted", "drew", "sold"])} ${np().text} ${rng.pick(ADVERBS.past)}`,
        ),
      ])
      .slice(0, 4),
    [sentence(statement(g.clause())), sentence(g.declarative())],
  ];
}
