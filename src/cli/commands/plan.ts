/** @file `class-it plan`: estimate the resources of a run before it starts. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Command } from "commander";
import { loadCorpus } from "../../corpus/load-corpus";
import { CURRICULA } from "../../experiments/curricula";
import { GPUS } from "../../experiments/gpus";
import { CHECKPOINTS, MODELS, PRETRAINING, VALIDATION_SHARE } from "../../experiments/models";
import { PAPER_CORPUS } from "../../experiments/paper-corpus";
import { findRun, type Run, runsAt } from "../../experiments/runs";
import { SCALES, type Scale } from "../../experiments/scale";
import { countParameters } from "../../model/count-parameters";
import { type LlamaConfig, llamaConfig } from "../../model/llama-config";
import { planStages } from "../../stages/plan-stages";
import { type StageKind, stageGraph } from "../../stages/stage-graph";
import { stageFlops } from "../../stages/stage-needs";
import { DEFAULT_SEED } from "../../stages/workspace";
import { type BackendInfo, gpuMemory, initBackend } from "../../tensor";
import { passTokens } from "../../train/batch";
import {
  flopsPerToken,
  type Measurement,
  type MemoryPlan,
  measureUpdates,
  memoryUse,
  needsRecompute,
  planDisk,
  planMemory,
  type StagePlan,
  type TrainingMemory,
  trainingMemory,
  usableBytes,
} from "../../train/training-cost";
import { STAGE_DEFAULTS } from "../../train/training-stage";
import { checkpointWords } from "../../train/words-seen";
import { oneOf } from "../../util/check";
import { bytes, duration, thousands } from "../../util/format";
import { startProgress } from "../../util/progress";
import { projectRoot } from "../../util/project-root";
import { decimalNumber, wholeNumber } from "../options";
import { type GpuPlan, planOnGpu } from "../plan-gpu";
import { workspaceOf } from "../workspace-options";

interface PlanOptions {
  scale: string;
  run?: string[];
  gpu?: string;
  data?: string;
  updates: number;
  watts: number;
  tokensPerWord: number;
  recompute: boolean;
  microBatch: number;
  json: boolean;
}

export function register(program: Command): void {
  program
    .command("plan")
    .description("estimate memory, hours, energy and disk of a run: measured on this machine, or for a named card")
    .option("--run <ids...>", "run ids, for example wide-switch-wiki or narrow-base; or all (default with --gpu)")
    .option("--gpu <name>", `do not measure; use the rate of ${GPUS.map(({ name }) => name).join(", ")}`)
    .option("--scale <name>", SCALES.join(", "), "paper")
    .option("--data <folder>", "text folder to clean and count; default: the paper's corpus, or the sample world")
    .option("--updates <n>", "number of updates to measure", wholeNumber({ least: 1 }), 2)
    .option("--watts <n>", "power of this machine under load, in watts", decimalNumber({ above: 0 }), 65)
    .option(
      "--tokens-per-word <x>",
      "assumed tokens per word until a tokenizer is trained",
      decimalNumber({ above: 0 }),
      1.35,
    )
    .option(
      "--micro-batch <tokens>",
      "maximum tokens per pass",
      wholeNumber({ least: 1 }),
      STAGE_DEFAULTS.maxMicroBatchTokens,
    )
    .option(
      "--recompute",
      "recompute activations in the backward pass: less memory, more time; forced on if memory is too small",
      false,
    )
    .option("--json", "print JSON on standard output", false)
    .action(plan);
}

async function plan(options: PlanOptions): Promise<void> {
  const scale = oneOf("scale", options.scale, SCALES);
  const wanted = options.run ?? (options.gpu === undefined ? [] : ["all"]);
  if (wanted.length === 0) throw new Error("plan: want --run, for example --run wide-base; or --gpu H100");
  const runs = wanted.includes("all") ? runsAt(scale) : wanted.map(findRun);
  const corpus = countCorpus(scale, options.data);
  if (options.gpu !== undefined) {
    onGpu(options, scale, options.gpu, runs, corpus);
    return;
  }
  const backend = await initBackend();
  const print = (line: string) => {
    if (!options.json) process.stdout.write(`${line}\n`);
  };
  const plans: ModelPlan[] = [];
  for (const model of [...new Set(runs.map((run) => run.model))]) {
    const own = runs.filter((run) => run.model === model);
    plans.push(await planModel(options, scale, own, corpus, backend, print));
  }
  if (options.json) {
    process.stdout.write(`${JSON.stringify(plans.length === 1 ? plans[0] : plans, null, 2)}\n`);
    return;
  }
  if (runs.length > 1) {
    const hours = plans.reduce((sum, one) => sum + one.hours, 0);
    print(`all trainings in sequence: ${time(hours)}`);
  }
  const evaluation = evaluationHours(options.data, scale, runs, plans);
  for (const { kind, stages, hours } of evaluation)
    print(`${kind}: ${time(hours)} for ${stages} stages, estimated from the bytes of the data and the measured rate`);
  if (evaluation.length === 0) print("without zero-shot scoring and fine-tuning: there is no evaluation data");
  const disk = plans.reduce((sum, one) => sum + one.disk.running, 0);
  for (const line of advice(
    plans.reduce((sum, one) => sum + one.hours, 0),
    plans[0].gflops,
    disk,
    plans.some((one) => one.recompute),
  ))
    print(line);
}

/** Time of scoring and fine-tuning, by kind of stage; empty if the data folder has no evaluation data. */
function evaluationHours(
  data: string | undefined,
  scale: Scale,
  runs: readonly Run[],
  plans: readonly ModelPlan[],
): { kind: StageKind; stages: number; hours: number }[] {
  if (data === undefined && scale === "paper") return []; // the paper's corpus is counted without its data
  const workspace = workspaceOf({ scale, data }, DEFAULT_SEED);
  const graph = stageGraph(workspace, runs);
  const flops = Math.min(...plans.map(({ gflops }) => gflops)) * 1e9;
  return (["zero-shot", "learning-curve", "finetune"] as const).flatMap((kind) => {
    const stages = graph.filter((stage) => stage.kind === kind);
    const hours = stages.reduce((sum, stage) => sum + stageFlops(workspace, stage), 0) / flops / 3600;
    return stages.length === 0 ? [] : [{ kind, stages: stages.length, hours }];
  });
}

/** Resources for the runs of one shape, as `--json` prints them. */
interface ModelPlan {
  run: string;
  scale: Scale;
  model: string;
  parameters: number;
  backend: BackendInfo;
  measured: Measurement;
  recompute: boolean;
  gflops: number;
  corpus: { words: number };
  stages: StagePlan[];
  hours: number;
  kilowattHours: number;
  memory: MemoryPlan;
  disk: { running: number; finished: number };
}

/** Measure a few updates of one shape, and count the stages of its runs; shared stages count once. */
async function planModel(
  options: PlanOptions,
  scale: Scale,
  runs: readonly Run[],
  corpus: { words: number; from: string },
  backend: BackendInfo,
  print: (line: string) => void,
): Promise<ModelPlan> {
  const runIds = runs.map((run) => run.runId).join(", ");
  const { name, ...shape } = MODELS[scale][runs[0].model];
  const config = llamaConfig(shape);
  const pretraining = PRETRAINING[scale];
  const passes = { ...pretraining, packing: "stream", maxMicroBatchTokens: options.microBatch } as const;
  const tokens = passTokens(passes);
  const plain = planMemory(config, tokens, false);
  // a run that does not fit would be killed by the system without a message, so it is not started
  const available = trainingMemory();
  const recompute = options.recompute || needsRecompute(config, tokens, available);
  const memory = planMemory(config, tokens, recompute);
  if (memoryUse(memory, available) > usableBytes(available)) {
    throw new Error(`${runIds} at scale ${scale}: ${doesNotFit(config, memory, available)}`);
  }
  const seenWords = (1 - VALIDATION_SHARE) * corpus.words * pretraining.epochs;
  const checkpoints = checkpointWords(seenWords, CHECKPOINTS[scale]).length;
  const disk = planDisk(config, checkpoints);
  print(`${runIds} at scale ${scale}: ${name}, ${thousands(countParameters(config))} parameters`);
  print(
    `memory: ${bytes(memory.total)} counted = weights ${bytes(memory.weights)} + gradients ${bytes(memory.gradients)} + ` +
      `moments ${bytes(memory.moments)} + activations of ${thousands(tokens)} tokens ${bytes(memory.activations)}` +
      (recompute ? `, recomputed in the backward pass (kept: ${bytes(plain.total)} in all)` : "") +
      `; about ${bytes(memoryUse(memory, available))} will be used, ${available.of} has ${bytes(available.bytes)}`,
  );
  print(
    `disk: ${bytes(disk.running)} while it runs, ${bytes(disk.finished)} afterwards (${checkpoints} checkpoints by words seen, final and best)`,
  );
  const flops = flopsPerToken(config, pretraining.sequenceLength);
  const progress = startProgress(`measuring updates of ${(tokens * flops * 1e-12).toFixed(2)} Tflop`, options.updates);
  const measured = await measureUpdates(config, passes, options.updates, recompute, (done, loss) =>
    progress.update(done, `loss ${loss.toFixed(3)}`),
  );
  progress.stop();
  const curricula = runs.map((run) => CURRICULA[run.variant]);
  const stages = planStages(scale, curricula, corpus.words, options.tokensPerWord, measured);
  const hours = stages.reduce((sum, stage) => sum + stage.hours, 0);
  const kilowattHours = (hours * options.watts) / 1000;
  const gflops = flops / measured.secondsPerToken / 1e9;
  print(
    `measured: tensors ${bytes(measured.tensorBytes)}, peak of the whole process ${bytes(measured.residentBytes)}` +
      (measured.gpuBytes === null ? "" : `, on the GPU ${bytes(measured.gpuBytes)}`),
  );
  print(
    `speed on ${backend.name} (${backend.reason}): ${thousands(1 / measured.secondsPerToken)} tokens/s forward and backward ` +
      `at ${thousands(pretraining.sequenceLength)} tokens per sequence (${gflops.toFixed(0)} GFLOP/s), ` +
      `${measured.secondsPerUpdate.toFixed(2)} s for AdamW; loss ${measured.losses.map((x) => x.toFixed(3)).join(" -> ")} ` +
      `(ln V = ${Math.log(config.vocabSize).toFixed(3)})`,
  );
  print(`text: ${thousands(corpus.words)} words (${corpus.from}), ${options.tokensPerWord} tokens per word assumed\n`);
  print(`${"stage".padEnd(24)}    updates          tokens        time`);
  for (const { stage, ...planned } of stages) {
    const cells = [thousands(planned.updates).padStart(11), thousands(planned.tokens).padStart(16)];
    print(stage.padEnd(24) + cells.join("") + time(planned.hours).padStart(12));
  }
  print(`in all ${time(hours)}, ${kilowattHours.toFixed(kilowattHours < 10 ? 2 : 0)} kWh at ${options.watts} W\n`);
  const figures = { run: runIds, scale, model: name, parameters: countParameters(config), backend, measured };
  return { ...figures, recompute, gflops, corpus, stages, hours, kilowattHours, memory, disk };
}

/** Estimate without a measurement, for a card with a known rate. */
function onGpu(
  options: PlanOptions,
  scale: Scale,
  wanted: string,
  runs: readonly Run[],
  corpus: { words: number; from: string },
): void {
  const names = GPUS.map(({ name }) => name);
  const gpu = GPUS[names.indexOf(oneOf("gpu", wanted, names))];
  const seenWords = (1 - VALIDATION_SHARE) * corpus.words * PRETRAINING[scale].epochs;
  const models = [...new Set(runs.map((run) => run.model))].map((model) => {
    const { name: _, ...shape } = MODELS[scale][model];
    const curricula = runs.filter((run) => run.model === model).map((run) => CURRICULA[run.variant]);
    return {
      model,
      config: llamaConfig(shape),
      stagesAt: (secondsPerToken: number) =>
        planStages(scale, curricula, corpus.words, options.tokensPerWord, { secondsPerToken, secondsPerUpdate: 0 }),
      checkpoints: checkpointWords(seenWords, CHECKPOINTS[scale]).length,
    };
  });
  const planned = planOnGpu(gpu, scale, models);
  const text = options.json
    ? JSON.stringify({ scale, corpus, ...planned }, null, 2)
    : gpuTable(planned, scale).join("\n");
  process.stdout.write(`${text}\n`);
}

function gpuTable({ gpu, stages, ...total }: GpuPlan, scale: Scale): string[] {
  const row = (model: string, stage: string, cells: string[]) =>
    model.padEnd(8) + stage.padEnd(24) + cells.map((cell) => cell.padStart(14)).join("");
  const figures = (hours: number, kilowattHours: number, memory: string, disk: number) => {
    return [time(hours), `${kilowattHours.toFixed(kilowattHours < 10 ? 2 : 0)} kWh`, memory, bytes(disk)];
  };
  const totals = figures(total.hours, total.kilowattHours, bytes(total.memoryBytes), total.diskBytes);
  return [
    `${gpu.name} at scale ${scale}: ${gpu.basis} rate, ${gpu.source}`,
    row("model", "stage", ["tokens", "time", "energy", "memory", "disk"]),
    ...stages.map((s) => {
      const memory = `${bytes(s.memoryBytes)}${s.recompute ? "*" : ""}`;
      return row(s.model, s.stage, [thousands(s.tokens), ...figures(s.hours, s.kilowattHours, memory, s.diskBytes)]);
    }),
    row("in all", "", ["", ...totals]),
    `Memory is an estimate from what an H100 used, for the largest pass that fits ${bytes(gpu.memoryBytes)}` +
      `${stages.some((s) => s.recompute) ? "; * with recomputed activations" : ""}. ` +
      `Energy is the card's ${gpu.watts} W. Fine-tuning and scoring are not counted.`,
  ];
}

/** Words of the corpus after cleaning: of a folder, or of the paper's corpus. */
function countCorpus(scale: Scale, folder: string | undefined): { words: number; from: string } {
  if (folder === undefined && scale === "paper") return { words: PAPER_CORPUS.words, from: "the paper's corpus" };
  const data = folder ?? path.join(projectRoot(), "data", "sample");
  const text = fs.existsSync(path.join(data, "text")) ? path.join(data, "text") : data;
  const words = loadCorpus(text).documents.reduce((sum, document) => sum + document.words, 0);
  return { words, from: `${folder ?? "the sample world"}, cleaned` };
}

/** Longest acceptable duration of a run. */
const PATIENCE_HOURS = 24;

/** Changes that would make the run fit this machine and one day. */
function advice(hours: number, gflops: number, diskBytes: number, recompute: boolean): string[] {
  const { bavail, bsize } = fs.statfsSync(projectRoot());
  const free = bavail * bsize;
  const gpu = gpuMemory()?.room ?? null;
  const lines = [
    `this machine: ${os.cpus().length} processors, ${bytes(os.totalmem())} of memory, ${bytes(free)} of disk free` +
      (gpu === null ? "" : `; its GPU: ${bytes(gpu.available)} of ${bytes(gpu.total)} available`),
  ];
  lines.push(`memory: it fits${recompute ? " with recomputed activations" : ""}`);
  lines.push(
    diskBytes <= free
      ? "disk: it fits"
      : `disk: ${bytes(diskBytes - free)} too little; free some, or give a folder on another disk with --runs`,
  );
  const times = hours / PATIENCE_HOURS;
  lines.push(
    times <= 1
      ? "time: within a day"
      : `time: for a day, ${times.toFixed(times < 10 ? 1 : 0)} times the speed (${thousands(gflops * times)} GFLOP/s: a GPU), ` +
          `or 1/${times.toFixed(times < 10 ? 1 : 0)} of the tokens (a smaller corpus, fewer epochs, or --scale small)`,
  );
  return lines;
}

function doesNotFit(config: LlamaConfig, plan: MemoryPlan, available: TrainingMemory): string {
  const needed = memoryUse(plan, available);
  const whole = (needed * available.bytes) / usableBytes(available);
  return (
    `needs about ${bytes(needed)} of memory even with recomputed activations, ${available.of} has ${bytes(available.bytes)}; ` +
    `weights, gradients and moments alone are ${bytes(planMemory(config, 0, true).total)}. Lower sequenceLength in ` +
    `src/experiments/models.ts, or take ${available.of === "the GPU" ? "a GPU" : "a machine"} with ${bytes(whole)}`
  );
}

function time(hours: number): string {
  return hours >= 48 ? `${(hours / 24).toFixed(1)} days` : duration(hours * 3600);
}
