/**
 * @file `class-it collate`: combine all result files of a model into one submission file, and print the final table.
 */

import type { Command } from "commander";
import { findTasks } from "../../eval/available-tasks";
import { finalScores, finalTable } from "../../eval/official/final-scores";
import { modelResults } from "../../eval/official/folders";
import { collate } from "../../eval/official/submission";
import { protocolOf } from "../../eval/result-protocol";
import { scoringMode } from "../../eval/scoring-mode";
import { TASKS, tasksUnder } from "../../tasks/index";
import { oneOf } from "../../util/check";
import { EVALUATION_DATA } from "../options";

interface CollateOptions {
  results: string;
  model: string;
  data: string;
  revision: string;
  track?: string;
  partial: boolean;
}

const TRACKS = ["strict-small", "strict", "multimodal", "interaction"] as const;

export function register(program: Command): void {
  program
    .command("collate")
    .description("check and collate a model's result files for submission, and print the final scores")
    .requiredOption("--results <folder>", "results folder (--out of score)")
    .requiredOption("--model <name>", "name of the model in the results")
    .requiredOption("--data <folder>", EVALUATION_DATA)
    .option("--revision <name>", "the final checkpoint", "main")
    .option("--track <name>", `with the fast scores of every checkpoint of: ${TRACKS.join(", ")}`)
    .option("--partial", "leave out missing files and list them", false)
    .action(({ results, model, data, revision, track, partial }: CollateOptions) => {
      const { protocol, seed } = protocolOf(modelResults(results, model, revision));
      const mode = scoringMode("official", protocol, seed);
      const { taken } = findTasks(data, "all", false, tasksUnder(mode, TASKS));
      process.stderr.write(`protocol ${protocol}\ndata: ${taken}\n`);
      const { file, missing } = collate({
        resultsFolder: results,
        modelName: model,
        revision,
        dataRoot: data,
        fastTrack: track === undefined ? null : oneOf("track", track, TRACKS),
        partial,
        mode,
      });
      process.stdout.write(`${finalTable(finalScores(file, data, "full", TASKS, mode))}${file}\n`);
      for (const name of missing) process.stdout.write(`missing: ${name}\n`);
    });
}
