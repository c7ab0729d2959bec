/**
 * @file `class-it protocol-changes`: measure the effect of each single change of protocol 2026 on each score of one
 * model.
 */

import * as path from "node:path";
import type { Command } from "commander";
import { OFFICIAL, PROTOCOL_2026_SWITCHES } from "../../eval/scoring-mode";
import { FINETUNING } from "../../experiments/finetuning";
import { SCALES } from "../../experiments/scale";
import { writeCsv } from "../../results/write";
import { type ProtocolRow, protocolChanges } from "../../stages/protocol-changes";
import { initBackend } from "../../tensor";
import { oneOf } from "../../util/check";
import { startProgress } from "../../util/progress";
import { modelFolder } from "../model-folder";
import { EVALUATION_DATA, wholeNumber } from "../options";

interface Options {
  model: string;
  data: string;
  out: string;
  table: string;
  name?: string;
  checkpoints?: string;
  finetune?: string;
  fast: boolean;
  seed: number;
}

export function register(program: Command): void {
  program
    .command("protocol-changes")
    .description("score a model under protocol 2025, under each change of 2026 alone, and under 2026; print the table")
    .requiredOption("--model <folder>", "a folder with config.json, model.safetensors, tokenizer.json")
    .requiredOption("--data <folder>", EVALUATION_DATA)
    .requiredOption("--out <folder>", "root folder of the results, one folder per protocol and change")
    .requiredOption("--table <file>", "write the table as CSV")
    .option("--name <name>", "name of the model in the results; default: the folder's name")
    .option("--checkpoints <folder>", "for age of acquisition: holds chck_1M, chck_2M, ..., each a model folder")
    .option("--finetune <scale>", `also fine-tune, with the settings of a scale: ${SCALES.join(", ")}`)
    .option("--fast", "the fast suite instead of the full one", false)
    .option("--seed <n>", "seed of random ties and of fine-tuning", wholeNumber(), OFFICIAL.seed)
    .action(run);
}

async function run(options: Options): Promise<void> {
  const backend = await initBackend();
  const name = options.name ?? path.basename(path.resolve(options.model));
  process.stderr.write(`${name} on ${backend.name} (${backend.reason})\n`);
  let running: { label: string; progress: ReturnType<typeof startProgress> } | null = null;
  const rows = await protocolChanges({
    modelFolder: modelFolder(options.model),
    name,
    data: options.data,
    isFast: options.fast,
    checkpointsFolder: options.checkpoints ?? null,
    fineTuning: options.finetune === undefined ? null : FINETUNING[oneOf("scale", options.finetune, SCALES)],
    outFolder: options.out,
    seed: options.seed,
    onProgress: (rules, task, done, total) => {
      const label = `${rules}, ${task}`;
      if (running?.label !== label) {
        running?.progress.stop();
        running = { label, progress: startProgress(label, 1000) };
      }
      running.progress.update((1000 * done) / total);
    },
  });
  (running as { progress: ReturnType<typeof startProgress> } | null)?.progress.stop();
  const header = ["task", "metric", "n", "ties", "2025", ...PROTOCOL_2026_SWITCHES, "2026"];
  writeCsv(
    options.table,
    header,
    rows.map((row) => cellsOf(row, String)),
  );
  const table = [header, ...rows.map((row) => cellsOf(row, (v) => v.toFixed(4)))];
  const widths = header.map((_, column) => Math.max(...table.map((cells) => String(cells[column]).length)));
  for (const cells of table) {
    process.stdout.write(`${cells.map((cell, c) => String(cell).padStart(widths[c])).join("  ")}\n`);
  }
}

/** A row's cells; empty for a change that cannot affect the task, and for a task that 2026 does not have. */
function cellsOf(row: ProtocolRow, show: (value: number) => string): (string | number)[] {
  const changes = PROTOCOL_2026_SWITCHES.map((name) => (name in row.changes ? show(row.changes[name]) : ""));
  const last = row.under2026 === null ? "" : show(row.under2026);
  return [row.task, row.metric, row.n, row.ties, show(row.under2025), ...changes, last];
}
