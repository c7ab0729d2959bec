/** @file Files in formats of their own become the files that the package reads; all small inputs are our own. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { loadCorpus } from "../../src/corpus/load-corpus";
import { type DataSet, findDataSet, readCatalogue } from "../../src/data-sets/catalogue";
import { fetchDataSet } from "../../src/data-sets/fetch";
import { importDataSet } from "../../src/data-sets/import";
import { readLedger } from "../../src/data-sets/ledger";
import { readStandIns } from "../../src/tasks/stand-ins";
import { glueTask, loadGlue } from "../../src/tasks/superglue";
import { projectRoot } from "../../src/util/project-root";
import { sha256File } from "../../src/util/sha256";
import { referencePath, skipWithout } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";

const CATALOGUE = readCatalogue(path.join(projectRoot(), "data", "sources.json"));

/** The committed entry; known checksums, which small files of ours cannot have, taken out. */
function entry(name: string): DataSet {
  const dataSet = findDataSet(CATALOGUE, name);
  return { ...dataSet, imports: dataSet.imports.map((part) => ({ ...part, files: [] })) };
}

const jsonl = (rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");
const read = (folder: string, name: string) => fs.readFileSync(path.join(folder, name), "utf8");

test("Zorro: the even line is the grammatical one", async (t) => {
  const from = temporaryFolder(t, {
    "sentences/babyberta/island-effects-made_up.txt":
      "which boat did the crew sails ?\nwhich boat did the crew sail ?\n",
    "README.txt": "not a paradigm",
  });
  const folder = temporaryFolder(t);
  const { imported, notes, ignored } = await importDataSet(entry("zorro"), from, folder);
  assert.deepEqual(imported, ["evaluation_data/full_eval/zorro/island-effects-made_up.jsonl"]);
  assert.deepEqual(JSON.parse(read(folder, imported[0])), {
    sentence_good: "which boat did the crew sail ?",
    sentence_bad: "which boat did the crew sails ?",
    field: "island-effects",
    linguistics_term: "island-effects-made_up",
    UID: "island-effects-made_up",
    pair_id: 0,
  });
  assert.deepEqual(notes, ["1 pairs in 1 paradigms"]);
  assert.deepEqual(ignored, ["README.txt"]);
  const odd = temporaryFolder(t, { "case-x.txt": "a line without its twin\n" });
  await assert.rejects(importDataSet(entry("zorro"), odd, folder), /case-x\.txt: 1 lines; want pairs of lines/);
});

const BOOLQ = [
  { question: "is a boat afloat", passage: "Boats float.", idx: 0, label: true },
  { question: "is a stone afloat", passage: "Stones sink.", idx: 1, label: false },
];
const MULTIRC = {
  idx: 7,
  version: 1.1,
  passage: {
    text: "A boat sails.",
    questions: [
      {
        question: "What sails?",
        idx: 3,
        answers: [
          { text: "A boat", idx: 5, label: 1 },
          { text: "A stone", idx: 6, label: 0 },
        ],
      },
    ],
  },
};

function rawSuperglue(t: TestContext, files: Record<string, string> = {}) {
  return temporaryFolder(t, {
    "BoolQ/val.jsonl": jsonl(BOOLQ),
    "MultiRC/train.jsonl": jsonl([MULTIRC]),
    "RTE/train.jsonl": jsonl([{ premise: "It floats.", hypothesis: "It sinks.", label: "not_entailment", idx: 2 }]),
    ...files,
  });
}

test("SuperGLUE: raw rows become the pipeline's; an official file stays and is compared", async (t) => {
  const folder = temporaryFolder(t, {
    // the official file has its fields in another order and half of the rows
    "evaluation_data/full_eval/glue_filtered/boolq.valid.jsonl": jsonl([{ idx: 1, label: 0, ...text(BOOLQ[1]) }]),
  });
  const { imported, notes } = await importDataSet(entry("superglue"), rawSuperglue(t), folder);
  const glue = "evaluation_data/full_eval/glue_filtered";
  assert.deepEqual(imported, [`${glue}/boolq.train.jsonl`, `${glue}/multirc.train.jsonl`, `${glue}/rte.train.jsonl`]);
  assert.equal(read(folder, `${glue}/boolq.train.jsonl`), jsonl([{ ...text(BOOLQ[0]), idx: 0, label: 1 }]));
  assert.equal(
    read(folder, `${glue}/multirc.train.jsonl`),
    jsonl(
      ["A boat", "A stone"].map((answer, i) => ({
        paragraph: "A boat sails.",
        question: "What sails?",
        answer,
        idx: { paragraph: 7, question: 3, answer: 5 + i },
        label: 1 - i,
      })),
    ),
  );
  assert.deepEqual(loadGlue(glueTask("rte"), path.join(folder, glue, "rte.train.jsonl")), [
    { a: "It floats.", b: "It sinks.", label: 1 },
  ]);
  assert.ok(notes.includes(`${glue}/boolq.valid.jsonl: kept; all its 1 rows are among the converted rows`));
  assert.deepEqual(readStandIns(path.join(folder, "evaluation_data")), {
    "full_eval/glue_filtered/boolq.train.jsonl":
      "the 1 validation rows of BoolQ that the official boolq.valid leaves out",
  });
});

test("SuperGLUE: with BoolQ's own training file nothing stands in for it", async (t) => {
  const folder = temporaryFolder(t);
  const from = rawSuperglue(t, { "BoolQ/train.jsonl": jsonl([BOOLQ[1]]) });
  const { imported } = await importDataSet(entry("superglue"), path.join(from, "BoolQ"), folder);
  assert.deepEqual(
    imported.map((name) => path.basename(name)),
    ["boolq.train.jsonl", "boolq.valid.jsonl"],
  );
  assert.deepEqual(readStandIns(path.join(folder, "evaluation_data")), {});
});

test("SuperGLUE: a wrong row, a set without labels and a file of another edition are named", async (t) => {
  const folder = temporaryFolder(t, {
    "evaluation_data/full_eval/glue_filtered/boolq.valid.jsonl": jsonl([{ ...text(BOOLQ[0]), idx: 9, label: 1 }]),
  });
  const bad = (rows: unknown[]) =>
    importDataSet(entry("superglue"), rawSuperglue(t, { "BoolQ/val.jsonl": jsonl(rows) }), folder);
  await assert.rejects(
    bad(BOOLQ),
    /boolq\.valid\.jsonl: 1 of its 1 rows do not occur in SuperGLUE's BoolQ\/val\.jsonl/,
  );
  await assert.rejects(bad([text(BOOLQ[0])]), /val\.jsonl:1: "label" is absent, want .*test sets have no labels/);
  await assert.rejects(bad([{ ...BOOLQ[0], passage: 3 }]), /val\.jsonl:1: "passage" is 3, want a text/);
});

function text({ question, passage }: { question: string; passage: string }) {
  return { question, passage };
}

test("AO-CHILDES: transcripts by the child's age, utterances in order, with CHAT's signs", async (t) => {
  const header = "id,utterance_order,transcript_id,gloss,speaker_code,target_child_age,type";
  const from = temporaryFolder(t, {
    "original_transcripts/Made.csv": [
      header,
      "1,2,10,it floats,CHI,800.5,declarative",
      "2,1,10,what's that xxx,MOT,800.5,question",
      "3,3,10,yyy,CHI,800.5,declarative",
      "4,1,11,look,MOT,NA,imperative_emphatic",
      "5,1,12,a boat,MOT,400,declarative",
    ].join("\n"),
  });
  const folder = temporaryFolder(t);
  const { notes } = await importDataSet(entry("aochildes"), from, folder);
  assert.equal(
    read(folder, "text/childes.train"),
    "= = = childes/Made/12 = = =\n*MOT:\ta boat .\n\n" +
      "= = = childes/Made/10 = = =\n*MOT:\twhat's that ?\n*CHI:\tit floats .\n\n" +
      "= = = childes/Made/11 = = =\n*MOT:\tlook !\n\n",
  );
  assert.deepEqual(notes, ["3 transcripts, 4 utterances; 1 without words dropped"]);
  const wrong = temporaryFolder(t, { "Made.csv": `${header}\n1,first,10,hi,MOT,1,declarative\n` });
  await assert.rejects(
    importDataSet(entry("aochildes"), wrong, folder),
    /Made\.csv:2: utterance_order: want a whole number/,
  );
});

test("Switchboard: a blank line after every conversation, so that their ends are known", async (t) => {
  const from = temporaryFolder(t, {
    "swda_data/train/2006.txt": "B|Right then, it is late.|sd\n",
    "swda_data/val/2005.txt": "@@A|Is the mill old?|qy\nB|It has a wheel.|sd\n",
    "swda_data/metadata/speakers.txt": "none",
  });
  const folder = temporaryFolder(t);
  await importDataSet(entry("swda-text"), from, folder);
  assert.equal(
    read(folder, "text/switchboard.train"),
    "A:\tIs the mill old?\nB:\tIt has a wheel.\n\nB:\tRight then, it is late.\n\n",
  );
  const { documents } = loadCorpus(path.join(folder, "text"));
  assert.deepEqual(
    documents.map(({ text: lines }) => lines.split("\n").length),
    [2, 1],
  );
});

test("Text of the study: line breaks are restored and repeated passages removed, both counted", async (t) => {
  const sentences = Array.from({ length: 900 }, (_, i) => `Boat ${i} sails to the island of ${i * 7}.`);
  const whole = sentences.join(" ");
  const folder = temporaryFolder(t);
  const from = temporaryFolder(t, { "gutenberg.train": `${whole}\n${sentences.slice(100, 700).join(" ")}\n` });
  const { notes } = await importDataSet(entry("study-text"), from, folder);
  const lines = read(folder, "text/gutenberg.train").trim().split("\n");
  assert.ok(lines.every((line) => line.length < 300));
  const left = lines.join(" ");
  for (const sentence of sentences) assert.equal(left.split(sentence).length, 2, sentence);
  assert.match(notes[0], /^gutenberg: \d+ lines restored, \d+ lines \(4,\d\d\d words\) of 1 passages/);
});

test("what another data set brought is not overwritten, and a set without an address is not fetched", async (t) => {
  const folder = temporaryFolder(t);
  const swda = temporaryFolder(t, { "2005.txt": "A|Is the mill old?|qy\n" });
  await importDataSet(entry("swda-text"), swda, folder);
  const study = temporaryFolder(t, { "switchboard.train": "A:\tHello there now.\n" });
  const refused = importDataSet(entry("study-text"), study, folder);
  await assert.rejects(refused, /switchboard\.train: belongs to the data set swda-text.*--folder/);
  assert.equal(readLedger(folder)["text/switchboard.train"].dataSet, "swda-text");
  await importDataSet(entry("swda-text"), swda, folder); // its own file it may write again
  await assert.rejects(
    fetchDataSet(entry("zorro"), { folder }),
    /zorro: it cannot be downloaded; get it from https:.*import zorro/,
  );
});

test("a file that is not the known one is refused", async (t) => {
  const from = temporaryFolder(t, { "cdi_human.csv": "word,16\nball,0.5\n", "cdi_childes.json": "{}" });
  const folder = temporaryFolder(t);
  const known = findDataSet(CATALOGUE, "aoa-stand-in");
  await assert.rejects(importDataSet(known, from, folder), /cdi_childes\.json: has SHA-256 .* data\/sources\.json/);
  await importDataSet(entry("aoa-stand-in"), from, folder);
  const labels = readStandIns(path.join(folder, "evaluation_data"));
  assert.deepEqual(Object.keys(labels), ["full_eval/aoa/cdi_childes.json", "full_eval/aoa/cdi_human.csv"]);
});

test("the checksums of the import-only sets are those of the real files", {
  skip: skipWithout("data/study", "data/zorro", "data/aoa", "data/comps_like"),
}, () => {
  const folders = {
    "study-text": "study",
    zorro: "zorro/sentences/babyberta",
    "aoa-stand-in": "aoa",
    "comps-like": "comps_like",
  };
  for (const [name, folder] of Object.entries(folders)) {
    const { files } = findDataSet(CATALOGUE, name).imports[0];
    assert.ok(files.length >= 2, name);
    for (const file of files) {
      assert.equal(sha256File(referencePath(`data/${folder}/${file.name}`) as string), file.sha256, file.name);
    }
  }
});

test("real SuperGLUE gives all official validation rows, and Zorro its 46,000 pairs", {
  skip: skipWithout("data/superglue_raw", "data/zorro", "data/evaluation_data/full_eval/glue_filtered"),
}, async (t) => {
  const folder = temporaryFolder(t);
  const take = (name: string, from: string) =>
    importDataSet(findDataSet(CATALOGUE, name), referencePath(from) as string, folder);
  await take("glue", "data/evaluation_data/full_eval/glue_filtered");
  const { notes } = await take("superglue", "data/superglue_raw");
  assert.deepEqual(
    notes.map((note) => note.replace("evaluation_data/full_eval/glue_filtered/", "")),
    [
      "boolq.train.jsonl is a stand-in: the 1,635 validation rows of BoolQ that the official boolq.valid leaves out",
      "boolq.valid.jsonl: kept; all its 1,635 rows are among the converted rows",
      "boolq.train.jsonl: 1,635 rows, a stand-in for BoolQ's training set",
      "multirc.train.jsonl: 27,243 rows, all of SuperGLUE's MultiRC training set",
      "multirc.valid.jsonl: kept; all its 2,424 rows are among the converted rows",
    ],
  );
  const zorro = await take("zorro", "data/zorro/sentences/babyberta");
  assert.deepEqual([zorro.notes, zorro.missing, zorro.ignored], [["46,000 pairs in 23 paradigms"], [], []]);
});
