/**
 * @file The individuals of the sample world, drawn from a seeded stream: towns, people with biographies, people of the
 * past, and books, songs and pictures. Facts about kinds are in `facts.ts`.
 */

import type { Rng } from "../util/rng";
import { type AnimalKind, animalKind, JOBS, type Job } from "./facts";
import { FAMILY_NAMES, FEMALE_NAMES, MALE_NAMES, PET_NAMES, TOWN_NAMES } from "./lexicon";

/** A person of the past. */
export interface Ancestor {
  name: string;
  family: string;
  gender: "f" | "m";
  role: string;
  born: number;
  died: number;
  town: string;
  did: string;
  place: string;
}

/** A book, song, play or picture of the world. */
export interface Work {
  title: string;
  type: "book" | "song" | "play" | "picture" | "poem";
  by: string;
  year: number;
  about: string;
  town: string;
}

export interface Town {
  name: string;
  /** "village", "town" or "city". */
  type: string;
  region: "north" | "south" | "east" | "west";
  river: string;
  knownFor: string;
  founded: number;
  people: number;
  sight: string;
  festival: string;
  month: string;
}

export interface Person {
  name: string;
  family: string;
  gender: "f" | "m";
  age: number;
  job: Job;
  town: Town;
  born: Town;
  food: string;
  color: string;
  pet: AnimalKind;
  petName: string;
  hobby: string;
  trait: string;
  friend: string;
  sibling: { relation: "brother" | "sister"; name: string };
}

export interface World {
  towns: readonly Town[];
  people: readonly Person[];
  works: readonly Work[];
  ancestors: readonly Ancestor[];
}

const HOBBIES = [
  "painting small boats",
  "playing the drum",
  "collecting stamps",
  "knitting scarves",
  "climbing hills",
  "baking pies",
  "singing old songs",
  "swimming in the lake",
  "reading poems",
  "growing pumpkins",
  "flying kites",
  "watching birds",
  "mending clocks",
  "telling stories",
  "carving wooden spoons",
  "dancing in the square",
];
const FAVORITE_FOODS =
  "plum cake,onion soup,apple pie,fresh bread,honey cookies,mushroom stew,pear jam,cheese dumplings,carrot salad,bean soup,pancakes,roast turnips,berry pudding,egg noodles".split(
    ",",
  );
const COLORS = "red blue green yellow black white brown gray pink purple orange".split(" ");
export const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);
const RIVERS = ["Wend", "Sill", "Orra", "Tay", "Ness"];
const TOWN_PRODUCTS =
  "its cheese,its wool,its clocks,its apples,its boats,its bells,its honey,its pottery,its songs,its salt,its bridges,its candles,its bread,its gardens".split(
    ",",
  );
const SIGHTS =
  "a tall stone tower,an old wooden bridge,a round church,a small museum,a white lighthouse,a large market hall,a ruined castle,a famous library,an old mill,a quiet harbor,a golden statue,a long city wall,a deep well,a famous theater".split(
    ",",
  );
const PET_KINDS = "dog cat rabbit goat horse duck turtle mouse hen donkey lizard owl".split(" ");

/** Towns, 80 people and their works, all from one stream. */
export function makeWorld(rng: Rng): World {
  const towns = makeTowns(rng.fork("towns"));
  const people = makePeople(rng.fork("people"), towns);
  return {
    towns,
    people,
    works: makeWorks(rng.fork("works"), people),
    ancestors: makeAncestors(rng.fork("ancestors"), towns, people),
  };
}

const TITLE_ADJECTIVES = "Red Golden Silent Lost Broken Hidden Blue Last Small Old Burning Silver".split(" ");
const TITLE_NOUNS =
  "Lantern River Crown Garden Winter Bridge Mirror Bell Forest Letter Island Tower Feather Clock Road Star".split(" ");
const SUBJECTS = [
  "a king who loses a crown",
  "two sisters who live in a lighthouse",
  "a fox that learns to speak",
  "the long war between two villages",
  "a boy who sails around the world",
  "the first snow of the year",
  "a baker who cannot sleep",
  "a mouse that lives in a church",
  "the love of a sailor for the sea",
  "an old woman who talks to owls",
  "a thief who becomes a judge",
  "the great storm in the autumn",
];

function makeWorks(rng: Rng, people: readonly Person[]): Work[] {
  const titles = rng.sample(
    TITLE_ADJECTIVES.flatMap((a) => TITLE_NOUNS.map((n) => `The ${a} ${n}`)),
    64,
  );
  const makers = people.filter((p) => ["writer", "singer", "musician", "painter", "teacher"].includes(p.job.name));
  return titles.map((title) => {
    const maker = rng.pick(makers);
    const type = { writer: "book", singer: "song", musician: "song", painter: "picture", teacher: "poem" }[
      maker.job.name
    ];
    return {
      title,
      type: (type === "book" && rng.chance(0.4) ? "play" : type) as Work["type"],
      by: `${maker.name} ${maker.family}`,
      year: 1900 + rng.int(120),
      about: rng.pick(SUBJECTS),
      town: maker.town.name,
    };
  });
}

const DEEDS = [
  "built the first mill of",
  "gave a bell to",
  "wrote the oldest map of",
  "planted the great oak of",
  "opened the first school of",
  "saved the children of",
  "painted the walls of",
  "founded the market of",
  "led the people of",
  "wrote the laws of",
  "brought clean water to",
  "lost a great battle near",
];
const ROLES = {
  f: [
    "queen",
    "painter",
    "sailor",
    "judge",
    "writer",
    "doctor",
    "princess",
    "merchant",
    "weaver",
    "singer",
    "captain",
    "teacher",
  ],
  m: [
    "king",
    "painter",
    "sailor",
    "judge",
    "writer",
    "doctor",
    "prince",
    "merchant",
    "miller",
    "singer",
    "captain",
    "teacher",
  ],
};

/** People of the past, with full names that differ from each other and from living people. */
function makeAncestors(rng: Rng, towns: readonly Town[], people: readonly Person[]): Ancestor[] {
  const taken = new Set(people.map((p) => `${p.name} ${p.family}`));
  const out: Ancestor[] = [];
  while (out.length < 320) {
    const gender = rng.pick(["f", "m"] as const);
    const name = rng.pick(gender === "f" ? FEMALE_NAMES : MALE_NAMES);
    const family = rng.pick(FAMILY_NAMES);
    if (taken.has(`${name} ${family}`)) continue;
    taken.add(`${name} ${family}`);
    const born = 1200 + rng.int(650);
    out.push({
      name,
      family,
      gender,
      role: rng.pick(ROLES[gender]),
      born,
      died: born + 35 + rng.int(50),
      town: rng.pick(towns).name,
      did: rng.pick(DEEDS),
      place: rng.pick(towns).name,
    });
  }
  return out;
}

function makeTowns(rng: Rng): Town[] {
  const products = rng.shuffled(TOWN_PRODUCTS);
  const sights = rng.shuffled(SIGHTS);
  const things = ["apple", "lantern", "kite", "harvest", "boat", "bread", "wool", "bell"];
  return TOWN_NAMES.map((name, i) => ({
    name,
    type: rng.pick(["village", "town", "city"]),
    region: rng.pick(["north", "south", "east", "west"] as const),
    river: rng.pick(RIVERS),
    knownFor: products[i],
    founded: 1100 + rng.int(700),
    people: (2 + rng.int(90)) * 100,
    sight: sights[i],
    festival: `${rng.pick(things)} festival`,
    month: rng.pick(MONTHS),
  }));
}

function makePeople(rng: Rng, towns: readonly Town[]): Person[] {
  const all = [
    ...FEMALE_NAMES.map((name) => ({ name, gender: "f" as const })),
    ...MALE_NAMES.map((name) => ({ name, gender: "m" as const })),
  ];
  const shuffled = rng.shuffled(all);
  return shuffled.map(({ name, gender }, i) => {
    const relation = rng.pick(["brother", "sister"] as const);
    const siblingNames = (relation === "sister" ? FEMALE_NAMES : MALE_NAMES).filter((n) => n !== name);
    return {
      name,
      family: rng.pick(FAMILY_NAMES),
      gender,
      age: 18 + rng.int(60),
      job: JOBS[i % JOBS.length],
      town: rng.pick(towns),
      born: rng.pick(towns),
      food: rng.pick(FAVORITE_FOODS),
      color: rng.pick(COLORS),
      pet: animalKind(rng.pick(PET_KINDS)),
      petName: rng.pick(PET_NAMES),
      hobby: rng.pick(HOBBIES),
      trait: rng.pick(["kind", "shy", "brave", "clever", "cheerful", "patient", "quiet", "busy", "honest", "curious"]),
      friend: shuffled[(i + 1) % shuffled.length].name,
      sibling: { relation, name: rng.pick(siblingNames) },
    };
  });
}
