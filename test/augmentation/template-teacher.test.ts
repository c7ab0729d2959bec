import assert from "node:assert/strict";
import { test } from "node:test";
import { askTeacher } from "../../src/augmentation/ask-teacher";
import { articlesOf } from "../../src/augmentation/simple-wikipedia";
import { templatePairs, templateTeacher } from "../../src/augmentation/template-teacher";
import { contentWords, groundedShare, validatePairs } from "../../src/augmentation/validate";
import { loadCorpus } from "../../src/corpus/load-corpus";
import { referencePath, skipWithout } from "../support/reference";

const owl = {
  id: "simple_wiki/1",
  title: "River owl",
  text:
    "A river owl is a large bird of the Moss Valley. It lives in old willows near the water. It eats fish and frogs. " +
    "The bird was first described in 1904 by the painter Ana Brill.\nIts feathers are grey because the willows are grey. " +
    "River owls sing at dawn.",
};
const painter = {
  id: "simple_wiki/2",
  title: "Ana Brill (painter)",
  text:
    "Ana Brill (born May 3, 1880) was a painter from Lowmere. She was born in a mill. She moved to Harth in 1901. " +
    "Her best known picture shows a river owl. She died of a fever in 1931.",
};

test("an article gets three different questions with answers in its own sentences", () => {
  for (const article of [owl, painter]) {
    const pairs = templatePairs(article);
    assert.equal(pairs.length, 3);
    assert.deepEqual(validatePairs(pairs, article).rejected, []);
    const known = contentWords(`${article.title} ${article.text}`);
    for (const { answer } of pairs) assert.equal(groundedShare(answer, known), 1);
  }
});

test("the first question asks what, or who, the article is about", () => {
  assert.equal(templatePairs(owl)[0].question, "What is a river owl?");
  assert.equal(templatePairs(painter)[0].question, "Who was Ana Brill?");
  assert.match(
    templatePairs(painter)[0].answer,
    /^Ana Brill \(born May 3, 1880\) was a painter from Lowmere\. She was born in a mill\./,
  );
});

test("a question asks for what its answer's first sentence says, and no answer opens with a pronoun", () => {
  const questions = new Map(templatePairs(owl).map(({ question, answer }) => [question, answer]));
  for (const [question, start] of [
    ["Where does a river owl live?", "A river owl lives in old willows near the water."],
    ["What does a river owl eat?", "A river owl eats fish and frogs."],
  ]) {
    const answer = questions.get(question);
    if (answer !== undefined) assert.ok(answer.startsWith(start), answer);
  }
  for (const article of [owl, painter]) {
    for (const { answer } of templatePairs(article))
      assert.doesNotMatch(answer, /^(?:He|She|It|They|His|Her|Its|Their)\b/);
  }
});

test("a definition that lost its subject gets it back", () => {
  const pairs = templatePairs({
    id: "x",
    title: "Mai Brill",
    text: "is a football player. She played for Lowmere. She was born in Harth. She lives there.",
  });
  assert.ok(pairs[0].answer.startsWith("Mai Brill is a football player."), pairs[0].answer);
  assert.equal(pairs[0].question, "Who is Mai Brill?");
});

test("templates ask exactly, and put verbs into their base form", () => {
  const ask = (title: string, sentence: string) => {
    const filler = "Nobody knew that. The rain came. The day was long.";
    const article = { id: "x", title, text: `${sentence} ${filler}` };
    return templatePairs(article).map(({ question }) => question);
  };
  const cases: [string, string, string][] = [
    ["Mill", "A mill stands near the river.", "Where does a mill stand?"],
    ["Ana Brill", "Ana Brill (born 1880) wrote two books.", "What did Ana Brill write?"],
    ["Ana Brill", "Ana Brill was born in a mill and Ana moved.", "Where was Ana Brill born?"],
    ["Harth", "Harth has a population of 900.", "How many people live in Harth?"],
    ["Baker", "A baker carries the flour.", "What does a baker carry?"],
    ["Teacher", "A teacher watches the children.", "What does a teacher watch?"],
    ["Moss (plant)", "Moss is green because it rains.", "Why is Moss green?"],
    ["Moss", "Moss is used to pack glasses.", "What is Moss used for?"],
  ];
  for (const [title, sentence, question] of cases) {
    assert.ok(ask(title, sentence).includes(question), `${sentence} -> ${ask(title, sentence).join(" ")}`);
  }
});

test("the same article gives the same pairs, and a short one gives fewer", async () => {
  assert.deepEqual(await templateTeacher.ask(owl), await templateTeacher.ask({ ...owl, id: "elsewhere" }));
  assert.ok(templatePairs({ id: "x", title: "Moss", text: "Moss is a green plant. It is soft and wet." }).length < 3);
  assert.deepEqual(templatePairs({ id: "x", title: "Moss", text: "" }), []);
});

test("on real Simple Wikipedia nearly all pairs are accepted", {
  skip: skipWithout("data/babylm_text/train_600k"),
}, async () => {
  const folder = referencePath("data/babylm_text/train_600k") as string;
  const { articles } = articlesOf(loadCorpus(folder, { sources: ["simple_wiki"] }).documents);
  const lessons = await askTeacher(templateTeacher, articles.slice(0, 1000));
  const accepted = lessons.reduce((sum, lesson) => sum + lesson.accepted.length, 0);
  assert.ok(accepted >= 2980, `${accepted} of 3000 pairs accepted`);
});
