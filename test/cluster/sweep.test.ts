/** @file The graph's stages and Snakemake's jobs are the same; no cluster is needed. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { test } from "node:test";
import { groupedByRun, planSweep, snakemakeVersion, writeSweep } from "../../src/cluster/sweep";
import { RUNS } from "../../src/experiments/runs";
import { stageGraph } from "../../src/stages/stage-graph";
import { stageNeeds } from "../../src/stages/stage-needs";
import { openWorkspace } from "../../src/stages/workspace";
import { projectRoot } from "../../src/util/project-root";
import { temporaryFolder } from "../support/temporary-folder";

const SNAKEMAKE = process.env.CLASS_IT_SNAKEMAKE ?? "snakemake";
const skipWithoutSnakemake =
  spawnSync(SNAKEMAKE, ["--version"]).status === 0
    ? false
    : "Snakemake is not installed (Debian: apt-get install snakemake)";

const WORKSPACE = openWorkspace(projectRoot(), {
  ...{ scale: "tiny", seed: 42, suite: "full", data: null, runs: null, results: null },
});
const RATES = { flops: 5e10, threads: 2, gpu: 1 };
const stages = stageGraph(WORKSPACE, RUNS).map((node) => ({ ...node, ...stageNeeds(WORKSPACE, node, RATES) }));

/** What `--dry-run` prints of one job. */
interface DryJob {
  inputs: string[];
  command: string;
  threads: number;
  resources: Record<string, string>;
}

test("Snakemake's jobs are the graph's stages, with their needs, commands and resources", {
  skip: skipWithoutSnakemake,
}, (t) => {
  const folder = temporaryFolder(t);
  const args = writeSweep({
    ...{ root: projectRoot(), profile: "local", folder, seeds: [42, 7], stages, command: "run", dryRun: false },
    ...{ atATime: 4, extra: ["--dry-run", "--printshellcmds"] },
  });
  const { status, stdout, stderr } = spawnSync(SNAKEMAKE, args, { encoding: "utf8", maxBuffer: 2 ** 28 });
  assert.equal(status, 0, stderr);
  const jobs = jobsOf(stdout + stderr, folder);
  const wanted = [42, 7].flatMap((seed) => stages.map((stage) => ({ seed, stage })));
  assert.deepEqual([...jobs.keys()].sort(), wanted.map(({ seed, stage }) => `${seed}/${stage.id}`).sort());
  for (const { seed, stage } of wanted) {
    const name = `${seed}/${stage.id}`;
    const job = jobs.get(name) as DryJob;
    assert.deepEqual(job.inputs.sort(), stage.needs.map((need) => `${seed}/${need}`).sort(), name);
    const at = path.join(folder, name);
    const call = `run --seed ${seed} ${stage.id} > ${at}.json 2>> ${at}.log`;
    assert.equal(job.command, `export CLASS_IT_THREADS=${stage.threads}; ${call}`);
    assert.equal(job.threads, stage.threads, name);
    const { mem_mb, runtime, gpu } = job.resources;
    assert.deepEqual([mem_mb, runtime, gpu].map(Number), [stage.memoryMb, stage.minutes, stage.gpu], name);
  }
});

test("every stage needs stages that come before it", () => {
  const before = new Set<string>();
  for (const { id, needs } of stages) {
    for (const need of needs) assert.ok(before.has(need), `${id} needs ${need}`);
    before.add(id);
  }
  // 8 runs, each with 8 zero-shot and 7 fine-tuning tasks; age of acquisition for the 2 base models alone
  assert.equal(stages.length, 1 + 2 + 8 + 8 * (8 + 7) + 2 + 8);
});

test("the plan adds up", () => {
  const stage = { minutes: 30, memoryMb: 1000, threads: 1, gpu: 0 };
  const plan = planSweep([stage, { ...stage, minutes: 60, memoryMb: 3000, gpu: 1 }], 4);
  assert.deepEqual(plan, { jobs: 8, hours: 6, memoryMb: 3000, gpus: 1 });
});

test("grouped by run: the tasks of a run are one job with their time together", () => {
  const grouped = groupedByRun(stages);
  assert.equal(grouped.length, 1 + 2 + 8 + 8 + 8 + 8);
  const tasks = stages.filter(({ id }) => id.startsWith("finetune/wide-merged/"));
  assert.equal(tasks.length, 7);
  const finetune = grouped.find(({ id }) => id === "finetune/wide-merged");
  assert.deepEqual(finetune?.needs, ["instruct/wide-merged"]);
  assert.equal(
    finetune?.minutes,
    tasks.reduce((sum, { minutes }) => sum + minutes, 0),
  );
  assert.equal(finetune?.memoryMb, Math.max(...tasks.map(({ memoryMb }) => memoryMb)));
  const summarise = grouped.find(({ id }) => id === "summarise/wide-merged");
  assert.deepEqual(summarise?.needs, ["zero-shot/wide-merged", "finetune/wide-merged"]);
  assert.equal(summarise?.minutes, stages.find(({ id }) => id === "summarise/wide-merged")?.minutes);
});

test("a program that is not Snakemake is refused", () => {
  assert.throws(() => snakemakeVersion("false"), /false does not run; is it Snakemake\?/);
});

/** The jobs by `<seed>/<stage>`, out of what a dry run prints. */
function jobsOf(printed: string, folder: string): Map<string, DryJob> {
  const jobs = new Map<string, DryJob>();
  const name = (file: string) => path.relative(folder, file).replace(/\.json$/, "");
  for (const block of printed.split(/\n(?=(?:local)?rule )/).slice(1)) {
    const field = (key: string) => new RegExp(`^    ${key}: (.*)$`, "m").exec(block)?.[1] ?? "";
    if (/^(local)?rule all:/.test(block)) continue;
    jobs.set(name(field("output")), {
      inputs: field("input").split(", ").filter(Boolean).map(name),
      command: /^\s+(?:export CLASS_IT_THREADS=.*)$/m.exec(block)?.[0].trim() ?? "",
      threads: Number(field("threads") || 1),
      resources: Object.fromEntries(
        field("resources")
          .split(", ")
          .map((pair) => pair.split("=")),
      ),
    });
  }
  return jobs;
}
