import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { loadAoaWords, loadChildCurves } from "../../src/tasks/aoa";
import { BLIMP } from "../../src/tasks/blimp";
import { BLIMP_SUPPLEMENT } from "../../src/tasks/blimp-supplement";
import { COMPS } from "../../src/tasks/comps";
import { parseCsv, readCsv } from "../../src/tasks/csv";
import { ENTITY_TRACKING } from "../../src/tasks/entity-tracking";
import { EWOK } from "../../src/tasks/ewok";
import { availableGlue, availableTasks, zeroShotTask } from "../../src/tasks/index";
import { loadItems } from "../../src/tasks/load";
import { loadReading, RESPONSES } from "../../src/tasks/reading";
import { glueTask, loadGlue } from "../../src/tasks/superglue";
import { WUG_ADJ } from "../../src/tasks/wug";
import { referencePath, skipWithout } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";

const BLIMP_ROW = {
  sentence_good: "Cats sleep.",
  sentence_bad: "Cats sleeps.",
  field: "syntax_semantics",
  linguistics_term: "agreement",
  UID: "verbs_1",
};

test("a BLiMP row becomes a pair whose right half stands first; one field is renamed as in the pipeline", () => {
  const item = BLIMP.toItem(BLIMP_ROW, "file");
  assert.deepEqual(item.sentences, ["Cats sleep.", "Cats sleeps."]);
  assert.deepEqual(item.groups, [
    ["FIELD", "syntax/semantics"],
    ["UID", "verbs_1"],
    ["LINGUISTICS_TERM", "agreement"],
  ]);
});

test("a supplement row takes its group from the file's name", () => {
  const item = BLIMP_SUPPLEMENT.toItem({ sentence_good: "a\nb", sentence_bad: "a\nc" }, "turn_taking");
  assert.equal(item.uid, "turn_taking");
  assert.equal(item.sentences[0], "a\nb");
});

test("an EWoK row asks which target follows Context1; Context2 is never read", () => {
  const row = { Target1: "T one.", Target2: "T two.", Context1: "C one.", Domain: "d" };
  const item = EWOK.toItem({ ...row, ContextType: "x", ContextDiff: "y", TargetDiff: "z" }, "f");
  assert.deepEqual(item.sentences, ["C one. T one.", "C one. T two."]);
  assert.deepEqual(item.completions, [" T one.", " T two."]);
});

test("an entity-tracking row glues its options to the prefix, which brings its own blank", () => {
  const row = { input_prefix: "Box 1 contains ", options: ["the key.", "nothing."], numops: 3 };
  const item = ENTITY_TRACKING.toItem(row, "regular");
  assert.deepEqual(item.sentences, ["Box 1 contains the key.", "Box 1 contains nothing."]);
  assert.equal(item.uid, "regular_3_ops");
});

test("COMPS compares one phrase after two prefixes and stores the sentence", () => {
  const row = { prefix_acceptable: "A dog", prefix_unacceptable: "A fork", property_phrase: "can bark." };
  const item = COMPS.toItem(row, "comps_wugs_dist-before");
  assert.deepEqual(item.completions, ["can bark.", "can bark."]);
  assert.deepEqual(item.answers, ["A dog can bark.", "A fork can bark."]);
  assert.equal(item.uid, "wugs_dist_before");
  assert.equal(COMPS.toItem(row, "comps_wugs_dist-in-between").uid, "wugs_dist_in_between");
});

test("a wug row holds two forms with a tab between and the human share of the first", () => {
  const item = WUG_ADJ.toItem({ sentences: "x wuggity\tx wugness", ratio: 0.25 }, "f");
  assert.deepEqual([item.sentences, item.humanRatio, item.uid], [["x wuggity", "x wugness"], 0.25, "wug_adj"]);
});

test("bad rows are refused with file, line, field and remedy", (t) => {
  const cases: [Record<string, unknown>, RegExp][] = [
    [{ ...BLIMP_ROW, sentence_bad: undefined }, /a\.jsonl:2: no field "sentence_bad" \(want a string\)/],
    [{ ...BLIMP_ROW, sentence_good: "  " }, /a\.jsonl:2: "sentence_good" is empty/],
    [{ ...BLIMP_ROW, UID: 7 }, /a\.jsonl:2: "UID" is 7, want a string/],
  ];
  for (const [row, message] of cases) {
    const folder = temporaryFolder(t, { "a.jsonl": `${JSON.stringify(BLIMP_ROW)}\n${JSON.stringify(row)}\n` });
    assert.throws(() => loadItems(folder, BLIMP.toItem), message);
  }
  const oneOption = { input_prefix: "Box ", options: ["x"], numops: 0 };
  assert.throws(() => ENTITY_TRACKING.toItem(oneOption, "regular"), /"options" has 1 option\(s\), want at least 2/);
  assert.throws(
    () => ENTITY_TRACKING.toItem({ ...oneOption, options: ["x", ""] }, "r"),
    /option 1 of "options" is empty/,
  );
  assert.throws(() => WUG_ADJ.toItem({ sentences: "one form", ratio: 0.5 }, "f"), /1 option/);
  assert.throws(() => WUG_ADJ.toItem({ sentences: "a\tb\tc", ratio: 0.5 }, "f"), /3 parts/);
  assert.throws(() => WUG_ADJ.toItem({ sentences: "a\tb", ratio: "half" }, "f"), /want a finite number/);
});

test("a folder without data, and a cut-off file, are errors", (t) => {
  assert.throws(() => loadItems("/nowhere/blimp", BLIMP.toItem), /no such folder/);
  assert.throws(() => loadItems(temporaryFolder(t, { "x.txt": "" }), BLIMP.toItem), /no \.jsonl file/);
  assert.throws(() => loadItems(temporaryFolder(t, { "x.jsonl": "\n" }), BLIMP.toItem), /hold no rows/);
  const cut = temporaryFolder(t, { "x.jsonl": `${JSON.stringify(BLIMP_ROW)}\n{"sentence_good": "Ca` });
  assert.throws(() => loadItems(cut, BLIMP.toItem), /x\.jsonl:2: .*was the file cut off\?/);
});

test("files are read in sorted order, rows in file order", (t) => {
  const row = (UID: string) => JSON.stringify({ ...BLIMP_ROW, UID });
  const folder = temporaryFolder(t, { "b.jsonl": row("b"), "a.jsonl": `${row("a1")}\n${row("a2")}\n`, "c.txt": "x" });
  assert.deepEqual(
    loadItems(folder, BLIMP.toItem).map((i) => `${i.file} ${i.row} ${i.uid}`),
    ["a.jsonl 0 a1", "a.jsonl 1 a2", "b.jsonl 0 b"],
  );
});

test("CSV: quotes, commas, newlines and doubled quotes inside them, CRLF", () => {
  const rows = parseCsv('a,b\r\n"x, ""y""\nz",2\r\n\r\n,\n');
  assert.deepEqual(
    rows.map((r) => r.fields),
    [
      ["a", "b"],
      ['x, "y"\nz', "2"],
      ["", ""],
    ],
  );
  assert.deepEqual(
    rows.map((r) => r.line),
    [1, 2, 5],
  );
  assert.throws(() => parseCsv('a\n"open'), /:2: a quote is never closed/);
});

test("CSV: a missing column, a short row and a doubled column are named", (t) => {
  const folder = temporaryFolder(t, { "a.csv": "x,y\n1,2\n3\n", "b.csv": "x,x\n1,2\n" });
  assert.throws(() => readCsv(path.join(folder, "a.csv"), ["x", "z"]), /a\.csv:1: no column z; the header has x, y/);
  assert.throws(() => readCsv(path.join(folder, "a.csv"), ["x"]), /a\.csv:3: 1 fields, the header has 2/);
  assert.throws(() => readCsv(path.join(folder, "b.csv"), ["x"]), /two columns are called "x"/);
});

const READING_COLUMNS = `,item,word,prev_item,prev_word,Subtlex_log10,length,prev_length,context_length,${RESPONSES.join(",")}`;

test('[pipeline] reading: a context "None" is a word, a previous context "None" is missing', (t) => {
  const times = RESPONSES.map(() => "1.5").join(",");
  const rows = [`0,None,of,,,3.2,2,-1,1,${times}`, `1,None of,them,None,of,,4,2,2,${times}`];
  const folder = temporaryFolder(t, { "r.csv": [READING_COLUMNS, ...rows].join("\n") });
  const [first, second] = loadReading(path.join(folder, "r.csv"));
  assert.deepEqual([first.context, first.previous, first.contextLength], ["None", null, 1]);
  assert.deepEqual([second.context, second.previous], ["None of", null]);
  assert.ok(Number.isNaN(second.subtlexLog10));
  assert.equal(first.responses.N400, 1.5);
});

test("reading: a missing column and a word among the numbers are named", (t) => {
  const times = RESPONSES.map(() => "1.5").join(",");
  const folder = temporaryFolder(t, {
    "few.csv": "item,word\na,b\n",
    "bad.csv": `${READING_COLUMNS}\n0,a,b,,,x,2,-1,1,${times}\n`,
  });
  assert.throws(() => loadReading(path.join(folder, "few.csv")), /no column prev_item, prev_word, Subtlex_log10/);
  assert.throws(() => loadReading(path.join(folder, "bad.csv")), /row 0: Subtlex_log10 is "x", want a number/);
});

test("the real reading data: 1,726 rows, 206 without a previous word, 30 without a frequency", {
  skip: skipWithout("data/evaluation_data/full_eval/reading/reading_data.csv"),
}, () => {
  const rows = loadReading(referencePath("data/evaluation_data/full_eval/reading/reading_data.csv") as string);
  assert.equal(rows.length, 1726);
  assert.equal(rows.filter((r) => r.previous === null).length, 206);
  assert.equal(rows.filter((r) => Number.isNaN(r.subtlexLog10)).length, 30);
  assert.equal(rows[320].context, "None");
});

test("age of acquisition: words of one character are skipped, months may be missing", (t) => {
  const months = Array.from({ length: 15 }, (_, i) => 16 + i).join(",");
  const folder = temporaryFolder(t, {
    "w.json": JSON.stringify({ a: [{ context: "x" }], dog: [{ context: "the " }, { context: "" }] }),
    "c.csv": `word,${months}\ndog,0.1,${Array(13).fill("").join(",")},0.9\n`,
    "broken.json": JSON.stringify({ dog: [{ contexts: "the" }] }),
  });
  assert.deepEqual(loadAoaWords(path.join(folder, "w.json")), [{ word: "dog", contexts: ["the ", ""] }]);
  const [curve] = loadChildCurves(path.join(folder, "c.csv"));
  assert.equal(curve.proportions.length, 15);
  assert.ok(Number.isNaN(curve.proportions[1]));
  assert.throws(() => loadAoaWords(path.join(folder, "broken.json")), /"dog": no field "context"/);
  assert.throws(() => loadChildCurves(path.join(folder, "none.csv")), /no such file; age of acquisition needs/);
});

test("fine-tuning rows become two segments and a class; labels outside the task are refused", (t) => {
  const folder = temporaryFolder(t, {
    "wsc.jsonl": JSON.stringify({ text: "Ann saw Bo. She left.", span1_text: "Ann", span2_text: "She", label: 1 }),
    "multirc.jsonl": JSON.stringify({ paragraph: "P.", question: "Q?", answer: "A", label: 0 }),
    "bad.jsonl": JSON.stringify({ premise: "a", hypothesis: "b", label: 3 }),
    "none.jsonl": "\n",
  });
  const file = (name: string) => path.join(folder, `${name}.jsonl`);
  assert.deepEqual(loadGlue(glueTask("wsc"), file("wsc")), [
    { a: 'Does "She" refer to "Ann" in this passage?', b: "Ann saw Bo. She left.", label: 1 },
  ]);
  assert.equal(loadGlue(glueTask("multirc"), file("multirc"))[0].a, "Question: Q? Answer: A");
  assert.throws(() => loadGlue(glueTask("mnli"), file("bad")), /"label" is 3; mnli has classes 0 to 2/);
  assert.throws(() => loadGlue(glueTask("rte"), file("none")), /no rows/);
});

test("availableTasks tells what is there and why the rest is not", (t) => {
  const root = temporaryFolder(t, {
    "evaluation_data/full_eval/blimp_filtered/a.jsonl": "{}",
    "evaluation_data/full_eval/aoa/cdi_childes.json": "{}",
    "evaluation_data/full_eval/glue_filtered/rte.train.jsonl": "{}",
    "evaluation_data/full_eval/glue_filtered/rte.valid.jsonl": "{}",
    "evaluation_data/full_eval/glue_filtered/wsc.train.jsonl": "{}",
  });
  const { present, absent } = availableTasks(root, "full");
  assert.deepEqual(
    present.map((p) => p.task),
    ["blimp"],
  );
  const why = Object.fromEntries(absent.map((a) => [a.task, a.why]));
  assert.equal(why.ewok, "no folder full_eval/ewok_filtered");
  assert.equal(why.aoa, "no full_eval/aoa/cdi_human.csv");
  assert.equal(availableTasks(root, "fast").absent.find((a) => a.task === "comps")?.why, "not part of the fast suite");
  const glue = availableGlue(root);
  assert.deepEqual(
    glue.present.map((p) => p.task),
    ["rte"],
  );
  assert.equal(glue.absent.find((a) => a.task === "wsc")?.why, "no glue_filtered/wsc.valid.jsonl");
});

test("an unknown task is answered with the list and the nearest name", () => {
  assert.throws(() => zeroShotTask("blmp"), /did you mean "blimp".*ewok/);
});
