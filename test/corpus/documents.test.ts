import assert from "node:assert/strict";
import { test } from "node:test";
import { headingTitle, toDocuments } from "../../src/corpus/documents";
import { CORPUS_SOURCES, type CorpusSource } from "../../src/corpus/sources";

const documents = (source: CorpusSource, text: string, options = {}) => [
  ...toDocuments(source, text.split("\n"), options),
];

test("a heading line is a title for any number of equal signs", () => {
  assert.equal(headingTitle("= = = Water wheel = = ="), "Water wheel");
  assert.equal(headingTitle("= = = PG21374 = = ="), "PG21374");
  assert.equal(headingTitle("= Owl ="), "Owl");
  assert.equal(headingTitle("=== Owl"), null);
  assert.equal(headingTitle("2 + 2 = 4"), null);
});

test("articles begin at their headings and keep their paragraphs", () => {
  const found = documents(
    "simple_wiki",
    "tail of an article\n\n= = = Wolf = = =\n\nA wolf runs.\n\n\nIt eats.\n\n= = = Nothing = = =\n\n= = = Owl = = =\nAn owl flies.",
  );
  assert.deepEqual(
    found.map(({ id, title, lines }) => ({ id, title, lines })),
    [
      { id: "simple_wiki/1", title: null, lines: ["tail of an article"] },
      { id: "simple_wiki/2", title: "Wolf", lines: ["A wolf runs.", "", "It eats."] },
      { id: "simple_wiki/3", title: "Owl", lines: ["An owl flies."] },
    ],
  );
});

test("blanks around a heading do not matter: WikiText writes them", () => {
  assert.equal(headingTitle(" = Owl = "), "Owl");
  assert.equal(headingTitle("\t= = = Water wheel = = =\u00a0"), "Water wheel");
  const text = "= = = Apple = = =\nIt is round.\n\n = = = Pear = = = \nIt is sweet.";
  assert.deepEqual(
    documents("simple_wiki", text).map(({ title, lines }) => [title, lines]),
    [
      ["Apple", ["It is round."]],
      ["Pear", ["It is sweet."]],
    ],
  );
});

test("a blank line ends a conversation; after a heading it does not", () => {
  assert.deepEqual(
    documents("switchboard", "A:\tHi.\nB:\tHello.\n\nA:\tIs it late?").map(({ lines }) => lines.length),
    [2, 1],
  );
  assert.deepEqual(
    documents("childes", "= = = a.cha = = =\n*CHI:\tup.\n\n*MOT:\tno.\n= = = b.cha = = =\n*CHI:\tyes.").map(
      ({ lines }) => lines,
    ),
    [["*CHI:\tup.", "", "*MOT:\tno."], ["*CHI:\tyes."]],
  );
});

test("without marks, a telephone conversation ends after its farewells", () => {
  const text = [
    "A:\tWell, it was nice.",
    "A:\tBye-bye.",
    "B:\tThank you.",
    "B:\tBye.",
    "B:\tDo you have a dog?",
    "A:\tYes, I do.",
  ];
  assert.deepEqual(
    documents("switchboard", text.join("\n")).map(({ lines }) => lines.length),
    [4, 2],
  );
});

test("long text without marks is cut into documents of their own, a long book into parts of one group", () => {
  const line = "one two three four five six seven eight nine ten";
  const text = Array.from({ length: 30 }, () => line).join("\n");
  const options = { maxUnmarkedWords: 100, maxMarkedWords: 100 };
  assert.deepEqual(
    documents("bnc_spoken", text, options).map(({ id, group, lines }) => [id, group, lines.length]),
    [
      ["bnc_spoken/1", "bnc_spoken/1", 10],
      ["bnc_spoken/2", "bnc_spoken/2", 10],
      ["bnc_spoken/3", "bnc_spoken/3", 10],
    ],
  );
  assert.deepEqual(
    documents("gutenberg", `= = = PG1 = = =\n${text}\n= = = PG2 = = =\n${line}`, options).map(({ id, group }) => [
      id,
      group,
    ]),
    [
      ["gutenberg/1.1", "gutenberg/1"],
      ["gutenberg/1.2", "gutenberg/1"],
      ["gutenberg/1.3", "gutenberg/1"],
      ["gutenberg/2", "gutenberg/2"],
    ],
  );
});

test("no line is lost or repeated, for any marks", () => {
  const lines = Array.from({ length: 500 }, (_, i) =>
    i % 17 === 0 ? "" : i % 41 === 0 ? `= = = T${i} = = =` : `A:\tword ${i} and more`,
  );
  for (const source of CORPUS_SOURCES) {
    const out = [...toDocuments(source, lines, { maxUnmarkedWords: 37, maxMarkedWords: 53 })];
    assert.deepEqual(
      out.flatMap((document) => document.lines.filter((line) => line !== "")),
      lines.filter((line) => line !== "" && headingTitle(line) === null),
    );
    assert.equal(new Set(out.map(({ id }) => id)).size, out.length, "ids are unique");
  }
});
