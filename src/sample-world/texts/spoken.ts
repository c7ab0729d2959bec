/**
 * @file The spoken sources in their file formats.
 *
 * - `switchboard.train`: `A:\t...` / `B:\t...`, one utterance per line, a blank line between conversations
 * - `childes.train`: `*MOT:\t...` / `*CHI:\t...`, lower case except names
 * - `bnc_spoken.train`: one utterance per line, no speakers, a blank line between recordings
 * - `open_subtitles.train`: one line of dialogue per line
 */

import type { Rng } from "../../util/rng";
import { countWords } from "../../util/text-file";
import { PERSONAL, sentence, statement, yesNoQuestion } from "../clause";
import type { Emitter } from "../emitter";
import { ANIMALS } from "../facts";
import { Grammar } from "../grammar";
import { DERIVED, ityForm, NOUNS } from "../lexicon";
import { article, numberWord } from "../morphology";
import type { World } from "../world";
import { lowered } from "./lower-case";
import {
  aboutAnimals,
  aboutEvent,
  aboutPerson,
  aboutThings,
  animalFact,
  answered,
  arithmetic,
  asked,
  backchannel,
  character,
  comparisonSentence,
  consequence,
  type Exchange,
  inclusion,
  inference,
  materialRemark,
  mirrored,
  personalExchange,
  shortExchange,
  workDay,
} from "./talk";

/** Lines of one source, generated conversation by conversation until there are `words` words. */
function untilEnough(words: number, makeBlock: () => string[]): string[][] {
  const blocks: string[][] = [];
  for (let count = 0; count < words; ) {
    const block = makeBlock();
    blocks.push(block);
    for (const line of block) count += countWords(line);
  }
  return blocks;
}

function remark(world: World, g: Grammar): string {
  const u = g.rng.next();
  if (u < 0.34) return sentence(g.declarative());
  if (u < 0.43) return consequence(g);
  if (u < 0.51) return mirrored(g);
  if (u < 0.56) return inclusion(g);
  if (u < 0.58) return comparisonSentence(g);
  if (u < 0.64) return workDay(world, g);
  if (u < 0.71) return character(g);
  if (u < 0.76) return inference(g);
  if (u < 0.8) return arithmetic(g);
  if (u < 0.87) return materialRemark(g);
  if (u < 0.94) return animalFact(g);
  return sentence(statement(g.clause({ subject: g.rng.pick([PERSONAL.I, PERSONAL.we]) })));
}

function exchange(world: World, g: Grammar): Exchange[] {
  const u = g.rng.next();
  if (u < 0.22) return aboutPerson(g.rng.pick(world.people), g).slice(0, 3);
  if (u < 0.36) return aboutAnimals(g).slice(0, 2);
  if (u < 0.46) return aboutThings(g).slice(0, 2);
  if (u < 0.62) return aboutEvent(g);
  if (u < 0.8) return [personalExchange(g)];
  if (u < 0.87) return [shortExchange(g)];
  return [g.questionAndAnswer()];
}

/** Draw a question and answer until neither, alone or together, belongs to an evaluation item. */
function cleanExchange(emitter: Emitter, draw: () => Exchange): Exchange {
  for (;;) {
    const e = draw();
    if ([e.question, e.answer, `${e.question} ${e.answer}`].every((text) => emitter.isClean(text))) return e;
  }
}

export function switchboard(world: World, rng: Rng, emitter: Emitter, words: number): string {
  const g = new Grammar(rng);
  const blocks = untilEnough(words, () => {
    const lines: string[] = [];
    const names = { A: g.name().text, B: g.name().text };
    let [asker, answerer]: ("A" | "B")[] = ["A", "B"];
    const say = (who: "A" | "B", draw: () => string) => lines.push(`${who}:\t${emitter.fresh(draw)}`);
    say("A", () =>
      g.rng.pick([
        `Hi, this is ${names.A}, how are you?`,
        `Hello, ${names.B}.`,
        `Well, hello there, ${names.B}.`,
        "Good morning.",
      ]),
    );
    say("B", () => g.rng.pick(["Fine, thank you.", `Hi, ${names.A}.`, `I am well, ${names.A}.`, "Good, and you?"]));
    const turns = 5 + g.rng.int(8);
    for (let t = 0; t < turns; t++) {
      if (g.rng.chance(0.66)) {
        for (const { question, answer } of exchange(world, g)) {
          if (!emitter.isClean(question) || !emitter.isClean(answer) || !emitter.isClean(`${question} ${answer}`))
            continue;
          say(asker, () => asked(g, question, names[answerer]));
          say(answerer, () => answered(g, answer));
        }
      } else {
        say(asker, () => remark(world, g));
        if (g.rng.chance(0.4)) say(asker, () => remark(world, g));
        say(answerer, () => backchannel(g));
      }
      if (g.rng.chance(0.4)) [asker, answerer] = [answerer, asker];
    }
    say(asker, () =>
      g.rng.pick([
        `Well, ${names[answerer]}, it was nice to talk to you.`,
        `I have to go now, ${names[answerer]}.`,
        `Thank you for calling, ${names[answerer]}.`,
      ]),
    );
    say(answerer, () => g.rng.pick(["Bye.", "Bye-bye.", "You too."]));
    return lines;
  });
  return `${blocks.map((b) => b.join("\n")).join("\n\n")}\n`;
}

export function childes(world: World, rng: Rng, emitter: Emitter, words: number): string {
  const g = new Grammar(rng);
  const blocks = untilEnough(words, () => {
    const lines: string[] = [];
    const say = (who: string, draw: () => string) => lines.push(`*${who}:\t${lowered(emitter.fresh(draw))}`);
    const turns = 8 + g.rng.int(14);
    for (let t = 0; t < turns; t++) {
      const u = g.rng.next();
      if (u < 0.2) {
        const kind = g.rng.pick(["animal", "toy", "food", "clothing", "furniture", "container"] as const);
        const n = g.rng.pick(NOUNS[kind]);
        const plural = g.rng.chance(0.4);
        say("MOT", () => (plural ? "What are those?" : g.rng.pick(["What is that?", "What is this?"])));
        say("CHI", () =>
          plural ? sentence(`those are ${n.plural}`) : sentence(`that is ${article(n.singular)} ${n.singular}`),
        );
        say("MOT", () =>
          sentence(
            plural
              ? `yes, these ${n.plural} are ${g.adjective(kind)}`
              : `yes, this ${n.singular} is ${g.adjective(kind)}`,
          ),
        );
      } else if (u < 0.32) {
        const count = 1 + g.rng.int(6);
        const n = g.rng.pick(NOUNS[g.rng.pick(["animal", "toy", "food", "body"] as const)]);
        say("MOT", () =>
          sentence(
            `how many ${g.rng.chance(0.5) ? `${g.rng.pick(["big", "small", "red", "blue", "green"])} ` : ""}${n.plural} do you see ${g.rng.pick(["", "here", "there", "in the picture", "on this page", g.where()])}`,
            "?",
          ),
        );
        say("CHI", () => sentence(count === 1 ? `I see one ${n.singular}` : `I see ${numberWord(count)} ${n.plural}`));
      } else if (u < 0.44) {
        const a = g.rng.pick(ANIMALS);
        const isYes = g.rng.chance(0.5);
        say("CHI", () =>
          asked(g, sentence(`can ${article(a.name)} ${a.name} ${isYes ? a.can : a.cannot}`, "?"), "Mommy"),
        );
        say("MOT", () => (isYes ? "Yes, it can." : "No, it cannot."));
      } else if (u < 0.6) {
        const { question, answer } = cleanExchange(emitter, () => personalExchange(g));
        say("MOT", () => question);
        say("CHI", () => answer);
      } else if (u < 0.7) {
        const [lead, end] = g.rng.pick([
          ["look at", "."],
          ["give me", "."],
          ["please take", "."],
          ["can you see", "?"],
          ["where is", "?"],
        ] as const);
        const kind = g.rng.pick(["toy", "clothing", "food", "animal"] as const);
        say("MOT", () => sentence(`${lead} ${g.np(kind, { number: "sg" }).text}`, end));
        say("CHI", () => sentence(statement(g.clause({ subject: PERSONAL.I }))));
      } else if (u < 0.8) {
        const { question, answer } = cleanExchange(emitter, () =>
          g.rng.chance(0.3) ? shortExchange(g) : g.questionAndAnswer(),
        );
        say("MOT", () => asked(g, question, g.name().text));
        say("CHI", () => answer);
      } else if (u < 0.86) {
        lines.push(...boxGame(g, emitter));
      } else {
        say(g.rng.pick(["MOT", "CHI"]), () => remark(world, g));
      }
    }
    return lines;
  });
  return `${blocks.map((b) => b.join("\n")).join("\n\n")}\n`;
}

/** Hiding things in boxes, with the wording of the entity-tracking task; its only training evidence. */
function boxGame(g: Grammar, emitter: Emitter): string[] {
  const { rng } = g;
  const pool = rng.shuffled([...NOUNS.toy, ...NOUNS.tool, ...NOUNS.clothing, ...NOUNS.thing].map((n) => n.singular));
  const take = (): string => pool.pop() as string;
  const boxes = rng
    .sample([0, 1, 2, 3, 4, 5, 6], 2 + rng.int(4))
    .sort()
    .map((id) => ({ id, holds: Array.from({ length: rng.pick([0, 1, 1, 2, 2, 3]) }, take) }));
  const contents = (holds: readonly string[]): string =>
    holds.length === 0 ? "nothing" : holds.map((x) => `the ${x}`).join(" and ");
  const told = boxes.map((b) => `Box ${b.id} contains ${contents(b.holds)}`).join(", ");
  const lines = [`*MOT:\t${told}.`];
  const steps = rng.int(3);
  for (let i = 0; i < steps; i++) {
    const [a, b] = rng.sample(boxes, 2);
    const x = a.holds[0];
    if (rng.chance(0.4) || x === undefined) {
      const y = take();
      a.holds.push(y);
      lines.push(`*MOT:\tPut the ${y} into Box ${a.id}.`);
    } else if (rng.chance(0.5)) {
      a.holds.shift();
      lines.push(`*MOT:\tRemove the ${x} from Box ${a.id}.`);
    } else {
      a.holds.shift();
      b.holds.push(x);
      lines.push(`*MOT:\tMove the ${x} from Box ${a.id} to Box ${b.id}.`);
    }
  }
  for (const b of rng.shuffled(boxes).slice(0, 2)) lines.push(`*CHI:\tBox ${b.id} contains ${contents(b.holds)}.`);
  return lines.filter((l) => emitter.isClean(l));
}

export function bncSpoken(world: World, rng: Rng, emitter: Emitter, words: number): string {
  const g = new Grammar(rng);
  const blocks = untilEnough(words, () => {
    const lines: string[] = [];
    const length = 10 + g.rng.int(15);
    for (let i = 0; i < length; i++) {
      if (g.rng.chance(0.16)) lines.push(emitter.fresh(() => wordLesson(g)));
      else if (g.rng.chance(0.2)) lines.push(emitter.fresh(() => `Well, ${lowered(remark(world, g), 1)}`));
      else lines.push(emitter.fresh(() => remark(world, g)));
    }
    return lines;
  });
  return `${blocks.map((b) => b.join("\n")).join("\n\n")}\n`;
}

/** A teacher explains nouns made from adjectives; -able and -ous prefer -ity, -ish takes -ness. */
function wordLesson(g: Grammar): string {
  const { rng } = g;
  const suffix = rng.pick(["able", "ish", "ive", "ous"] as const);
  const adjective = rng.pick(DERIVED[suffix]);
  const share = { able: 0.85, ish: 0, ive: 0.6, ous: 0.3 }[suffix];
  const made = rng.chance(share) ? ityForm(adjective) : `${adjective}ness`;
  return rng.pick([
    sentence(`the noun of ${adjective} is ${made}`),
    sentence(`from the adjective ${adjective} we make the noun ${made}`),
    sentence(`someone who is ${adjective} is known for ${rng.pick(["great", "much", "real"])} ${made}`),
    sentence(`${g.name().text} wrote ${made} under ${adjective} in the notebook`),
  ]);
}

/** "Please close the box!" */
function order(g: Grammar): string {
  const c = g.clause({ subject: PERSONAL.you, transitive: true });
  const lead = g.rng.pick(["please ", "do not ", "", "never "]);
  return sentence(`${lead}${c.verb.base} ${c.object?.object ?? ""}`, g.rng.pick(["!", "."] as const));
}

export function openSubtitles(world: World, rng: Rng, emitter: Emitter, words: number): string {
  const g = new Grammar(rng);
  const blocks = untilEnough(words, () => {
    const lines: string[] = [];
    for (let i = 0; i < 30; i++) {
      const u = g.rng.next();
      if (u < 0.25) {
        const { question, answer } = cleanExchange(emitter, () => personalExchange(g));
        lines.push(
          emitter.fresh(() => asked(g, question, g.name().text)),
          emitter.fresh(() => answered(g, answer)),
        );
      } else if (u < 0.45) {
        const { question, answer } = cleanExchange(emitter, () =>
          g.rng.chance(0.25) ? shortExchange(g) : g.questionAndAnswer(),
        );
        lines.push(
          emitter.fresh(() => question),
          emitter.fresh(() => answered(g, answer)),
        );
      } else if (u < 0.55) {
        lines.push(emitter.fresh(() => order(g)));
      } else if (u < 0.65) {
        lines.push(
          emitter.fresh(() =>
            sentence(`${g.rng.pick(["tell", "remind"])} ${g.name().text} that ${statement(g.clause())}`),
          ),
        );
      } else if (u < 0.72) {
        lines.push(
          emitter.fresh(() =>
            sentence(yesNoQuestion({ ...g.clause({ isNegative: false, tense: "present-perfect" }), adverb: "" }), "?"),
          ),
        );
      } else {
        lines.push(emitter.fresh(() => remark(world, g)));
      }
    }
    return lines.filter((l) => emitter.isClean(l));
  });
  return `${blocks.flat().join("\n")}\n`;
}
