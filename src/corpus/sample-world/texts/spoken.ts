/**
 * @file The spoken sources in their file formats.
 *
 * - `switchboard.train`: `A:\t...` / `B:\t...`, one utterance a line, a blank line between conversations
 * - `childes.train`: `*MOT:\t...` / `*CHI:\t...`, lower case but for names
 * - `bnc_spoken.train`: one utterance a line, no speakers, a blank line between recordings
 * - `open_subtitles.train`: one line of dialogue a line
 */

import type { Rng } from "../../../util/rng";
import { countWords } from "../../../util/text-file";
import type { Emitter } from "../emitter";
import { Grammar, nounPhrase, PERSONAL, sentence, statement, yesNoQuestion } from "../grammar";
import { DERIVED, FEMALE_NAMES, ityForm, MALE_NAMES, NOUNS } from "../lexicon";
import { article, noun, numberWord } from "../morphology";
import { ANIMALS, type World } from "../world";
import {
  aboutAnimals,
  aboutPerson,
  aboutThings,
  backchannel,
  comparisonSentence,
  consequence,
  type Exchange,
  inclusion,
  mirrored,
  personalExchange,
  workDay,
} from "./talk";

/** One source's worth of lines, made conversation by conversation until `words` words are there. */
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
  if (u < 0.5) return sentence(g.declarative());
  if (u < 0.62) return consequence(g);
  if (u < 0.7) return mirrored(g);
  if (u < 0.76) return inclusion(g);
  if (u < 0.82) return comparisonSentence(g);
  if (u < 0.9) return workDay(world, g);
  return sentence(statement(g.clause({ subject: g.rng.pick([PERSONAL.I, PERSONAL.we]) })));
}

function exchange(world: World, g: Grammar): Exchange[] {
  const u = g.rng.next();
  if (u < 0.25) return aboutPerson(g.rng.pick(world.people), g).slice(0, 3);
  if (u < 0.42) return aboutAnimals(g).slice(0, 2);
  if (u < 0.55) return aboutThings(g).slice(0, 2);
  if (u < 0.78) return [personalExchange(g)];
  return [g.questionAndAnswer()];
}

export function switchboard(world: World, rng: Rng, emitter: Emitter, words: number): string {
  const g = new Grammar(rng);
  const blocks = untilEnough(words, () => {
    const lines: string[] = [];
    let [asker, answerer] = ["A", "B"];
    const say = (who: string, draw: () => string) => lines.push(`${who}:\t${emitter.fresh(draw)}`);
    say("A", () => g.rng.pick(["Hi, how are you?", "Hello.", "Well, hello there.", "Good morning."]));
    say("B", () => g.rng.pick(["Fine, thank you.", "Hi.", "I am well.", "Good, and you?"]));
    const turns = 5 + g.rng.int(8);
    for (let t = 0; t < turns; t++) {
      if (g.rng.chance(0.62)) {
        for (const { question, answer } of exchange(world, g)) {
          if (!emitter.isClean(question) || !emitter.isClean(answer) || !emitter.isClean(`${question} ${answer}`))
            continue;
          lines.push(`${asker}:\t${question}`, `${answerer}:\t${answer}`);
        }
      } else {
        say(asker, () => remark(world, g));
        if (g.rng.chance(0.4)) say(asker, () => remark(world, g));
        say(answerer, () => backchannel(g));
      }
      if (g.rng.chance(0.4)) [asker, answerer] = [answerer, asker];
    }
    say(asker, () => g.rng.pick(["Well, it was nice to talk to you.", "I have to go now.", "Thank you for calling."]));
    say(answerer, () => g.rng.pick(["Bye.", "Bye-bye.", "You too."]));
    return lines;
  });
  return `${blocks.map((b) => b.join("\n")).join("\n\n")}\n`;
}

/** Lower case at the start unless a name or "I" stands there. */
function lowered(text: string): string {
  return text.replace(/(^|[.?!] )([A-Z])([a-z]*)/g, (all, before: string, first: string, rest: string) =>
    NAMES.has(first + rest) || (first === "I" && rest === "") ? all : before + first.toLowerCase() + rest,
  );
}
const NAMES = new Set([...FEMALE_NAMES, ...MALE_NAMES]);

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
        say("MOT", () => (plural ? "What are those?" : "What is that?"));
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
        say("MOT", () => sentence(`how many ${n.plural} do you see`, "?"));
        say("CHI", () => sentence(count === 1 ? `I see one ${n.singular}` : `I see ${numberWord(count)} ${n.plural}`));
      } else if (u < 0.44) {
        const a = g.rng.pick(ANIMALS);
        const isYes = g.rng.chance(0.5);
        say("CHI", () => sentence(`can ${article(a.name)} ${a.name} ${isYes ? a.can : a.cannot}`, "?"));
        say("MOT", () => (isYes ? "Yes, it can." : "No, it cannot."));
      } else if (u < 0.6) {
        const { question, answer } = personalExchange(g);
        say("MOT", () => question);
        say("CHI", () => answer);
      } else if (u < 0.7) {
        say("MOT", () =>
          sentence(
            g.rng.pick(["look at", "give me", "where is", "please take", "can you see"]) +
              ` ${g.np(g.rng.pick(["toy", "clothing", "food", "animal"] as const)).text}`,
            ".",
          ),
        );
        say("CHI", () => sentence(statement(g.clause({ subject: PERSONAL.I }))));
      } else if (u < 0.8) {
        const { question, answer } = g.questionAndAnswer();
        say("MOT", () => question);
        say("CHI", () => answer);
      } else if (u < 0.86) {
        lines.push(...boxGame(g, emitter).map(lowered));
      } else {
        say(g.rng.pick(["MOT", "CHI"]), () => remark(world, g));
      }
    }
    return lines;
  });
  return `${blocks.map((b) => b.join("\n")).join("\n\n")}\n`;
}

/** Hiding things in boxes: the only evidence for entity tracking. */
function boxGame(g: Grammar, emitter: Emitter): string[] {
  const { rng } = g;
  const boxes = rng.sample([0, 1, 2, 3, 4, 5, 6], 2);
  const things = rng.sample([...NOUNS.toy, ...NOUNS.tool, ...NOUNS.clothing], 3).map((n) => n.singular);
  return [
    `*MOT:\t${emitter.fresh(() => `Box ${boxes[0]} contains the ${things[0]}, Box ${boxes[1]} contains the ${things[1]}.`)}`,
    `*MOT:\tPut the ${things[2]} into Box ${boxes[1]}.`,
    `*CHI:\tBox ${boxes[0]} contains the ${things[0]}.`,
    `*CHI:\tBox ${boxes[1]} contains the ${things[1]} and the ${things[2]}.`,
  ];
}

export function bncSpoken(world: World, rng: Rng, emitter: Emitter, words: number): string {
  const g = new Grammar(rng);
  const blocks = untilEnough(words, () => {
    const lines: string[] = [];
    const length = 10 + g.rng.int(15);
    for (let i = 0; i < length; i++) {
      if (g.rng.chance(0.16)) lines.push(emitter.fresh(() => wordLesson(g)));
      else if (g.rng.chance(0.2)) lines.push(emitter.fresh(() => `Well, ${lowered(remark(world, g))}`));
      else lines.push(emitter.fresh(() => remark(world, g)));
    }
    return lines;
  });
  return `${blocks.map((b) => b.join("\n")).join("\n\n")}\n`;
}

/** A teacher on nouns made from adjectives; -able and -ous prefer -ity, -ish takes -ness. */
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

export function openSubtitles(world: World, rng: Rng, emitter: Emitter, words: number): string {
  const g = new Grammar(rng);
  const blocks = untilEnough(words, () => {
    const lines: string[] = [];
    for (let i = 0; i < 30; i++) {
      const u = g.rng.next();
      if (u < 0.25) {
        const { question, answer } = personalExchange(g);
        lines.push(
          emitter.fresh(() => question),
          emitter.fresh(() => answer),
        );
      } else if (u < 0.45) {
        const { question, answer } = g.questionAndAnswer();
        lines.push(question, answer);
      } else if (u < 0.55) {
        const order = g.clause({ subject: PERSONAL.you, transitive: true });
        lines.push(
          emitter.fresh(() =>
            sentence(
              `${g.rng.pick(["please ", "do not ", "", "never "])}${order.verb.base} ${g.np(g.rng.pick(["thing", "food", "animal"] as const)).text}`,
              g.rng.pick(["!", "."] as const),
            ),
          ),
        );
      } else if (u < 0.65) {
        lines.push(
          emitter.fresh(() =>
            sentence(
              `${g.rng.pick(["tell", "ask", "thank"])} ${nounPhrase(g.name().text, "person").text} that ${statement(g.clause())}`
                .replace("ask", "tell")
                .replace("thank", "remind"),
            ),
          ),
        );
      } else if (u < 0.72) {
        lines.push(
          emitter.fresh(() =>
            sentence(
              yesNoQuestion({ ...g.clause({ isNegative: false, tense: "present-perfect" }), adverb: "" }).replace(
                /^(\w+) /,
                "$1 ",
              ),
              "?",
            ),
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

/** Plural of a word, for callers that hold only the singular. */
export const pluralOf = (singular: string): string => noun(singular).plural;
