/** @file `gutenberg.train`: stories in chapters; paragraphs of prose separated by blank lines. */

import type { Rng } from "../../util/rng";
import { countWords } from "../../util/text-file";
import { asPronoun, nounPhrase, sentence, statement } from "../clause";
import type { Emitter } from "../emitter";
import { Grammar } from "../grammar";
import { NOUNS } from "../lexicon";
import { article, numberWord, verb } from "../morphology";
import type { Person, World } from "../world";
import { consequence } from "./talk";

export function gutenberg(world: World, rng: Rng, emitter: Emitter, words: number): string {
  const g = new Grammar(rng);
  const paragraphs: string[] = [];
  let count = 0;
  for (let chapter = 1; count < words; chapter++) {
    const hero = g.rng.pick(world.people);
    const helper = g.rng.pick(world.people);
    paragraphs.push(`CHAPTER ${numberWord(((chapter - 1) % 99) + 1).toUpperCase()}`);
    const length = 5 + g.rng.int(6);
    for (let i = 0; i < length; i++) {
      const text = paragraph(hero, helper, g, emitter, i === 0);
      paragraphs.push(text);
      count += countWords(text);
    }
  }
  return `${paragraphs.join("\n\n")}\n`;
}

function paragraph(hero: Person, helper: Person, g: Grammar, emitter: Emitter, isFirst: boolean): string {
  const { rng } = g;
  const name = { ...nounPhrase(hero.name, "person", "sg", hero.gender), isName: true };
  const she = asPronoun(name);
  const out: string[] = [];
  if (isFirst) {
    out.push(
      emitter.fresh(() =>
        sentence(
          `${rng.pick(["once upon a time", "long ago", "in those days", "many years ago"])} there lived in ${hero.town.name} ${article(hero.trait)} ${hero.trait} ${hero.job.name} whose name was ${hero.name}`,
        ),
      ),
      emitter.fresh(() =>
        sentence(
          `${she.text} ${verb(hero.job.verb).past} ${hero.job.object} ${rng.pick(["all day long", "from morning to night", "for everyone in the town", "with great care"])} and ${statement(g.clause({ subject: she, tense: "past" }))}`.replace(
            / and (she|he) /,
            " and ",
          ),
        ),
      ),
    );
  }
  const length = 4 + rng.int(4);
  for (let i = 0; i < length; i++) {
    const u = rng.next();
    const subject = rng.pick([name, she, she]);
    out.push(
      emitter.fresh(() => {
        if (u < 0.34)
          return sentence(
            statement(
              g.clause({ subject, tense: rng.pick(["past", "past", "past-perfect", "past-progressive"] as const) }),
            ),
          );
        if (u < 0.44) return speech(helper, g);
        if (u < 0.52) return consequence(g);
        if (u < 0.6) return sentence(`${rng.pick(ADJUNCTS)}, ${statement(g.clause({ subject, tense: "past" }))}`);
        if (u < 0.66)
          return sentence(
            `${she.text} ${rng.pick(["felt", "seemed", "looked", "became", "was"])} ${g.adjective("person")}, for ${statement(g.clause({ tense: "past-perfect" }))}`,
          );
        if (u < 0.7)
          return sentence(
            `it was a ${rng.pick(["cold", "warm", "dark", "bright", "quiet", "stormy"])} ${rng.pick(["morning", "evening", "night", "day"])}, and ${statement(g.clause({ tense: "past" }))}`,
          );
        if (u < 0.74)
          return sentence(
            `${g.np(rng.pick(["thing", "tool", "text"] as const), { number: "sg" }).text} lay on ${g.np("furniture", { number: "sg", plain: true }).text}, and nobody had ever ${rng.pick(["touched", "seen", "moved", "opened"])} it`,
          );
        return sentence(g.declarative());
      }),
    );
  }
  return out.join(" ");
}

const ADJUNCTS = [
  "in the evening",
  "at last",
  "one day",
  "after a while",
  "early the next morning",
  "in the middle of the night",
  "without a word",
  "when the rain had stopped",
  "before the sun rose",
  "as soon as the bell rang",
];

function speech(helper: Person, g: Grammar): string {
  const { rng } = g;
  const said = rng.pick(["said", "whispered", "answered", "cried", "asked"]);
  if (said === "asked") {
    return `"${g.questionAndAnswer().question}" asked ${helper.name}.`;
  }
  const what = sentence(g.declarative()).slice(0, -1);
  const noun = rng.pick(NOUNS.person).singular;
  return `"${what}," ${said} ${rng.chance(0.6) ? helper.name : `the ${noun}`}.`;
}
