/** @file `report`: write the executed notebooks as HTML pages that need no network, and a page of live models. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import { findRun } from "../../experiments/runs";
import { runStyle } from "../../figures/palette";
import { findJupyter, NO_JUPYTER, notebookFiles } from "../../notebook/execution/execute";
import { LIVE_PAGE, type LiveModel, whyNotLive, writeLivePage } from "../../notebook/reports/live-page";
import { buildReport } from "../../notebook/reports/write-report";
import { runLabel } from "../../results/labels";
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
  const extraPages = why === null ? [await writeLivePage(outputFolder, models)] : [];
  const [index, ...pages] = await buildReport({ notebooks: notebookFiles(), outputFolder, jupyter, extraPages });
  if (why !== null) {
    process.stdout.write(
      `${LIVE_PAGE.file} was not written: in ${runs} ${why}; "npm run reproduce" trains small models\n`,
    );
  }
  process.stdout.write(`wrote ${pages.length + extraPages.length} pages and ${path.relative(projectRoot(), index)}\n`);
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
