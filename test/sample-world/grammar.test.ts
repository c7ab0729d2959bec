/** @file Agreement is checked by reading sentences back with rules written apart from the grammar. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  adverbialQuestion,
  asPronoun,
  type Clause,
  nounPhrase,
  objectQuestion,
  PERSONAL,
  reflexive,
  sentence,
  shortAnswer,
  statement,
  subjectQuestion,
  yesNoQuestion,
} from "../../src/sample-world/clause";
import { Grammar } from "../../src/sample-world/grammar";
import { FEMALE_NAMES, MALE_NAMES, NOUNS } from "../../src/sample-world/lexicon";
import { verb } from "../../src/sample-world/morphology";
import { Rng } from "../../src/util/rng";

const mara = { ...nounPhrase("Mara", "person", "sg", "f"), isName: true };
const event: Clause = {
  subject: mara,
  verb: verb("steal"),
  object: nounPhrase("the hat", "clothing"),
  rest: "",
  tense: "past",
  modal: "can",
  isNegative: false,
  adverb: "yesterday",
};

test("one event becomes a statement, a negation, a question and an answer", () => {
  assert.equal(statement(event), "Mara stole the hat yesterday");
  assert.equal(statement({ ...event, isNegative: true }), "Mara did not steal the hat yesterday");
  assert.equal(yesNoQuestion(event), "did Mara steal the hat yesterday");
  assert.equal(objectQuestion(event), "what did Mara steal yesterday");
  assert.equal(subjectQuestion(event), "who stole the hat yesterday");
  assert.equal(adverbialQuestion(event, "where"), "where did Mara steal the hat");
  assert.equal(shortAnswer(event, true), "yes, she did");
  assert.equal(shortAnswer({ ...event, tense: "present-perfect" }, false), "no, she has not");
});

test("auxiliaries agree in every tense", () => {
  const say = (subject: Clause["subject"], tense: Clause["tense"]) =>
    statement({ ...event, subject, tense, adverb: "" });
  const girls = nounPhrase("the girls", "person", "pl");
  assert.equal(say(mara, "present"), "Mara steals the hat");
  assert.equal(say(girls, "present"), "the girls steal the hat");
  assert.equal(say(girls, "present-progressive"), "the girls are stealing the hat");
  assert.equal(say(PERSONAL.I, "present-progressive"), "I am stealing the hat");
  assert.equal(say(PERSONAL.you, "past-progressive"), "you were stealing the hat");
  assert.equal(say(mara, "present-perfect"), "Mara has stolen the hat");
  assert.equal(say(girls, "present-perfect"), "the girls have stolen the hat");
  assert.equal(say(girls, "modal"), "the girls can steal the hat");
  assert.equal(
    statement({ ...event, tense: "present-perfect", middle: "never", adverb: "" }),
    "Mara has never stolen the hat",
  );
});

test("pronouns and reflexives agree in gender and number", () => {
  assert.equal(asPronoun(mara).text, "she");
  assert.equal(asPronoun(mara).object, "her");
  assert.deepEqual([mara, PERSONAL.he, PERSONAL.they, PERSONAL.we, PERSONAL.I].map(reflexive), [
    "herself",
    "himself",
    "themselves",
    "ourselves",
    "myself",
  ]);
});

test("2,000 drawn sentences: determiners fit their nouns, and a name's reflexive has its gender", () => {
  const g = new Grammar(Rng.fromSeed("grammar-test"));
  const plurals = new Set(
    Object.values(NOUNS).flatMap((list) => list.filter((n) => n.singular !== n.plural).map((n) => n.plural)),
  );
  const singulars = new Set(
    Object.values(NOUNS).flatMap((list) => list.filter((n) => n.singular !== n.plural).map((n) => n.singular)),
  );
  const [female, male] = [new Set(FEMALE_NAMES), new Set(MALE_NAMES)];
  let checked = 0;
  for (let i = 0; i < 2000; i++) {
    const text = sentence(g.declarative());
    assert.match(text, /^[A-Z][^.?!]*\.$/);
    assert.doesNotMatch(text, / {2}|undefined|null/);
    for (const [, one] of text.matchAll(/\b(?:this|that|a|an|every|each) (\w+)/gi)) {
      if (/\b(?:this|a|an|every|each)\b/i.test(text) && plurals.has(one) && !singulars.has(one)) {
        assert.doesNotMatch(text, new RegExp(`\\b(?:this|a|an|every|each) ${one}\\b`, "i"));
      }
      checked++;
    }
    for (const [, many] of text.matchAll(/\b(?:these|those|many|several) (\w+)/gi)) {
      assert.ok(!singulars.has(many) || plurals.has(many), text);
      checked++;
    }
    const own = /^([A-Z][a-z]+) (?:has |could |will |must |had )?(?:\w+ )?(herself|himself)\b/.exec(text);
    if (own !== null && female.has(own[1])) assert.equal(own[2], "herself", text);
    if (own !== null && male.has(own[1])) assert.equal(own[2], "himself", text);
  }
  assert.ok(checked > 500, `${checked} determiners`);
});
