import assert from "node:assert/strict";
import { test } from "node:test";
import {
  buildInstructionSet,
  divideInstructionSet,
  instructionWords,
  toRow,
} from "../../src/augmentation/instruction-set";
import type { PromptForm } from "../../src/augmentation/prompt-form";
import type { Article } from "../../src/augmentation/teacher";
import { templateTeacher } from "../../src/augmentation/template-teacher";
import type { CorpusDocument } from "../../src/corpus/load-corpus";
import { planSplit } from "../../src/corpus/split";

const NAMES = ["Mira", "Tom", "Ana", "Piet", "Lena", "Karl", "Ida", "Otto"];

function makeDocuments(): CorpusDocument[] {
  const documents: CorpusDocument[] = [];
  for (let i = 0; i < 40; i++) {
    const turns = Array.from({ length: 12 }, (_, k) => `${k % 2 ? "B" : "A"}: we said line ${k} of talk ${i}`);
    documents.push(make("switchboard", i, null, turns.join("\n")));
    const name = `${NAMES[i % 8]} ${"abcdefghij"[i % 10].toUpperCase()}ell`;
    const text = `${name} ${i}\n${name} ${i} is a baker from Lowmere. She was born in a mill. She moved to Harth ${i} years ago. She sells bread.`;
    documents.push(make("simple_wiki", i, `${name} ${i}`, text));
  }
  documents.push(make("childes", 1, null, "CHI: more milk please"));
  return documents;
}

function make(source: CorpusDocument["source"], i: number, title: string | null, text: string): CorpusDocument {
  return { source, id: `${source}/${i}`, group: `${source}/${i}`, title, text, words: text.split(/\s+/).length };
}

const documents = makeDocuments();

test("both sets are built; rows of one document are all on one side", async () => {
  const { train, validation, report, lessons } = await buildInstructionSet(documents, {
    teacher: templateTeacher,
    seed: 3,
  });
  assert.equal(train.length + validation.length, 40 * 11 + 40 * 3);
  assert.equal(lessons.length, 40);
  const trainDocuments = new Set(train.map(({ documentId }) => documentId));
  assert.ok(validation.every(({ documentId }) => !trainDocuments.has(documentId)));
  assert.ok(validation.length > 0.05 * 560 && validation.length < 0.15 * 560);
  assert.equal(
    report.counts.reduce((sum, { rows }) => sum + rows, 0),
    560,
  );
  assert.deepEqual(report.articles, { asked: 40, untitled: 0, tooShort: 0, laterParts: 0 });
  for (const row of train) assert.equal(row.text, `${row.prompt}\n${row.reply}`);
});

test("a wiki prompt is the article with the question by default; the form is a setting and in the report", async () => {
  const common = { teacher: templateTeacher, seed: 3 };
  const wiki = async (promptForm?: PromptForm) => {
    const set = await buildInstructionSet(documents, { ...common, ...(promptForm && { promptForm }) });
    const row = set.train.find(({ source }) => source === "simple_wiki");
    return { form: set.report.promptForm, prompt: row?.prompt ?? "", documentId: row?.documentId };
  };
  const both = await wiki();
  const question = await wiki("question");
  const article = await wiki("article");
  assert.deepEqual([both.form, question.form, article.form], ["article-and-question", "question", "article"]);
  const text = documents.find(({ group }) => group === both.documentId)?.text ?? "";
  assert.equal(article.prompt, text.slice(text.indexOf("\n") + 1)); // without the title
  assert.equal(both.prompt, `${article.prompt}\n${question.prompt}`);
});

test("the prompt has all parts of a long article, the teacher reads the beginning", async () => {
  const sentence = (i: number) => `Mira Bell sold bread number ${i} in the old mill of Lowmere.`;
  const part = (from: number) => `Mira Bell\n${Array.from({ length: 40 }, (_, i) => sentence(from + i)).join(" ")}`;
  const parts = [make("simple_wiki", 1, "Mira Bell", part(0)), make("simple_wiki", 1, "Mira Bell", part(40))];
  const lessonsOf = { teacher: templateTeacher, seed: 1, maxWords: 100 };
  const { train, validation, lessons } = await buildInstructionSet(parts, lessonsOf);
  const [row] = [...train, ...validation];
  assert.ok(row.prompt.startsWith(sentence(0)) && row.prompt.includes(sentence(79)));
  assert.ok(!lessons[0].article.text.includes(sentence(20)));
});

test("a word budget keeps whole documents, and the same seed the same ones", async () => {
  const options = { teacher: templateTeacher, seed: 3, wordBudget: 4000 };
  const { train, validation, report } = await buildInstructionSet(documents, options);
  const rows = [...train, ...validation];
  const words = report.counts.reduce((sum, count) => sum + count.words, 0);
  assert.ok(words <= 4000 && words > 3800, `${words} words`);
  for (const id of new Set(rows.map(({ documentId }) => documentId))) {
    const count = rows.filter(({ documentId }) => documentId === id).length;
    assert.equal(count, id.startsWith("switchboard") ? 11 : 3, id);
  }
  const again = await buildInstructionSet(documents, options);
  assert.deepEqual(again.train, train);
  const other = await buildInstructionSet(documents, { ...options, seed: 4 });
  assert.notDeepEqual(other.train, train);
  const small = await buildInstructionSet(documents, { ...options, wordBudget: 500 });
  const talks = [...small.train, ...small.validation].filter(({ source }) => source === "switchboard");
  assert.equal(small.report.overBudget[0].documents, 40 - new Set(talks.map((row) => row.documentId)).size);
});

test("once the budget is full, no further article is asked about", async () => {
  const articles = documents.filter(({ source }) => source === "simple_wiki");
  let asked = 0;
  const teacher = {
    name: "counting",
    ask: (article: Article) => {
      asked++;
      return templateTeacher.ask(article);
    },
  };
  const { report } = await buildInstructionSet(articles, { teacher, seed: 3, wordBudget: 300 });
  assert.ok(asked < 10, `${asked} of 40 articles were asked about`);
  assert.equal(report.articles.asked, asked);
  assert.ok(report.counts.reduce((sum, { words }) => sum + words, 0) <= 300);
});

test("a split of the whole corpus is kept", async () => {
  const split = planSplit(documents, { seed: 99 });
  const { train, validation } = await buildInstructionSet(documents, { teacher: templateTeacher, seed: 3, split });
  assert.ok(train.every(({ documentId }) => split.sideOf(documentId) === "train"));
  assert.ok(validation.every(({ documentId }) => split.sideOf(documentId) === "validation"));
});

test("a validation row that equals a training row is dropped and counted", async () => {
  const twins = [
    make("switchboard", 1, null, "A: one two three\nB: four five six\nA: mine alone"),
    make("switchboard", 2, null, "A: one two three\nB: four five six\nA: yours alone"),
  ];
  const split = {
    sideOf: (group: string) => (group.endsWith("/1") ? "train" : "validation") as "train" | "validation",
    has: () => true,
    counts: [],
    duplicates: 0,
  };
  const { train, validation, report } = await buildInstructionSet(twins, { teacher: templateTeacher, seed: 1, split });
  assert.equal(train.length, 2);
  assert.deepEqual(
    validation.map(({ reply }) => reply),
    ["yours alone"],
  );
  assert.equal(report.leakedRows, 1);
});

test("a turn that is a reply and then a prompt is counted once", () => {
  const rows = [
    { prompt: "a b", reply: "c d e" },
    { prompt: "c d e", reply: "f" },
    { prompt: "x y", reply: "z" },
  ];
  assert.equal(instructionWords(rows), 2 + 3 + 1 + 2 + 1);
});

test("a corpus without either source is refused", async () => {
  await assert.rejects(
    buildInstructionSet([documents[80]], { teacher: templateTeacher, seed: 1 }),
    /switchboard or simple_wiki/,
  );
});

test("a finished set is divided as one that is built: the same rows on the same sides, if its documents are known", async () => {
  const split = planSplit(documents, { seed: 3 });
  const built = await buildInstructionSet(documents, { teacher: templateTeacher, seed: 3, split });
  const rows = [...built.train, ...built.validation];
  const given = divideInstructionSet(rows, { name: "given", seed: 3, split });
  const sorted = (list: readonly object[]) => list.map((row) => JSON.stringify(row)).sort();
  assert.deepEqual(sorted(given.train), sorted(built.train));
  assert.deepEqual(sorted(given.validation), sorted(built.validation));
  assert.deepEqual(given.report.counts, built.report.counts);
});

test("documents outside the split are split themselves, a tenth of the words; a budget keeps whole documents", () => {
  const rows = Array.from({ length: 200 }, (_, i) =>
    toRow(`question ${i} of them?`, `answer ${i} is here.`, i < 100 ? "switchboard" : "simple_wiki", `d${i >> 1}`),
  );
  const { train, validation, report } = divideInstructionSet(rows, { name: "given", seed: 1 });
  assert.equal(train.length + validation.length, 200);
  assert.equal(validation.length, 20);
  const trained = new Set(train.map(({ documentId }) => documentId));
  assert.ok(validation.every(({ documentId }) => !trained.has(documentId)));
  const half = divideInstructionSet(rows, { name: "given", seed: 1, wordBudget: 150 * 8 });
  const words = half.report.counts.reduce((sum, c) => sum + c.words, 0);
  assert.equal(words, 150 * 8); // all of Switchboard and 25 documents of the other
  assert.equal(
    half.report.counts.filter((c) => c.source === "switchboard").reduce((sum, c) => sum + c.rows, 0),
    100,
  );
  assert.deepEqual(half.report.overBudget[1].rows, 50);
  assert.equal(report.teacher, "given");
  assert.throws(() => divideInstructionSet([], { name: "empty", seed: 1 }), /empty has no rows/);
});

test("a separate budget for Switchboard leaves words for the articles", async () => {
  const documents = makeDocuments();
  const options = { teacher: templateTeacher, seed: 1, wordBudget: 1200 };
  const wordsOf = (report: { counts: { source: string; words: number }[] }, source: string) =>
    report.counts.filter((c) => c.source === source).reduce((sum, c) => sum + c.words, 0);
  const greedy = await buildInstructionSet(documents, options);
  assert.ok(wordsOf(greedy.report, "switchboard") > 1000, "Switchboard is taken first");
  const shared = await buildInstructionSet(documents, { ...options, switchboardBudget: 300 });
  const talk = wordsOf(shared.report, "switchboard");
  assert.ok(talk > 0 && talk <= 300);
  assert.ok(wordsOf(shared.report, "simple_wiki") > wordsOf(greedy.report, "simple_wiki"));
  const rows = [...shared.train, ...shared.validation];
  const given = divideInstructionSet(rows, { name: "rows", seed: 1, wordBudget: 1200, switchboardBudget: 150 });
  assert.ok(wordsOf(given.report, "switchboard") <= 150);
});
