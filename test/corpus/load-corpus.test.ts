import assert from "node:assert/strict";
import { test } from "node:test";
import { loadCorpus, streamCorpus, unwrap } from "../../src/corpus/load-corpus";
import { referencePath, skipWithout } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";

test("Switchboard: a speaker's utterances become one turn, short turns go, and what then meets is one turn", (t) => {
  const folder = temporaryFolder(t, {
    "switchboard.train":
      "A:\tI like dogs,\nA:\ta lot.\nB:\tUh-huh.\nA:\tNot at night.\nB:\tOh.\nB:\tAnd why?\nA:\tBecause.\n",
  });
  const { documents } = loadCorpus(folder, { sources: ["switchboard"] });
  assert.deepEqual(
    documents.map(({ text }) => text),
    ["A: I like dogs, a lot. Not at night.\nB: Oh. And why?"],
  );
  assert.equal(documents[0].words, 13);
  const apart = loadCorpus(folder, { sources: ["switchboard"], mergeTurns: false, keepSpeakers: false });
  assert.equal(apart.documents[0].text, "I like dogs,\nNot at night.");
});

test("an absent source is reported, an empty file too, and a folder without any text is refused", (t) => {
  const folder = temporaryFolder(t, { "childes.train": "*CHI:\twhere is the cat?\n", "gutenberg.train": "" });
  const { report, documents } = loadCorpus(folder);
  assert.deepEqual(
    report.sources.map(({ source, status }) => `${source} ${status}`),
    [
      "childes read",
      "bnc_spoken absent",
      "gutenberg empty",
      "open_subtitles absent",
      "simple_wiki absent",
      "switchboard absent",
    ],
  );
  assert.equal(documents.length, 1);
  assert.throws(() => loadCorpus(temporaryFolder(t)), /has no text of childes, bnc_spoken.*npm run data/);
  assert.throws(() => streamCorpus(`${folder}/nowhere`), /no such folder/);
});

test("file names of other releases are found", (t) => {
  const folder = temporaryFolder(t, {
    "childes.train.txt": "*CHI:\tone two three.\n",
    "bnc_spoken.dev": "this is a line of speech\n",
  });
  assert.equal(loadCorpus(folder, { sources: ["childes", "bnc_spoken"] }).documents.length, 2);
});

test("articles begin with their title, which is not part of the paragraphs", (t) => {
  const folder = temporaryFolder(t, {
    "simple_wiki.train": "= = = Wolf = = =\n\nA wolf is an animal.\n\nIt lives in the wood.\n",
  });
  const [wolf] = loadCorpus(folder, { sources: ["simple_wiki"] }).documents;
  assert.equal(wolf.text, "Wolf\nA wolf is an animal.\nIt lives in the wood.");
  const [bare] = loadCorpus(folder, { sources: ["simple_wiki"], keepTitles: false }).documents;
  assert.equal(bare.text, "A wolf is an animal.\nIt lives in the wood.");
});

test("hard-wrapped lines become paragraphs again", () => {
  const a = "It was a bright cold day in the valley, and the clocks were all";
  const b = "striking ten while Mira went down to the river with her basket";
  assert.deepEqual(unwrap([a, b, "and came home.", "", "The next day it rained."]), [
    `${a} ${b} and came home.`,
    "The next day it rained.",
  ]);
});

test("the words that came in are all accounted for, step by step", (t) => {
  const folder = temporaryFolder(t, {
    "childes.train": "= = = a/b.cha = = =\n*CHI:\tmore [x] milk * please now.\n*MOT:\tno.\n%add:\tBRO x\n",
    "simple_wiki.train": "= = = Big Wolf = = =\n\nA &lt;br&gt; wolf runs.\n\nShort one.\n",
    "switchboard.train": "A:\tThis is it.\nA:\tThis is it again.\nB:\tOh no wait.\n\nB:\tYes.\n",
    "open_subtitles.train": "- What was that?\n♪ la la la\n",
  });
  const { report } = loadCorpus(folder);
  for (const { source, wordsIn, wordsOut, steps } of report.sources) {
    const gone = steps.reduce((sum, { droppedWords, removedWords }) => sum + droppedWords + removedWords, 0);
    assert.equal(wordsIn - gone, wordsOut, source);
  }
});

test("streaming gives the same documents as loading, and the same bytes twice", (t) => {
  const folder = temporaryFolder(t, {
    "bnc_spoken.train": Array.from({ length: 900 }, (_, i) => `this is spoken line ${i}`).join("\n"),
  });
  const once = loadCorpus(folder, { sources: ["bnc_spoken"] });
  const { documents, report } = streamCorpus(folder, { sources: ["bnc_spoken"] });
  assert.deepEqual([...documents], once.documents);
  assert.deepEqual(report, once.report);
});

test("a file that lost its line breaks gives the documents it would have given", (t) => {
  const lines: string[] = [];
  for (let i = 0; i < 200; i++) {
    lines.push(`= = = childes/x/${i}.cha = = =`);
    for (let k = 0; k < 9; k++) lines.push(`*${k % 2 ? "CHI" : "MOT"}:\tthis is utterance ${k} of ${i}.`);
  }
  const whole = temporaryFolder(t, { "childes.train": lines.join("\n") });
  const lost = temporaryFolder(t, { "childes.train": lines.join(" ").replaceAll("\t", " ") });
  const a = loadCorpus(whole, { sources: ["childes"] });
  const b = loadCorpus(lost, { sources: ["childes"] });
  assert.deepEqual(b.documents, a.documents);
  assert.equal(b.report.sources[0].linesRestored, lines.length);
});

test("real BabyLM samples, with and without line breaks, are read whole", {
  skip: skipWithout("data/babylm_text"),
}, () => {
  const expected: [string, "switchboard" | "simple_wiki" | "childes", number][] = [
    ["train_10M", "switchboard", 146_789], // words by `wc -w`
    ["train_600k", "simple_wiki", 600_000],
    ["train_600k", "childes", 600_000],
  ];
  for (const [folder, source, words] of expected) {
    const { documents, report } = loadCorpus(referencePath(`data/babylm_text/${folder}`) as string, {
      sources: [source],
    });
    const [{ wordsIn, wordsOut, steps }] = report.sources;
    assert.equal(wordsIn, words);
    assert.equal(
      documents.reduce((sum, document) => sum + document.words, 0),
      wordsOut,
    );
    const gone = steps.reduce((sum, { droppedWords, removedWords }) => sum + droppedWords + removedWords, 0);
    assert.equal(wordsIn - gone, wordsOut);
    assert.ok(
      documents.length > 80 && wordsOut > 0.65 * words,
      `${source}: ${documents.length} documents, ${wordsOut} words`,
    );
  }
});
