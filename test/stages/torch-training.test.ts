/** @file A stage of a reproduction goes out to PyTorch and comes back; here the weights "of PyTorch" are our own. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { before, test } from "node:test";
import { prepare } from "../../src/stages/prepare";
import { runStage } from "../../src/stages/stage-graph";
import { exportTorch, importTorch } from "../../src/stages/torch-training";
import { trainTokenizer } from "../../src/stages/train-tokenizer";
import { openWorkspace, type Workspace } from "../../src/stages/workspace";
import { initBackend } from "../../src/tensor";
import { projectRoot } from "../../src/util/project-root";
import { difference, treeOf } from "../attack/micro/programs";
import "../attack/micro/settings";
import { writeMicroWorld } from "../attack/micro/world";
import { temporaryFolder } from "../support/temporary-folder";

before(() => initBackend());

const report = () => {};

test("a stage that is taken back has the files of a stage trained here", async (t) => {
  const folder = temporaryFolder(t);
  writeMicroWorld(path.join(folder, "world"), ["blimp_filtered/adjunct_island.jsonl"]);
  const [here, away] = ["here", "away"].map((name) => micro(folder, name));
  for (const workspace of [here, away]) {
    await prepare(workspace);
    await trainTokenizer(workspace, "wide");
  }
  await runStage(here, "pretrain/wide", report);
  await exchange(away, "pretrain/wide", path.join(here.runsFolder, "wide-base"), path.join(folder, "base"));
  await runStage(here, "instruct/wide-switch", report);
  await exchange(away, "instruct/wide-switch", path.join(here.runsFolder, "wide-switch"), path.join(folder, "x"));

  const [wanted, found] = [here, away].map(({ runsFolder }) => treeOf(runsFolder));
  // Validated at the end alone, so the table and what is computed from it differ; and what trained it is noted.
  for (const run of ["wide-base/pretrain", "wide-switch/instruct-1-switch"]) {
    for (const name of ["validation.csv", "final/result.json", "best/weights.safetensors"]) {
      assert.ok(wanted.delete(`${run}/${name}`) && found.delete(`${run}/${name}`), name);
    }
    assert.ok(found.delete(`${path.dirname(run)}/torch.json`));
  }
  assert.equal(difference(wanted, found), null);
  const scored = (workspace: Workspace) =>
    fs.readFileSync(path.join(workspace.runsFolder, "wide-base", "zero-shot", "blimp.json"), "utf8");
  for (const workspace of [here, away]) await runStage(workspace, "zero-shot/wide-base/blimp", report);
  assert.equal(scored(away), scored(here));
});

test("only trainings are exported", async (t) => {
  const folder = temporaryFolder(t);
  writeMicroWorld(path.join(folder, "world"));
  const out = path.join(folder, "out");
  await assert.rejects(
    exportTorch(micro(folder, "runs"), "zero-shot/wide-base/blimp", out, "train_ddp.py"),
    /stage "zero-shot\/wide-base\/blimp" is not a training stage; want pretrain\/<model> or instruct\/<run>/,
  );
});

function micro(folder: string, name: string): Workspace {
  return openWorkspace(projectRoot(), {
    ...{ scale: "tiny", seed: 42, suite: "full", data: path.join(folder, "world") },
    ...{ runs: path.join(folder, name, "runs"), results: path.join(folder, name, "results") },
  });
}

/** Export from `away`, let a run that was trained here be what the script left, import. */
async function exchange(away: Workspace, id: string, run: string, out: string): Promise<void> {
  const script = path.join(projectRoot(), "src", "cluster", "train_ddp.py");
  const updates = await exportTorch(away, id, out, script);
  assert.ok(fs.existsSync(path.join(out, "train_ddp.py")));
  const stage = fs.readdirSync(run).find((name) => /^(pretrain|instruct)/.test(name)) as string;
  fs.cpSync(path.join(run, "model"), path.join(out, "trained"), { recursive: true });
  const losses = fs
    .readFileSync(path.join(run, stage, "losses.csv"), "utf8")
    .trim()
    .split("\n");
  assert.equal(losses.length - 1, updates);
  const withoutCheck = losses.map((line) => line.slice(0, line.lastIndexOf(",")));
  withoutCheck[0] = losses[0].replace(/,check$/, "");
  fs.writeFileSync(path.join(out, "losses.csv"), `${withoutCheck.join("\n")}\n`);
  const { fingerprint } = JSON.parse(fs.readFileSync(path.join(out, "training.json"), "utf8"));
  fs.writeFileSync(
    path.join(out, "trained.json"),
    JSON.stringify({ fingerprint, updates, torch: "none", processes: 1, device: "cpu", precision: "float32" }),
  );
  await importTorch(away, id, out, report);
}
