/** @file `class-it finetune`: the (Super)GLUE tasks for a model in a Hugging Face folder, with the official settings. */

import * as path from "node:path";
import type { Command } from "commander";
import {
  availableGlue,
  fineTuneScore,
  GLUE_METRICS,
  OFFICIAL,
  type ScoringMode,
  scoringMode,
  writeFineTuneFiles,
} from "../../eval/index";
import { pythonStem } from "../../eval/python-format";
import { FINETUNE_TASKS, FINETUNING, type FineTuneTaskName } from "../../experiments/finetuning";
import { SCALES } from "../../experiments/scale";
import { loadHuggingFace } from "../../model/checkpoint/hugging-face";
import { POOLINGS, type Pooling } from "../../model/sequence-classifier";
import type { TaskScore } from "../../results/schema";
import { pairedPermutationTest } from "../../stats/permutation-test";
import { glueTask, loadGlue } from "../../tasks/superglue";
import { initBackend } from "../../tensor";
import { Tokenizer } from "../../tokenizer/tokenizer";
import { fineTune } from "../../train/finetune-classifier";
import { oneOf } from "../../util/check";
import { writeJson } from "../../util/jsonl";
import { startProgress } from "../../util/progress";
import { Rng } from "../../util/rng";
import { modelFolder } from "../model-folder";
import { wholeNumber } from "../options";

interface FineTuneCommandOptions {
  model: string;
  data: string;
  task: string;
  out: string;
  name?: string;
  revision: string;
  pooling: string;
  scale: string;
  seed: number;
  epochs?: number;
}

export function register(program: Command): void {
  program
    .command("finetune")
    .description("fine-tune a Hugging Face model folder on (Super)GLUE; writes the official pipeline's files")
    .requiredOption(
      "--model <folder>",
      "a folder with config.json, model.safetensors, tokenizer.json; or the name of a fetched model, see data list",
    )
    .requiredOption("--data <folder>", "holds evaluation_data/")
    .option("--task <name>", `all, or one of ${FINETUNE_TASKS.join(", ")}`, "all")
    .option("--out <folder>", "root of the results", "results")
    .option("--name <name>", "name of the model in the results; default: the folder's name")
    .option("--revision <name>", "name of the checkpoint in the results", "main")
    .option(
      "--pooling <how>",
      `position that is classified: ${POOLINGS.join(", ")} (first is official); several with commas are compared`,
      "first",
    )
    .option("--scale <name>", "settings: paper (official), small, tiny", "paper")
    .option("--epochs <n>", "instead of the task's own number", wholeNumber({ least: 1 }))
    .option("--seed <n>", "shuffling, dropout, head", wholeNumber(), 42)
    .action(run);
}

async function run(options: FineTuneCommandOptions): Promise<void> {
  const poolings = options.pooling.split(",").map((how) => oneOf("pooling", how.trim(), POOLINGS));
  const settings = FINETUNING[oneOf("scale", options.scale, SCALES)];
  const { present, absent } = availableGlue(options.data);
  const chosen = options.task === "all" ? present : [oneTask(options, present, absent)];
  const backend = await initBackend();
  const folder = modelFolder(options.model);
  const tokenizer = Tokenizer.load(folder);
  const llama = loadHuggingFace(folder);
  const name = options.name ?? path.basename(path.resolve(options.model));
  process.stderr.write(`${name} on ${backend.name} (${backend.reason}); pooling ${poolings.join(", ")}\n`);
  const scores: TaskScore[] = [];
  for (const { task, dataFolder } of chosen) {
    const glue = glueTask(task);
    const own = settings[task as FineTuneTaskName];
    const epochs = options.epochs ?? own.epochs;
    const rng = Rng.fromSeed(options.seed).fork(`finetune/${task}`);
    const rows = (part: "train" | "valid", most: number | null) => {
      const examples = loadGlue(glue, path.join(dataFolder, `${task}.${part}.jsonl`));
      const kept =
        most === null || examples.length <= most ? examples : rng.fork(`rows/${part}`).sample(examples, most);
      return kept.map(({ a, b, label }) => ({
        ids: tokenizer.encodePair(a, b, { maxLength: own.maxLength }).ids,
        label,
      }));
    };
    const data = { train: rows("train", own.maxTrainRows), valid: rows("valid", own.maxValidRows) };
    const metrics = (predicted: number[], gold: number[]) =>
      Object.fromEntries(glue.metrics.map((metric) => [metric, GLUE_METRICS[metric](predicted, gold)]));
    const labels = data.valid.map((row) => row.label);
    const right: number[][] = []; // by pooling, 1 for a row that it gets right
    for (const pooling of poolings) {
      const progress = startProgress(`${task}, ${pooling}`, 1000);
      const { predictions, bestEpoch } = await fineTune(
        llama,
        data,
        { ...own, epochs, numLabels: glue.numLabels, pooling, metrics },
        rng,
        { onProgress: (done, total) => progress.update((1000 * done) / total) },
      );
      progress.stop(`best epoch ${bestEpoch + 1} of ${epochs}`);
      const outcome = { task, predictions, labels, mode: modeOf(pooling) };
      // the first one asked for has the official place
      const outFolder = pooling === poolings[0] ? options.out : path.join(options.out, `mode-${modeOf(pooling).name}`);
      writeFineTuneFiles(outcome, { outFolder, modelName: name, revision: options.revision });
      const score = fineTuneScore(outcome);
      scores.push(score);
      right.push(labels.map((label, i) => (predictions[i] === label ? 1 : 0)));
      process.stdout.write(`${poolings.length > 1 ? `${pooling.padEnd(10)} ` : ""}${line(score)}\n`);
    }
    for (const [i, pooling] of poolings.entries()) {
      if (i > 0) process.stdout.write(`${difference(`${pooling} less ${poolings[0]}`, right[i], right[0], rng)}\n`);
    }
  }
  for (const { task, why } of options.task === "all" ? absent : [])
    process.stdout.write(`${task.padEnd(8)} absent: ${why}\n`);
  const file = path.join(
    options.out,
    pythonStem(name),
    options.revision,
    `fine-tuning-${options.task}-${poolings.join("+")}.json`,
  );
  writeJson(file, {
    model: name,
    revision: options.revision,
    pooling: poolings.join(","),
    seed: options.seed,
    scores,
    absent,
  });
  llama.dispose();
}

function modeOf(pooling: Pooling): ScoringMode {
  if (pooling === "first") return OFFICIAL;
  return pooling === "last_real" ? scoringMode("last-token-pooling") : { ...OFFICIAL, name: pooling };
}

/** `last_real less first: +5.76 points, p = 0.34 (paired permutation test, 139 rows)`. */
function difference(what: string, a: readonly number[], b: readonly number[], rng: Rng): string {
  const differences = a.map((v, i) => v - b[i]);
  const points = (100 * differences.reduce((sum, d) => sum + d, 0)) / differences.length;
  const p = pairedPermutationTest(differences, rng.fork(`compare/${what}`));
  return `${what}: ${points >= 0 ? "+" : ""}${points.toFixed(2)} points, p = ${p.toFixed(4)} (paired permutation test, ${differences.length} rows)`;
}

function oneTask(
  { task }: FineTuneCommandOptions,
  present: readonly { task: string; dataFolder: string }[],
  absent: readonly { task: string; why: string }[],
): { task: string; dataFolder: string } {
  const name = oneOf("fine-tuning task", task, FINETUNE_TASKS);
  const found = present.find((p) => p.task === name);
  if (found !== undefined) return found;
  throw new Error(`${name}: ${absent.find((a) => a.task === name)?.why ?? "no data"}`);
}

/** `rte  accuracy 51.80 % [46.0 %, 57.6 %]  majority 52.71 %  f1 0.5037  mcc 0.0378`. */
function line(s: TaskScore): string {
  const percent = (v: number) => `${(100 * v).toFixed(2)} %`;
  const interval = s.interval === null ? "" : ` [${s.interval.map(percent).join(", ")}]`;
  const { accuracy: _, ...others } = s.alternatives ?? {};
  const rest = Object.entries(others).map(([metric, value]) => `  ${metric} ${value.toFixed(4)}`);
  const baselines = `chance ${percent(s.chance ?? Number.NaN)}  majority ${percent(s.majority ?? Number.NaN)}`;
  return `${s.task.padEnd(8)} accuracy ${percent(s.value)}${interval}  n ${s.n}  ${baselines}${rest.join("")}`;
}
