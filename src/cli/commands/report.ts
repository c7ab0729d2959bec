/** @file `report`: write the executed notebooks as HTML pages that need no network, and a page of live models. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import { loadCorpus } from "../../corpus/load-corpus";
import { findRun } from "../../experiments/runs";
import { runStyle } from "../../figures/palette";
import type { Lesson, LessonPair } from "../../live/messages";
import { findJupyter, NO_JUPYTER, notebookFiles } from "../../notebook/execution/execute";
import { LIVE_PAGE, type LiveModel, whyNotLive, writeLivePage } from "../../notebook/reports/live-page";
import { buildReport } from "../../notebook/reports/write-report";
import { runLabel } from "../../results/labels";
import { type Row, textField } from "../../tasks/row";
import { readJsonl } from "../../util/jsonl";
import { projectRoot } from "../../util/project-root";

/** The runs on the live page: base, merged, and both sequential curricula. */
const LIVE_RUNS = ["wide-base", "wide-merged", "wide-switch-wiki", "wide-wiki-switch"] as const;

interface Options {
  /** Output folder. */
  out: string;
  /** Folder of the runs whose models go into the live page. */
  runs: string;
}

const DEFAULTS: Options = {
  out: path.join(projectRoot(), "report"),
  runs: path.join(projectRoot(), "data", "runs", "sample-tiny"),
};

export function register(program: Command): void {
  program
    .command("report")
    .description("write the notebooks as HTML pages that need no network, and a page of live models")
    .option("--out <folder>", "output folder", DEFAULTS.out)
    .option("--runs <folder>", "folder of finished runs whose models go into the live page", DEFAULTS.runs)
    .action(writeReport);
}

/** @throws Error if there is no Jupyter */
export async function writeReport(options: Partial<Options> = {}): Promise<void> {
  const { out, runs } = { ...DEFAULTS, ...options };
  const jupyter = findJupyter();
  if (jupyter === null) throw new Error(NO_JUPYTER);
  const outputFolder = path.resolve(out);
  const models = liveModels(path.resolve(runs));
  fs.rmSync(path.join(outputFolder, LIVE_PAGE.file), { force: true });
  const why = whyNotLive(models);
  const extraPages = why === null ? [await writeLivePage(outputFolder, models, sampleLesson())] : [];
  const [index, ...pages] = await buildReport({ notebooks: notebookFiles(), outputFolder, jupyter, extraPages });
  if (why !== null) {
    process.stdout.write(
      `${LIVE_PAGE.file} was not written: in ${runs} ${why}; "npm run reproduce" trains small models\n`,
    );
  }
  process.stdout.write(`wrote ${pages.length + extraPages.length} pages and ${path.relative(projectRoot(), index)}\n`);
}

/** Sources of the text that the live page trains on: the shortest sentences. */
const LESSON_SOURCES = ["childes", "simple_wiki"] as const;

/** Pairs of each paradigm that the live page scores. */
const LESSON_PAIRS = 20;

/** Text and pairs of the sample world, for the live page. */
export function sampleLesson(root = projectRoot()): Lesson {
  const sample = path.join(root, "data", "sample");
  const { documents } = loadCorpus(path.join(sample, "text"), { sources: LESSON_SOURCES });
  const folder = path.join(sample, "evaluation_data", "fast_eval", "blimp_fast");
  const files = fs.readdirSync(folder).sort();
  const pairOf = (row: unknown): LessonPair => ({
    paradigm: textField(row as Row, "UID"),
    texts: [textField(row as Row, "sentence_good"), textField(row as Row, "sentence_bad")],
  });
  const pairs = files.flatMap((name) => readJsonl(path.join(folder, name), pairOf).slice(0, LESSON_PAIRS));
  return { documents: documents.map(({ text }) => text), pairs };
}

/** The finished runs among `LIVE_RUNS`: a run is finished when its model's config exists, which is written last. */
export function liveModels(runsFolder: string): LiveModel[] {
  return LIVE_RUNS.map((runId) => {
    const { model, variant } = findRun(runId);
    const folder = path.join(runsFolder, runId, "model");
    const { colour } = runStyle(model, variant);
    return { name: runId, label: runLabel(model, variant), colour, talks: variant !== "base", folder };
  }).filter(({ folder }) => fs.existsSync(path.join(folder, "config.json")));
}
