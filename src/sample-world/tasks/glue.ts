/**
 * @file The seven fine-tuning tasks in the pipeline's JSONL formats, with short texts about the sample world.
 *
 * Every label can be decided from the text. Label frequencies follow the real sets. Cues that a small model can learn
 * (word overlap, negation, gender) decide most rows; the others need word order.
 */

import type { Rng } from "../../util/rng";
import {
  asPronoun,
  be,
  type Clause,
  type NounPhrase,
  nounPhrase,
  objectQuestion,
  predicate,
  sentence,
  statement,
  subjectQuestion,
} from "../clause";
import { ANIMALS, JOBS } from "../facts";
import { Grammar } from "../grammar";
import { ADVERBS, NOUNS } from "../lexicon";
import { article, capital, noun } from "../morphology";
import type { World } from "../world";

export type GlueRow = Record<string, unknown> & { label: number };
export type GlueTask = "boolq" | "mnli" | "mrpc" | "multirc" | "qqp" | "rte" | "wsc";

const TASKS: Record<GlueTask, (g: Grammar, world: World, i: number) => GlueRow> = {
  boolq,
  mnli,
  mrpc,
  multirc,
  qqp,
  rte,
  wsc,
};
export const GLUE_TASKS = Object.keys(TASKS) as GlueTask[];

/** Training and validation rows that share no text. */
export function glue(
  task: GlueTask,
  world: World,
  rng: Rng,
  train: number,
  valid: number,
): { train: GlueRow[]; valid: GlueRow[] } {
  const g = new Grammar(rng);
  const rows: GlueRow[] = [];
  const seen = new Set<string>();
  for (let attempt = 0; rows.length < train + valid; attempt++) {
    if (attempt > 100 * (train + valid)) throw new Error(`glue: ${task} has too few distinct rows`);
    const row = TASKS[task](g, world, rows.length);
    const key = JSON.stringify({ ...row, idx: 0, label: 0 });
    if (seen.has(key)) continue;
    seen.add(key);
    rows.push(row);
  }
  const number = (part: GlueRow[]): GlueRow[] => part.map((r, i) => (typeof r.idx === "number" ? { ...r, idx: i } : r));
  return { train: number(rows.slice(0, train)), valid: number(rows.slice(train)) };
}

/** A past event with a definite object, without adverbs. */
function event(
  g: Grammar,
  subject: NounPhrase = g.person({ plain: true, number: "sg" }),
): Clause & { object: NounPhrase } {
  for (;;) {
    const c = g.clause({ subject, tense: "past", isNegative: false, transitive: true });
    if (c.object === undefined || c.object.text.split(" ").length > 4 || c.object.kind === "person") continue;
    return { ...c, object: c.object, adverb: "" };
  }
}

const otherNoun = (g: Grammar, than: string): string => {
  for (;;) {
    const n = g.rng.pick(NOUNS[g.rng.pick(["thing", "tool", "clothing", "furniture", "container"] as const)]).singular;
    if (!than.includes(n)) return `${g.rng.pick(["a", "the"])} ${n}`.replace(/^a (?=[aeiou])/, "an ");
  }
};

/** A paraphrase of the event: passive, or with the adverbial first. */
function paraphrase(c: Clause & { object: NounPhrase }, when: string, g: Grammar): string {
  return g.rng.chance(0.5)
    ? sentence(`${when}, ${c.object.text} ${be(c.object, "past")} ${c.verb.participle} by ${c.subject.object}`)
    : sentence(`${when}, ${statement(c)}`);
}

/** An event with the same person, but another verb and thing. */
function otherEvent(c: Clause, g: Grammar): Clause & { object: NounPhrase } {
  for (;;) {
    const o = event(g, c.subject);
    if (o.verb.base !== c.verb.base && o.object.text !== c.object?.text) return o;
  }
}

/** The passage states, denies or does not mention what is asked. */
function boolq(g: Grammar, world: World): GlueRow {
  const { rng } = g;
  const isYes = rng.chance(0.62);
  const isDenied = !isYes && rng.chance(0.7);
  if (rng.chance(0.6)) {
    const a = rng.pick(ANIMALS);
    const b = rng.pick(ANIMALS.filter((x) => x.home !== a.home && x.eats !== a.eats && x.name !== a.name));
    const plural = noun(a.name).plural;
    const source = isYes ? a : b;
    const asked = rng.chance(0.5) ? `live in ${source.home}` : `eat ${source.eats}`;
    const denial = isDenied ? ` ${sentence(`${plural} do not ${asked}`)}` : "";
    const story = statement(
      g.clause({ subject: g.np("animal", { noun: noun(a.name), plain: true }), isNegative: false }),
    );
    const passage = `${capital(a.name)} -- ${sentence(`${article(a.name)} ${a.name} is ${article(a.size)} ${a.size} ${a.group}`)} ${sentence(`${plural} live in ${a.home} and eat ${a.eats}`)}${denial} ${sentence(story)}`;
    return { question: `do ${plural} ${asked}`, passage, idx: 0, label: isYes ? 1 : 0 };
  }
  const p = rng.pick(world.people);
  const job = isYes ? p.job : rng.pick(JOBS.filter((j) => j.name !== p.job.name));
  const town = isYes ? p.town : rng.pick(world.towns.filter((t) => t.name !== p.town.name));
  const she = p.gender === "f" ? "she" : "he";
  const asked = rng.chance(0.5) ? `${article(job.name)} ${job.name}` : `from ${town.name}`;
  const denial = isDenied ? ` ${sentence(`${she} is not ${asked}`)}` : "";
  const story = statement(g.clause({ subject: nounPhrase(she, "person", "sg", p.gender), isNegative: false }));
  const passage = `${p.name} ${p.family} -- ${sentence(`${p.name} is ${article(p.job.name)} ${p.job.name} from ${p.town.name}`)} ${sentence(`${she} likes ${p.hobby}`)}${denial} ${sentence(story)}`;
  return { question: `is ${p.name} ${asked}`.toLowerCase(), passage, idx: 0, label: isYes ? 1 : 0 };
}

function multirc(g: Grammar, _world: World, i: number): GlueRow {
  const { rng } = g;
  const first = event(g, g.name());
  const second = event(g, g.name());
  const third = event(g, g.name());
  const paragraph = [first, second, third].map((c) => sentence(`${statement(c)} ${rng.pick(ADVERBS.past)}`)).join(" ");
  const asked = rng.pick([first, second, third]);
  const others = [first, second, third].filter((c) => c !== asked);
  const isRight = rng.chance(0.45);
  const askObject = rng.chance(0.5);
  const question = sentence(askObject ? objectQuestion(asked) : subjectQuestion(asked), "?");
  const right = askObject ? asked.object.text : asked.subject.text;
  const wrong = askObject
    ? rng.chance(0.7)
      ? otherNoun(g, paragraph)
      : rng.pick(others).object.text
    : rng.chance(0.7)
      ? g.name().text
      : rng.pick(others).subject.text;
  if (wrong === right) return multirc(g, _world, i);
  return {
    paragraph,
    question,
    answer: capital(isRight ? right : wrong),
    idx: { paragraph: i, question: i, answer: i },
    label: isRight ? 1 : 0,
  };
}

function rte(g: Grammar): GlueRow {
  const { rng } = g;
  const c = event(g);
  const when = rng.pick(ADVERBS.past);
  const sentence1 = `${sentence(`${statement(c)} ${when} ${g.where()}`)}`;
  const isEntailed = rng.chance(0.5);
  if (isEntailed)
    return {
      sentence1,
      sentence2: rng.chance(0.5) ? sentence(statement(c)) : paraphrase(c, when, g),
      idx: 0,
      label: 0,
    };
  const sentence2 = rng.pick([
    () => sentence(statement({ ...c, isNegative: true })),
    () => sentence(statement(otherEvent(c, g))),
    () => sentence(statement({ ...c, object: { ...c.object, object: otherNoun(g, sentence1) } })),
  ])();
  return { sentence1, sentence2, idx: 0, label: 1 };
}

function mnli(g: Grammar, _world: World, i: number): GlueRow {
  const { rng } = g;
  const c = event(g);
  const when = rng.pick(ADVERBS.past);
  const premise = sentence(`${statement(c)} ${when}`);
  const label = i % 3;
  const hypothesis = [
    () => (rng.chance(0.5) ? sentence(statement(c)) : paraphrase(c, when, g)),
    () =>
      sentence(
        `${statement(c)} because ${asPronoun(c.subject).text} ${predicate({ ...otherEvent(c, g), adverb: "" })}`,
      ),
    () =>
      rng.chance(0.7)
        ? sentence(statement({ ...c, isNegative: true }))
        : sentence(`nobody ${c.verb.past} ${c.object.text} ${when}`),
  ][label]();
  return { premise, hypothesis, label, idx: 0 };
}

function mrpc(g: Grammar): GlueRow {
  const { rng } = g;
  const c = event(g);
  const when = rng.pick(ADVERBS.past);
  const sentence1 = sentence(`${statement(c)} ${when}`);
  if (rng.chance(0.67)) return { sentence1, sentence2: paraphrase(c, when, g), label: 1, idx: 0 };
  const other = otherEvent(c, g);
  const sentence2 = rng.chance(0.8) ? paraphrase(other, when, g) : paraphrase({ ...c, subject: g.name() }, when, g);
  return { sentence1, sentence2, label: 0, idx: 0 };
}

const QUESTION_FORMS: readonly ((verb: string, object: string) => string)[] = [
  (v, o) => `How do I ${v} ${o}?`,
  (v, o) => `What is the best way to ${v} ${o}?`,
  (v, o) => `How can one learn to ${v} ${o}?`,
  (v, o) => `What should I know before I ${v} ${o}?`,
  (v, o) => `Is there an easy way to ${v} ${o}?`,
];

function qqp(g: Grammar): GlueRow {
  const { rng } = g;
  const c = event(g, nounPhrase("I", "person"));
  const [f1, f2] = rng.sample(QUESTION_FORMS, 2);
  const object = c.object.text.replace(/^(his|her|their|your) /, "my ");
  const question1 = f1(c.verb.base, object);
  if (rng.chance(0.37)) return { question1, question2: f2(c.verb.base, object), label: 1, idx: 0 };
  const other = otherEvent(c, g);
  const o = other.object.text.replace(/^(his|her|their|your) /, "my ");
  const question2 = rng.chance(0.3) ? f2(c.verb.base, o) : f2(other.verb.base, rng.chance(0.3) ? object : o);
  return { question1, question2, label: 0, idx: 0 };
}

function wsc(g: Grammar): GlueRow {
  const { rng } = g;
  const isMixed = rng.chance(0.75); // decided by gender; otherwise by what the verb implies about its subject
  const a = g.name();
  let b = g.name(isMixed ? (a.gender === "f" ? "m" : "f") : (a.gender as "f" | "m"));
  while (b.text === a.text) b = g.name(a.gender as "f" | "m");
  const [verb, reason, refersTo] = rng.pick([
    ["thanked", "had helped so much", "b"],
    ["praised", "had won the race", "b"],
    ["called", "needed help", "a"],
    ["forgave", "was sorry", "b"],
    ["visited", "wanted to talk", "a"],
    ["followed", "knew the way", "b"],
    ["feared", "was very strong", "b"],
    ["asked", "did not know the answer", "a"],
  ] as const);
  const place = rng.chance(0.6) ? ` ${g.where()}` : "";
  const refers = isMixed ? rng.pick([a, b]) : refersTo === "a" ? a : b;
  const other = refers === a ? b : a;
  const lead = `${a.text} ${verb} ${b.text}${place} because`;
  const text = sentence(
    `${lead} ${asPronoun(refers).text} ${isMixed ? rng.pick(["had come early", "was there", "liked music", "needed help", "had found a coin"]) : reason}`,
  );
  const isTrue = rng.chance(0.45);
  const span = isTrue ? refers : other;
  const wordsOf = text.replace(/[.]/g, "").split(" ");
  return {
    text,
    span1_index: wordsOf.indexOf(span.text),
    span2_index: lead.split(" ").length,
    span1_text: span.text,
    span2_text: asPronoun(refers).text,
    idx: 0,
    label: isTrue ? 1 : 0,
  };
}
