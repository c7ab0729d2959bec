/** @file `class-it score`: one zero-shot task, or the whole suite, for a model in a Hugging Face folder. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import { stepWords } from "../../eval/age-of-acquisition";
import { pythonStem } from "../../eval/python-format";
import { SCORING_SWITCHES, scoringMode } from "../../eval/scoring-mode";
import { type Checkpoint, scoreZeroShot } from "../../eval/zero-shot";
import { loadHuggingFace } from "../../model/checkpoint/hugging-face";
import { LlamaLanguageModel } from "../../model/llama-language-model";
import type { TaskScore } from "../../results/schema";
import { availableTasks, type PresentTask, ZERO_SHOT, zeroShotTask } from "../../tasks/index";
import { initBackend } from "../../tensor";
import { Tokenizer } from "../../tokenizer/tokenizer";
import { messageOf } from "../../util/check";
import { writeJson } from "../../util/jsonl";
import { startProgress } from "../../util/progress";
import { sha256File } from "../../util/sha256";
import { modelFolder } from "../model-folder";

interface ScoreOptions {
  model: string;
  task: string;
  data: string;
  out: string;
  revision: string;
  mode: string;
  fast: boolean;
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
    .requiredOption("--data <folder>", "the task's own folder, or one that holds evaluation_data/")
    .option("--task <name>", `all, or one of ${ZERO_SHOT.map((t) => t.name).join(", ")}`, "all")
    .option("--out <folder>", "root of the results", "results")
    .option("--revision <name>", "name of the checkpoint in the results", "main")
    .option("--name <name>", "name of the model in the results; default: the folder's name")
    .option("--mode <names>", `official, corrected, or some of ${SCORING_SWITCHES.join(", ")} with commas`, "official")
    .option("--checkpoints <folder>", "for age of acquisition: holds chck_1M, chck_2M, ..., each a model folder")
    .option("--fast", "the fast suite instead of the full one", false)
    .action(score);
}

async function score(options: ScoreOptions): Promise<void> {
  const mode = scoringMode(options.mode);
  const { present, absent } = chosenTasks(options);
  const backend = await initBackend();
  const folder = modelFolder(options.model);
  const tokenizer = Tokenizer.load(folder);
  const llama = loadHuggingFace(folder);
  const name = options.name ?? path.basename(path.resolve(options.model));
  const model = new LlamaLanguageModel(llama, { name });
  process.stderr.write(
    `${name} on ${backend.name} (${backend.reason}), ${backend.threads} threads; mode ${mode.name}\n`,
  );
  const fingerprint = fingerprintOf(folder);
  const scores: TaskScore[] = [];
  for (const { task, dataFolder } of present) {
    if (zeroShotTask(task).kind === "age-of-acquisition" && options.checkpoints === undefined) {
      absent.push({ task, why: "needs --checkpoints" });
      continue;
    }
    const progress = startProgress(task, 1000);
    try {
      const done = await scoreZeroShot({
        model,
        tokenizer,
        task,
        dataFolder,
        outFolder: options.out,
        modelName: name,
        revision: options.revision,
        mode,
        fingerprint,
        checkpoints: options.checkpoints === undefined ? undefined : checkpointsIn(options.checkpoints),
        onProgress: (part, total, note) => progress.update((1000 * part) / total, note),
      });
      progress.stop();
      scores.push(...done);
      for (const s of done) process.stdout.write(`${line(s)}\n`);
    } catch (error) {
      progress.stop("failed");
      throw new Error(`${task}: ${messageOf(error)}`);
    }
  }
  for (const { task, why } of absent) process.stdout.write(`${task.padEnd(22)} absent: ${why}\n`);
  const file = path.join(options.out, pythonStem(name), options.revision, `zero-shot-${fileName(options)}.json`);
  writeJson(file, { model: name, revision: options.revision, mode: mode.name, scores, absent });
  llama.dispose();
}

/** The whole suite below `--data`, or one task whose data are there or in their place below it. */
function chosenTasks({ task, data, fast }: ScoreOptions): {
  present: PresentTask[];
  absent: { task: string; why: string }[];
} {
  const suite = fast ? "fast" : "full";
  if (task === "all") {
    const found = availableTasks(data, suite);
    if (found.present.length === 0) throw new Error(`${data}: no task of the ${suite} suite below it`);
    return found;
  }
  const wanted = zeroShotTask(task);
  const inSuite = availableTasks(data, suite, [wanted]).present;
  if (inSuite.length > 0) return { present: inSuite, absent: [] };
  // [pipeline] the supplement runs under the name blimp; its folder tells
  const isSupplement = wanted.name === "blimp" && path.basename(path.resolve(data)).startsWith("supplement");
  return { present: [{ task: isSupplement ? "blimp_supplement" : task, dataFolder: data }], absent: [] };
}

/** What the scores depend on: weights, configuration and tokenizer. */
function fingerprintOf(folder: string): string {
  const files = fs
    .readdirSync(folder)
    .filter((file) => /\.(safetensors|json)$/.test(file))
    .sort();
  return files.map((file) => `${file} ${sha256File(path.join(folder, file))}`).join("\n");
}

function checkpointsIn(folder: string): Checkpoint[] {
  const steps = fs.readdirSync(folder).filter((name) => /^chck_\d+(\.\d+)?[KM]$/.test(name));
  return steps
    .sort((a, b) => stepWords(a) - stepWords(b))
    .map((step) => ({
      step,
      fingerprint: fingerprintOf(path.join(folder, step)),
      load: async () => {
        const llama = loadHuggingFace(path.join(folder, step));
        return { model: new LlamaLanguageModel(llama, { name: step }), dispose: () => llama.dispose() };
      },
    }));
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
