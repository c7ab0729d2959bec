/**
 * @file `simple_wiki.train`: articles about the kinds, jobs, materials, towns and people of the world, in the format
 * `= = = Title = = =`, then one paragraph a line, then a blank line.
 */

import type { Rng } from "../../../util/rng";
import type { Emitter } from "../emitter";
import { Grammar, nounPhrase, sentence, statement } from "../grammar";
import { NOUNS } from "../lexicon";
import { article, capital, comparison, noun, numberWord, verb } from "../morphology";
import {
  ANIMALS,
  type AnimalKind,
  GROUP_FACTS,
  JOBS,
  type Job,
  MATERIALS,
  type Material,
  type Person,
  type Town,
  type World,
} from "../world";

/** Articles until at least `words` words are there; every entry of the world gets one before any gets a second look. */
export function simpleWiki(world: World, rng: Rng, emitter: Emitter, words: number): string {
  const g = new Grammar(rng.fork("grammar"));
  const topics: { title: string; paragraphs: () => string[][] }[] = [
    ...ANIMALS.map((a) => ({ title: capital(a.name), paragraphs: () => animalArticle(a, g) })),
    ...JOBS.map((j) => ({ title: capital(j.name), paragraphs: () => jobArticle(j, world, g) })),
    ...MATERIALS.map((m) => ({ title: capital(m.name), paragraphs: () => materialArticle(m, g) })),
    ...world.towns.map((t) => ({ title: t.name, paragraphs: () => townArticle(t, world, g) })),
    ...world.people.map((p) => ({ title: `${p.name} ${p.family}`, paragraphs: () => personArticle(p, world, g) })),
    ...(
      ["food", "tool", "clothing", "vehicle", "building", "furniture", "container", "toy", "nature"] as const
    ).flatMap((kind) =>
      NOUNS[kind].map((n) => ({ title: capital(n.singular), paragraphs: () => thingArticle(n.singular, kind, g) })),
    ),
  ];
  const order = rng.fork("order").shuffled(topics);
  const out: string[] = [];
  let count = 0;
  for (let round = 0; count < words; round++) {
    for (const topic of order) {
      if (count >= words) break;
      const title =
        round === 0 ? topic.title : `${topic.title} (${["stories", "questions", "life", "history"][round % 4]})`;
      const paragraphs = topic.paragraphs().map((lines) =>
        lines
          .map((line) => (emitter.isClean(line) ? line : ""))
          .filter((l) => l !== "")
          .join(" "),
      );
      const extra = emitter.fresh(() => sentence(g.declarative()));
      paragraphs.push(extra);
      const text = `= = = ${title} = = =\n${paragraphs.join("\n")}\n`;
      count += text.split(/\s+/).length - 1;
      out.push(text);
    }
  }
  return `${out.join("\n")}`;
}

function animalArticle(a: AnimalKind, g: Grammar): string[][] {
  const { rng } = g;
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
    rng.pick([sentence(`${the} eats ${a.eats}`), sentence(`${plural} like to eat ${a.eats}`)]),
    rng.pick([sentence(`${the} has ${a.body}`), sentence(`you can know ${the} by its ${strip(a.body)}`)]),
    sentence(`like every ${a.group}, ${the} has ${group.has}`),
  ];
  const second = rng.shuffled([
    sentence(`${the} can ${a.can}`),
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
  return [first, second.slice(0, 5)];
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
    sentence(`${she} is ${numberWord(p.age)} years old`),
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
  return [first, second.slice(0, 6)];
}

function thingArticle(
  name: string,
  kind: "food" | "tool" | "clothing" | "vehicle" | "building" | "furniture" | "container" | "toy" | "nature",
  g: Grammar,
): string[][] {
  const { rng } = g;
  const plural = noun(name).plural;
  const uses: Record<typeof kind, string> = {
    food: "eat",
    tool: "work with",
    clothing: "wear",
    vehicle: "travel with",
    building: "meet in",
    furniture: "put in their houses",
    container: "keep things in",
    toy: "play with",
    nature: "find outside",
  };
  const classNoun: Record<typeof kind, string> = {
    food: "kind of food",
    tool: "tool",
    clothing: "piece of clothing",
    vehicle: "thing to travel in",
    building: "place",
    furniture: "piece of furniture",
    container: "thing to keep other things in",
    toy: "toy",
    nature: "part of nature",
  };
  const a1 = g.adjective(kind);
  const a2 = g.adjective(kind);
  const np = () => g.np(kind, { noun: noun(name) });
  return [
    [
      sentence(`${article(name)} ${name} is a ${classNoun[kind]}`),
      sentence(`${plural} are things that people ${uses[kind]}`),
      a1 === a2
        ? sentence(`some ${plural} are ${a1}`)
        : sentence(`some ${plural} are ${a1} and other ${plural} are ${a2}`),
      sentence(
        `${article(a1)} ${a1} ${name} is often ${comparison(g.adjective(kind))[0]} than ${article(a2)} ${a2} ${name}`,
      ),
    ],
    [
      sentence(
        `${g.person().text} ${rng.pick(["saw", "found", "liked", "remembered", "wanted"])} ${np().text} ${rng.pick(["near", "in", "behind"])} ${g.place()}`,
      ),
      sentence(statement(g.clause())),
    ],
  ];
}
