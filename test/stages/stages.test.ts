import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { writeInstructionSet } from "../../src/augmentation/instruction-files";
import { toRow } from "../../src/augmentation/instruction-set";
import { findRun, RUNS } from "../../src/experiments/runs";
import { parentOf } from "../../src/stages/instruct";
import { once } from "../../src/stages/once";
import { prepare, readDocuments, readInstructions } from "../../src/stages/prepare";
import { jobsFor } from "../../src/stages/stage-graph";
import { loadTokenizer, trainTokenizer } from "../../src/stages/train-tokenizer";
import { openWorkspace, preparedFolder, type Workspace } from "../../src/stages/workspace";
import { projectRoot } from "../../src/util/project-root";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-stages-"));
process.on("exit", () => fs.rmSync(temporary, { recursive: true, force: true }));

const workspace = (name: string, data: string | null = null): Workspace =>
  openWorkspace(projectRoot(), {
    scale: "tiny",
    seed: 42,
    suite: "full",
    data,
    runs: path.join(temporary, name, "runs"),
    results: path.join(temporary, name, "results"),
  });

test("the paper's eight models: six wide, two narrow", () => {
  assert.deepEqual(
    RUNS.map((run) => run.runId),
    ["wide-base", "wide-switch", "wide-wiki", "wide-merged", "wide-switch-wiki", "wide-wiki-switch"].concat([
      "narrow-base",
      "narrow-merged",
    ]),
  );
});

test("a sequential variant starts from the model of its first stage, so that stage is trained once", () => {
  const parent = (runId: string) => parentOf(RUNS.find((r) => r.runId === runId) as (typeof RUNS)[number]).runId;
  assert.equal(parent("wide-switch-wiki"), "wide-switch");
  assert.equal(parent("wide-wiki-switch"), "wide-wiki");
  assert.equal(parent("wide-merged"), "wide-base");
  assert.equal(parent("narrow-merged"), "narrow-base");
  assert.equal(parentOf(findRun("wide-more-pretraining")).runId, "wide-base");
  assert.throws(() => parent("wide-base"), /is pre-trained, not tuned/);
});

test("a single run includes the trainings it starts from, and only that run is scored", () => {
  const jobs = jobsFor(
    workspace("jobs"),
    RUNS.filter((r) => r.runId === "wide-switch-wiki"),
  ).map((job) => job.id);
  assert.deepEqual(jobs, [
    "pretrain/wide",
    "instruct/wide-switch",
    "instruct/wide-switch-wiki",
    "zero-shot/wide-switch-wiki",
    "finetune/wide-switch-wiki",
  ]);
});

test("work that finished is kept; with other inputs it is refused, not overwritten; unfinished work is done again", async () => {
  const file = path.join(temporary, "once", "done.json");
  let calls = 0;
  const output = path.join(temporary, "once", "out.bin");
  const work = async () => {
    calls++;
    fs.mkdirSync(path.dirname(output), { recursive: true });
    fs.writeFileSync(output, "what was made");
  };
  const outputs = ["out.bin"];
  await assert.rejects(
    once(file, { seed: 1 }, outputs, async () => {
      throw new Error("killed half-way");
    }),
    /killed/,
  );
  assert.equal(await once(file, { seed: 1 }, outputs, work), "done");
  assert.equal(await once(file, { seed: 1 }, outputs, work), "kept");
  await assert.rejects(once(file, { seed: 2 }, outputs, work), /was made with other settings, data or seed/);
  fs.writeFileSync(output, "what was male");
  await assert.rejects(once(file, { seed: 1 }, outputs, work), /out\.bin: was altered .*put the file back/);
  fs.rmSync(output);
  await assert.rejects(once(file, { seed: 1 }, outputs, work), /out\.bin: no such file; put the file back/);
  assert.equal(calls, 1);
});

test("data of the sample world: nothing of a validation document is in training, twice the same bytes, a vocabulary of the asked size", async () => {
  const first = workspace("first");
  const second = workspace("second");
  await prepare(first);
  await prepare(second);
  for (const name of fs.readdirSync(preparedFolder(first)).filter((n) => n.endsWith(".jsonl"))) {
    const read = (w: Workspace) => fs.readFileSync(path.join(preparedFolder(w), name));
    assert.ok(read(first).equals(read(second)), `${name} differs between two runs`);
  }
  const groups = new Set([...readDocuments(first, "train")].map((d) => d.group));
  assert.ok([...readDocuments(first, "validation")].every((d) => !groups.has(d.group)));
  const training = new Set([...readInstructions(first, "train")].map((row) => row.documentId));
  assert.ok([...readInstructions(first, "validation")].every((row) => !training.has(row.documentId)));

  await trainTokenizer(first, "narrow");
  assert.equal(loadTokenizer(first, "narrow").vocabSize, 1024);
});

test("several files of a source, in folders below, are read as one; evaluation data and names that begin with a dot are not text", async () => {
  const data = path.join(temporary, "data");
  const lines = (topic: string) =>
    Array.from({ length: 30 }, (_, i) => `*MOT:\tlook at the ${topic} number ${i} over there .`).join("\n");
  for (const [file, text] of Object.entries({
    "a/childes.train": lines("dog"),
    "b/childes_dev.train": lines("cat"),
    "b/switchboard.train": "A:\tdo you like the rain ?\nB:\tyes I like it a lot .\n".repeat(20),
    "evaluation_data/childes.train": lines("never"),
    ".ipynb_checkpoints/childes.train": lines("never"),
    "a/._childes.train": "never UTF-8",
    "b/notes.txt": lines("never"),
  })) {
    fs.mkdirSync(path.dirname(path.join(data, file)), { recursive: true });
    fs.writeFileSync(path.join(data, file), text);
  }
  const w = workspace("gathered", data);
  await prepare(w);
  const text = (["train", "validation"] as const)
    .flatMap((side) => [...readDocuments(w, side)].map((d) => d.text))
    .join("\n");
  assert.ok(text.includes("dog number 3") && text.includes("cat number 3"));
  assert.ok(!text.includes("never"));
});

test("an instruction set that lies in the data folder is taken instead of asking a teacher", async () => {
  const data = path.join(temporary, "given");
  const text = "A:\tdo you like the rain ?\nB:\tyes I like it a lot .\n".repeat(20);
  fs.mkdirSync(data, { recursive: true });
  fs.writeFileSync(path.join(data, "switchboard.train"), text);
  const rows = Array.from({ length: 20 }, (_, i) =>
    toRow(`who is ${i}?`, `${i} is a miller.`, "simple_wiki", `w/${i}`),
  );
  writeInstructionSet(path.join(data, "class-it"), rows, { teacher: "someone" });
  fs.rmSync(path.join(data, "class-it", "simple_wiki", "documents.json")); // as published
  const w = workspace("given", data);
  await prepare(w);
  const read = (["train", "validation"] as const).flatMap((side) => [...readInstructions(w, side)]);
  assert.deepEqual(read.map(({ reply }) => reply).sort(), rows.map(({ reply }) => reply).sort());
  fs.rmSync(path.join(data, "class-it"), { recursive: true });
  await assert.rejects(prepare(w), /was made with other settings, data or seed/); // another set is another run
});

test("a folder without text, and a missing one, are refused with their expected content", async () => {
  const empty = path.join(temporary, "empty");
  fs.mkdirSync(empty);
  await assert.rejects(prepare(workspace("empty", empty)), /has no text; want BabyLM files such as/);
  assert.throws(() => workspace("none", path.join(temporary, "none")), /no such folder; want one with BabyLM text/);
});
