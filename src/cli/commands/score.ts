/** @file `class-it score`: score a model in a Hugging Face folder on one zero-shot task or the whole suite. */

import * as path from "node:path";
import type { Command } from "commander";
import { type DataFound, findTasks } from "../../eval/available-tasks";
import { modelResults } from "../../eval/official/folders";
import { OFFICIAL, PROTOCOLS, SCORING_SWITCHES, type ScoringMode, scoringMode } from "../../eval/scoring-mode";
import type { TaskScore } from "../../results/schema";
import { scoreModel } from "../../stages/score-model";
import { BLIMP } from "../../tasks/blimp";
import { BLIMP_SUPPLEMENT } from "../../tasks/blimp-supplement";
import { tasksUnder, ZERO_SHOT, zeroShotTask } from "../../tasks/index";
import { taskId } from "../../tasks/task";
import { initBackend } from "../../tensor";
import { oneOf } from "../../util/check";
import { writeJson } from "../../util/jsonl";
import { startProgress } from "../../util/progress";
import { modelFolder } from "../model-folder";
import { EVALUATION_DATA, PROTOCOL_HELP, wholeNumber } from "../options";

interface ScoreOptions {
  model: string;
  task: string;
  data: string;
  out: string;
  revision: string;
  mode: string;
  protocol: string;
  seed: number;
  fast: boolean;
  exact: boolean;
  name?: string;
  checkpoints?: string;
}

export function register(program: Command): void {
  program
    .command("score")
    .description("score a Hugging Face model folder on zero-shot tasks; writes the official pipeline's files")
    .requiredOption(
      "--model <folder>",
      "a folder with config.json, model.safetensors, tokenizer.json; or the name of a fetched model, see data list",
    )
    .requiredOption("--data <folder>", EVALUATION_DATA)
    .option("--task <name>", `all, or one of ${ZERO_SHOT.map((t) => t.name).join(", ")}`, "all")
    .option("--out <folder>", "root folder of the results", "results")
    .option("--revision <name>", "name of the checkpoint in the results", "main")
    .option("--name <name>", "name of the model in the results; default: the folder's name")
    .option(
      "--mode <names>",
      `official, corrected, or some of ${SCORING_SWITCHES.join(", ")} separated by commas`,
      "official",
    )
    .option("--protocol <year>", PROTOCOL_HELP, "2025")
    .option("--seed <n>", "seed of random ties (protocol 2026)", wholeNumber(), OFFICIAL.seed)
    .option("--checkpoints <folder>", "for age of acquisition: holds chck_1M, chck_2M, ..., each a model folder")
    .option("--fast", "the fast suite instead of the full one", false)
    .option(
      "--exact",
      "scores whose bytes do not depend on the batch, and faster; their last digits differ from scores without it",
      false,
    )
    .action(score);
}

async function score(options: ScoreOptions): Promise<void> {
  const mode = scoringMode(options.mode, oneOf("protocol", options.protocol, PROTOCOLS), options.seed);
  const tasks = chosenTasks(options, mode);
  const backend = await initBackend();
  const name = options.name ?? path.basename(path.resolve(options.model));
  process.stderr.write(
    `${name} on ${backend.name} (${backend.reason}), ${backend.threads} threads; protocol ${mode.protocol}, mode ${mode.name}\ndata: ${tasks.taken}\n`,
  );
  let running: { task: string; progress: ReturnType<typeof startProgress> } | null = null;
  const { scores, absent } = await scoreModel({
    modelFolder: modelFolder(options.model),
    name,
    tasks,
    outFolder: options.out,
    revision: options.revision,
    mode,
    exact: options.exact,
    checkpointsFolder: options.checkpoints ?? null,
    whyNoCheckpoints: "needs --checkpoints",
    onProgress: (task, part, total, note) => {
      if (running?.task !== task) running = { task, progress: startProgress(task, 1000) };
      running.progress.update((1000 * part) / total, note);
    },
    onScores: (_, own) => {
      running?.progress.stop();
      running = null;
      for (const s of own) process.stdout.write(`${line(s)}\n`);
    },
  }).catch((error: unknown) => {
    running?.progress.stop("failed");
    throw error;
  });
  for (const { task, why } of absent) process.stdout.write(`${task.padEnd(22)} absent: ${why}\n`);
  const file = path.join(modelResults(options.out, name, options.revision), `zero-shot-${fileName(options)}.json`);
  writeJson(file, {
    model: name,
    revision: options.revision,
    protocol: mode.protocol,
    mode: mode.name,
    tasks: tasks.present.map(({ task }) => taskId(zeroShotTask(task, mode))),
    scores,
    absent,
  });
}

/** The tasks found under `--data`: all, or the one named. */
function chosenTasks({ task, data, fast }: ScoreOptions, mode: ScoringMode): DataFound {
  // [pipeline] the supplement runs under the name blimp; its folder distinguishes it
  const isSupplement = task === BLIMP.name && path.basename(path.resolve(data)).startsWith("supplement");
  return findTasks(data, isSupplement ? BLIMP_SUPPLEMENT.name : task, fast, tasksUnder(mode, ZERO_SHOT));
}

function fileName({ task, fast, mode }: ScoreOptions): string {
  return [task, fast ? "fast" : "full", mode].join("-").replaceAll(",", "+");
}

/** `blimp  accuracy 53.37 % [52.97, 53.76]  n 59,875  chance 50 %`. */
function line(s: TaskScore): string {
  const percent = s.metric === "accuracy";
  const show = (v: number) => (percent ? `${(100 * v).toFixed(2)} %` : v.toFixed(4));
  const interval = s.interval === null ? "no interval" : `[${show(s.interval[0])}, ${show(s.interval[1])}]`;
  const chance = s.chance === null ? "" : `  chance ${show(s.chance)}`;
  const ties = s.ties > 0 ? `  ties ${s.ties}` : "";
  return `${s.task.padEnd(22)} ${s.metric.padEnd(26)} ${show(s.value)} ${interval}  n ${s.n}${chance}${ties}`;
}
