/** @file `class-it finetune`: fine-tune a model in a Hugging Face folder on (Super)GLUE with the official settings. */

import * as path from "node:path";
import type { Command } from "commander";
import { findTasks } from "../../eval/available-tasks";
import { modelResults } from "../../eval/official/folders";
import { PROTOCOLS, scoringMode } from "../../eval/scoring-mode";
import { FINETUNE_TASKS, FINETUNING, type FineTuneTaskName } from "../../experiments/finetuning";
import { SCALES } from "../../experiments/scale";
import { POOLINGS } from "../../model/sequence-classifier";
import type { TaskScore } from "../../results/schema";
import { fineTuneModel, poolingMode } from "../../stages/finetune-model";
import { pairedPermutationTest } from "../../stats/permutation-test";
import { SUPERGLUE } from "../../tasks/superglue";
import { initBackend } from "../../tensor";
import { oneOf } from "../../util/check";
import { writeJson } from "../../util/jsonl";
import { startProgress } from "../../util/progress";
import { Rng } from "../../util/rng";
import { modelFolder } from "../model-folder";
import { EVALUATION_DATA, PROTOCOL_HELP, wholeNumber } from "../options";

interface FineTuneCommandOptions {
  model: string;
  data: string;
  task: string;
  out: string;
  name?: string;
  revision: string;
  pooling?: string;
  protocol: string;
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
    .requiredOption("--data <folder>", EVALUATION_DATA)
    .option("--task <name>", `all, or one of ${FINETUNE_TASKS.join(", ")}`, "all")
    .option("--out <folder>", "root folder of the results", "results")
    .option("--name <name>", "name of the model in the results; default: the folder's name")
    .option("--revision <name>", "name of the checkpoint in the results", "main")
    .option(
      "--pooling <how>",
      `position that is classified: ${POOLINGS.join(", ")}; several, separated by commas, are compared; default the protocol's`,
    )
    .option("--protocol <year>", PROTOCOL_HELP, "2025")
    .option("--scale <name>", `settings of a scale: ${SCALES.join(", ")}; paper is official`, "paper")
    .option("--epochs <n>", "epochs, instead of the task's own number", wholeNumber({ least: 1 }))
    .option("--seed <n>", "shuffling, dropout, head", wholeNumber(), 42)
    .action(run);
}

async function run(options: FineTuneCommandOptions): Promise<void> {
  const protocol = oneOf("protocol", options.protocol, PROTOCOLS);
  const poolings = (options.pooling ?? scoringMode("official", protocol).pooling)
    .split(",")
    .map((how) => oneOf("pooling", how.trim(), POOLINGS));
  const settings = FINETUNING[oneOf("scale", options.scale, SCALES)];
  const { present, absent, taken } = findTasks(options.data, options.task, false, SUPERGLUE);
  const backend = await initBackend();
  const folder = modelFolder(options.model);
  const name = options.name ?? path.basename(path.resolve(options.model));
  process.stderr.write(
    `${name} on ${backend.name} (${backend.reason}); protocol ${protocol}, pooling ${poolings.join(", ")}\ndata: ${taken}\n`,
  );
  const scores: TaskScore[] = [];
  for (const { task, dataFolder } of present) {
    const own = settings[task as FineTuneTaskName];
    const epochs = options.epochs ?? own.epochs;
    const right: number[][] = []; // per pooling, 1 for each correctly classified row
    for (const pooling of poolings) {
      const mode = poolingMode(pooling, protocol);
      const progress = startProgress(`${task}, ${pooling}`, 1000);
      const tuned = await fineTuneModel({
        modelFolder: folder,
        name,
        task,
        dataFolder,
        // the first pooling is written to the official location
        outFolder: pooling === poolings[0] ? options.out : path.join(options.out, `mode-${mode.name}`),
        revision: options.revision,
        settings: { ...own, epochs },
        mode,
        seed: options.seed,
        onProgress: (done, total) => progress.update((1000 * done) / total),
      });
      progress.stop(`best epoch ${tuned.bestEpoch + 1} of ${epochs}`);
      scores.push(tuned.score);
      right.push(tuned.right);
      process.stdout.write(`${poolings.length > 1 ? `${pooling.padEnd(10)} ` : ""}${line(tuned.score)}\n`);
    }
    const rng = Rng.fromSeed(options.seed).fork(`finetune/${task}`);
    for (const [i, pooling] of poolings.entries()) {
      if (i > 0) process.stdout.write(`${difference(`${pooling} less ${poolings[0]}`, right[i], right[0], rng)}\n`);
    }
  }
  for (const { task, why } of absent) process.stdout.write(`${task.padEnd(8)} absent: ${why}\n`);
  const file = path.join(
    modelResults(options.out, name, options.revision),
    `fine-tuning-${options.task}-${poolings.join("+")}.json`,
  );
  writeJson(file, {
    model: name,
    revision: options.revision,
    protocol,
    pooling: poolings.join(","),
    seed: options.seed,
    scores,
    absent,
  });
}

/** `last_real less first: +5.76 points, p = 0.34 (paired permutation test, 139 rows)`. */
function difference(what: string, a: readonly number[], b: readonly number[], rng: Rng): string {
  const differences = a.map((v, i) => v - b[i]);
  const points = (100 * differences.reduce((sum, d) => sum + d, 0)) / differences.length;
  const p = pairedPermutationTest(differences, rng.fork(`compare/${what}`));
  return `${what}: ${points >= 0 ? "+" : ""}${points.toFixed(2)} points, p = ${p.toFixed(4)} (paired permutation test, ${differences.length} rows)`;
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
