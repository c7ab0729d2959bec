/** @file The five files of the BLiMP supplement, with their real names and keys. */

import type { Rng } from "../../util/rng";
import { asPronoun, objectQuestion, PERSONAL, sentence, statement } from "../clause";
import { ANIMALS } from "../facts";
import { Grammar } from "../grammar";
import { NOUNS } from "../lexicon";
import { article } from "../morphology";

type Row = Record<string, unknown> & { sentence_good: string; sentence_bad: string };

export function supplement(rng: Rng, rows: number): Map<string, Row[]> {
  const make = (name: string, draw: (g: Grammar, i: number) => Row): [string, Row[]] => {
    const g = new Grammar(rng.fork(name));
    const seen = new Set<string>();
    const out: Row[] = [];
    for (let attempt = 0; out.length < rows; attempt++) {
      if (attempt > rows * 50) throw new Error(`supplement: ${name} has too few distinct rows`);
      const row = draw(g, out.length);
      if (seen.has(row.sentence_good) || row.sentence_good === row.sentence_bad) continue;
      seen.add(row.sentence_good);
      out.push(row);
    }
    return [name, out];
  };
  return new Map([
    make("hypernym", hypernym),
    make("qa_congruence_easy", qaEasy),
    make("qa_congruence_tricky", qaTricky),
    make("subject_aux_inversion", inversion),
    make("turn_taking", turnTaking),
  ]);
}

function hypernym(g: Grammar, i: number): Row {
  const { rng } = g;
  const a = rng.pick(ANIMALS);
  const other = rng.pick(ANIMALS.filter((b) => b.group !== a.group));
  const who = g.person({ number: "sg", plain: true });
  const she = asPronoun(who).text;
  const has = (x: string) => `${article(x)} ${x}`;
  switch (i % 3) {
    case 0:
      return {
        row: i,
        contrast: "base_and_hypernym/other",
        sentence_good: sentence(`${who.text} has ${has(a.name)}, so ${she} has ${has(a.group)}`),
        sentence_bad: sentence(`${who.text} has ${has(a.name)}, so ${she} has ${has(other.group)}`),
      };
    case 1:
      return {
        row: i,
        contrast: "hypernym_neg_and_base_neg/other",
        sentence_good: sentence(`${who.text} does not have ${has(a.group)}, so ${she} does not have ${has(a.name)}`),
        sentence_bad: sentence(`${who.text} does not have ${has(a.group)}, so ${she} does not have ${has(other.name)}`),
      };
    default:
      return {
        row: i,
        contrast: "base_and_hypernym/converse",
        sentence_good: sentence(`if ${who.text} has ${has(a.name)}, it must be true that ${she} has ${has(a.group)}`),
        sentence_bad: sentence(`if ${who.text} has ${has(a.group)}, it must be true that ${she} has ${has(a.name)}`),
      };
  }
}

/** With or without speaker labels, as in the real files. */
function dialogue(i: number, question: string, answer: string): string {
  if (i % 3 === 0) return `${question}\n${answer}`;
  return i % 3 === 1 ? `A: ${question}\nB: ${answer}` : `Mara: ${question}\nEmil: ${answer}`;
}

function qaEasy(g: Grammar, i: number): Row {
  const who = g.person({ plain: true });
  const wantsPerson = i % 2 === 0;
  for (;;) {
    const c = { ...g.clause({ subject: who, transitive: true, isNegative: false, tense: "past" }), adverb: "" };
    if ((c.object?.kind === "person") !== wantsPerson) continue;
    const person = g.rng.pick(NOUNS.person).singular;
    const thing = g.rng.pick(NOUNS[g.rng.pick(["thing", "tool", "furniture", "clothing"] as const)]).singular;
    const [right, wrong] = wantsPerson ? [person, thing] : [thing, person];
    const told = { ...c, subject: asPronoun(who) };
    const answer = (w: string) =>
      sentence(
        i % 4 < 2
          ? `${article(w)} ${w}`
          : statement({ ...told, object: { ...PERSONAL.it, object: `${article(w)} ${w}` } }),
      );
    const question = sentence(objectQuestion(c), "?");
    return {
      row: i,
      fragment: i % 4 < 2 ? "fragment" : "sentence",
      contrast: wantsPerson ? "animate vs. inanimate" : "inanimate vs. animate",
      sentence_good: dialogue(i, question, answer(right)),
      sentence_bad: dialogue(i, question, answer(wrong)),
    };
  }
}

/** Only the question word decides: who, where or when, with a verb that could take an object. */
function qaTricky(g: Grammar, i: number): Row {
  const { rng } = g;
  const verb = rng.pick([
    ["ate", "eat", "an apple"],
    ["read", "read", "a book"],
    ["cooked", "cook", "a pie"],
    ["painted", "paint", "a wall"],
    ["drove", "drive", "a cart"],
    ["sang", "sing", "a song"],
    ["wrote", "write", "a letter"],
    ["cleaned", "clean", "a chair"],
  ]);
  const who = g.person({ plain: true, number: "sg" });
  const place = g.where();
  const when = rng.pick(["last week", "last night", "yesterday", "this morning", "on Monday"]);
  const [question, right] =
    i % 3 === 0
      ? [`Who ${verb[0]}?`, who.text]
      : i % 3 === 1
        ? [sentence(`where did ${who.text} ${verb[1]}`, "?"), place]
        : [sentence(`when did ${who.text} ${verb[1]}`, "?"), when];
  return {
    row: i,
    fragment: "fragment",
    contrast: ["animate vs. inanimate (tricky)", "loc vs. NP (tricky)", "temp vs. NP (tricky)"][i % 3],
    sentence_good: dialogue(Math.floor(i / 3), question, sentence(right)),
    sentence_bad: dialogue(Math.floor(i / 3), question, sentence(verb[2])),
  };
}

function inversion(g: Grammar, i: number): Row {
  const { rng } = g;
  const head = g.rng.pick(NOUNS.person);
  const a = rng.pick(["is", "was"]);
  const b = rng.pick(["has", "can", "will"].filter((x) => x !== a));
  const inner = { is: "sleeping", was: "waiting" }[a] as string;
  const outer = { has: "seen the owl", can: "find the key", will: "buy a hat" }[b] as string;
  const where = g.where();
  const good = `${b} the ${head.singular} who ${a} ${inner} ${where} ${outer}`;
  const bad = `${a} the ${head.singular} who ${inner} ${where} ${b} ${outer}`;
  return {
    pair_ID: i,
    row: i,
    ambiguous: false,
    template: "1_RC_unambig_1",
    sentence_good: sentence(good, "?"),
    sentence_bad: sentence(bad, "?"),
  };
}

function turnTaking(g: Grammar, i: number): Row {
  const { rng } = g;
  const [q, right, wrong] = rng.pick([
    ["you", "I", "you"],
    ["you", "we", "you"],
    ["I", "you", "I"],
    ["she", "she", "I"],
    ["he", "he", "she"],
    ["they", "they", "he"],
    ["she", "she", "he"],
    ["they", "they", "she"],
  ] as const);
  const c = { ...g.clause({ subject: PERSONAL[q], isNegative: false, tense: "past" }), adverb: "" };
  const modal = rng.pick(["did", "should", "could", "will"]);
  const isYes = rng.chance(0.5);
  const tail = [c.verb.base, c.object?.object, c.rest.replace(/\w+sel(f|ves)$/, "")]
    .filter((x) => x !== undefined && x !== "")
    .join(" ");
  const question = sentence(`${modal} ${q} ${tail}`, "?");
  const answer = (p: string) => `${isYes ? "Yes" : "No"}, ${p} ${modal}${isYes ? "" : " not"}.`;
  return {
    quad: `(('${q}', '${right}'), ('${q}', '${wrong}'))`,
    type: "single",
    length: "short",
    other: null,
    sentence_good: dialogue(i, question, answer(right)),
    sentence_bad: dialogue(i, question, answer(wrong)),
  };
}
