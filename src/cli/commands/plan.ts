/** @file `class-it plan`: what a run would take on this machine, before it is begun. */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Command } from "commander";
import { CORPUS_SOURCES, sourceFile } from "../../corpus/sources";
import { CURRICULA, type InstructionStage } from "../../experiments/curricula";
import { INSTRUCTION, MODELS, PRETRAINING, VALIDATION_SHARE } from "../../experiments/models";
import { findRun } from "../../experiments/runs";
import { SCALES, type Scale } from "../../experiments/scale";
import { countParameters } from "../../model/count-parameters";
import { type LlamaConfig, llamaConfig } from "../../model/llama-config";
import { initBackend } from "../../tensor";
import { passTokens } from "../../train/batch";
import { STAGE_DEFAULTS } from "../../train/stage";
import {
  flopsPerToken,
  MEMORY_SHARE,
  type Measurement,
  measureUpdates,
  needsRecompute,
  planDisk,
  planMemory,
  planStage,
} from "../../train/training-cost";
import { oneOf } from "../../util/check";
import { bytes, duration, thousands } from "../../util/format";
import { startProgress } from "../../util/progress";
import { projectRoot } from "../../util/project-root";
import { countWords, readLines } from "../../util/text-file";
import { decimalNumber, wholeNumber } from "../options";

interface PlanOptions {
  scale: string;
  run: string;
  data?: string;
  updates: number;
  watts: number;
  tokensPerWord: number;
  recompute: boolean;
  microBatch: number;
  json: boolean;
}

/** What the paper's corpora hold: words, and prompt-reply pairs for the two sets [paper §3]. */
const PAPER_CORPUS = { words: 91e6, switchPairs: 38_802, wikiPairs: 91_016, switchWords: 1.3e6, wikiWords: 7.4e6 };

/** Folders that the BabyLM's schedule of words seen asks for. */
const WORD_CHECKPOINTS = 28;

export function register(program: Command): void {
  program
    .command("plan")
    .description("measure a few updates here and print memory, hours, energy and disk that a run would take")
    .requiredOption("--run <id>", "for example wide-switch-wiki or narrow-base")
    .option("--scale <name>", SCALES.join(", "), "paper")
    .option("--data <folder>", "folder whose text/ is counted; default: the paper's corpus, or the sample world")
    .option("--updates <n>", "updates to measure", wholeNumber({ least: 1 }), 2)
    .option("--watts <n>", "power of this machine under load", decimalNumber({ above: 0 }), 65)
    .option("--tokens-per-word <x>", "until a tokenizer is trained, an assumption", decimalNumber({ above: 0 }), 1.35)
    .option(
      "--micro-batch <tokens>",
      "slots of one pass",
      wholeNumber({ least: 1 }),
      STAGE_DEFAULTS.maxMicroBatchTokens,
    )
    .option(
      "--recompute",
      "recompute activations in the backward pass: less memory, more time; always where else it would not fit",
      false,
    )
    .option("--json", "figures as JSON on standard output", false)
    .action(plan);
}

async function plan(options: PlanOptions): Promise<void> {
  const scale = oneOf("scale", options.scale, SCALES);
  const run = findRun(options.run);
  const updates = options.updates;
  const { name, ...shape } = MODELS[scale][run.model];
  const config = llamaConfig(shape);
  const pretraining = PRETRAINING[scale];
  const corpus = countCorpus(scale, options.data);
  const passes = { ...pretraining, packing: "stream", maxMicroBatchTokens: options.microBatch } as const;
  const tokens = passTokens(passes);
  const plain = planMemory(config, tokens, false);
  // what does not fit is stopped by the system without a word, so it is not begun
  const recompute = options.recompute || needsRecompute(config, tokens);
  const memory = planMemory(config, tokens, recompute);
  if (memory.total > MEMORY_SHARE * os.totalmem()) {
    throw new Error(`${run.runId} at scale ${scale}: ${doesNotFit(config, memory)}`);
  }
  const disk = planDisk(config, WORD_CHECKPOINTS);
  const backend = await initBackend();
  const print = (line: string) => {
    if (!options.json) process.stdout.write(`${line}\n`);
  };
  print(`${run.runId} at scale ${scale}: ${name}, ${thousands(countParameters(config))} parameters`);
  print(
    `memory: ${bytes(memory.total)} counted = weights ${bytes(memory.weights)} + gradients ${bytes(memory.gradients)} + ` +
      `moments ${bytes(memory.moments)} + activations of ${thousands(tokens)} tokens ${bytes(memory.activations)}` +
      (recompute ? `, recomputed in the backward pass (kept: ${bytes(plain.total)} in all)` : ""),
  );
  print(
    `disk: ${bytes(disk.running)} while it runs, ${bytes(disk.finished)} afterwards (${WORD_CHECKPOINTS} checkpoints by words seen, final and best)`,
  );
  const flops = flopsPerToken(config, pretraining.sequenceLength);
  const progress = startProgress(`measuring updates of ${(tokens * flops * 1e-12).toFixed(2)} Tflop`, updates);
  const measured = await measureUpdates(config, passes, updates, recompute, (done, loss) =>
    progress.update(done, `loss ${loss.toFixed(3)}`),
  );
  progress.stop();
  const stages = stagesOf(scale, CURRICULA[run.variant], corpus, options.tokensPerWord, measured);
  const hours = stages.reduce((sum, stage) => sum + stage.hours, 0);
  const kilowattHours = (hours * options.watts) / 1000;
  const gflops = flops / measured.secondsPerToken / 1e9;
  if (options.json) {
    const figures = { run: run.runId, scale, model: name, parameters: countParameters(config), backend, measured };
    process.stdout.write(
      `${JSON.stringify({ ...figures, recompute, gflops, corpus, stages, hours, kilowattHours, memory, disk }, null, 2)}\n`,
    );
    return;
  }
  print(
    `measured: tensors ${bytes(measured.tensorBytes)}, the whole process ${bytes(measured.residentBytes)} at its most`,
  );
  print(
    `speed on ${backend.name} (${backend.reason}): ${thousands(1 / measured.secondsPerToken)} tokens/s forward and backward ` +
      `at ${thousands(pretraining.sequenceLength)} tokens a sequence (${gflops.toFixed(0)} GFLOP/s), ` +
      `${measured.secondsPerUpdate.toFixed(2)} s for AdamW; loss ${measured.losses.map((x) => x.toFixed(3)).join(" -> ")} ` +
      `(ln V = ${Math.log(config.vocabSize).toFixed(3)})`,
  );
  print(`text: ${thousands(corpus.words)} words (${corpus.from}), ${options.tokensPerWord} tokens a word assumed\n`);
  print("stage              updates          tokens        time");
  for (const s of stages) {
    const cells = [thousands(s.updates).padStart(11), thousands(s.tokens).padStart(16), time(s.hours).padStart(12)];
    print(s.stage.padEnd(15) + cells.join(""));
  }
  print(`in all ${time(hours)}, ${kilowattHours.toFixed(kilowattHours < 10 ? 2 : 0)} kWh at ${options.watts} W\n`);
  for (const line of advice(hours, gflops, disk.running, recompute)) print(line);
}

function stagesOf(
  scale: Scale,
  curriculum: readonly InstructionStage[],
  corpus: { words: number },
  tokensPerWord: number,
  measured: Measurement,
) {
  const { batchSize, sequenceLength, epochs } = PRETRAINING[scale];
  const share = (1 - VALIDATION_SHARE) * (corpus.words / PAPER_CORPUS.words);
  const tokens = share * PAPER_CORPUS.words * tokensPerWord;
  const stages = [planStage("pretrain", tokens, Math.ceil(tokens / sequenceLength / batchSize), epochs, measured)];
  for (const stage of curriculum) {
    const has = (source: "switchboard" | "simple_wiki") => (stage.sources.includes(source) ? share : 0);
    const words = has("switchboard") * PAPER_CORPUS.switchWords * 2 + has("simple_wiki") * PAPER_CORPUS.wikiWords; // a turn is prompt and reply
    const pairs = has("switchboard") * PAPER_CORPUS.switchPairs + has("simple_wiki") * PAPER_CORPUS.wikiPairs;
    const settings = INSTRUCTION[scale];
    const updates = Math.ceil(pairs / settings.batchSize);
    stages.push(planStage(`instruct ${stage.name}`, words * tokensPerWord, updates, settings.epochs, measured));
  }
  return stages;
}

/** Words of the corpus: counted in a folder, or the paper's. */
function countCorpus(scale: Scale, folder: string | undefined): { words: number; from: string } {
  if (folder === undefined && scale === "paper") return { words: PAPER_CORPUS.words, from: "the paper's corpus" };
  const data = folder ?? path.join(projectRoot(), "data", "sample");
  const text = fs.existsSync(path.join(data, "text")) ? path.join(data, "text") : data;
  let words = 0;
  for (const source of CORPUS_SOURCES) {
    const file = sourceFile(text, source);
    if (file !== null) for (const line of readLines(file)) words += countWords(line);
  }
  if (words === 0) throw new Error(`${text}: none of the corpus files is there (childes.train, ...)`);
  return { words, from: folder === undefined ? "the sample world" : folder };
}

/** A run one would wait for. */
const PATIENCE_HOURS = 24;

/** What would have to change to fit this machine and a day. */
function advice(hours: number, gflops: number, diskBytes: number, recompute: boolean): string[] {
  const { bavail, bsize } = fs.statfsSync(projectRoot());
  const free = bavail * bsize;
  const lines = [
    `this machine: ${os.cpus().length} processors, ${bytes(os.totalmem())} of memory, ${bytes(free)} of disk free`,
  ];
  lines.push(`memory: it fits${recompute ? " with recomputed activations" : ""}`);
  lines.push(
    diskBytes <= free
      ? "disk: it fits"
      : `disk: ${bytes(diskBytes - free)} are missing; free them, or give a folder on another disk with --runs`,
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

function doesNotFit(config: LlamaConfig, { total }: { total: number }): string {
  return (
    `needs ${bytes(total)} of memory even with recomputed activations, this machine has ${bytes(os.totalmem())}; ` +
    `weights, gradients and moments alone are ${bytes(planMemory(config, 0, true).total)}. Lower sequenceLength in ` +
    `src/experiments/models.ts, or take a machine with ${bytes(total / MEMORY_SHARE)}`
  );
}

function time(hours: number): string {
  return hours >= 48 ? `${(hours / 24).toFixed(1)} days` : duration(hours * 3600);
}
