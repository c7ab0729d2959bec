/** @file A data folder of a few kilobytes cut out of the sample world: text, benchmarks, fine-tuning rows. */

import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../../src/util/project-root";

const EVALUATION = [
  "blimp_filtered/adjunct_island.jsonl",
  "supplement_filtered/hypernym.jsonl",
  "ewok_filtered/agent-properties.jsonl",
  "entity_tracking/regular.jsonl",
  "wug_adj_nominalization/wug_adj_nominalization.jsonl",
  "comps/comps_base.jsonl",
  "glue_filtered/rte.train.jsonl",
  "glue_filtered/rte.valid.jsonl",
  "glue_filtered/wsc.train.jsonl",
  "glue_filtered/wsc.valid.jsonl",
];

/** Write the micro world into a folder. @param evaluation - its evaluation sets, by file */
export function writeMicroWorld(folder: string, evaluation: readonly string[] = EVALUATION): void {
  const sample = path.join(projectRoot(), "data", "sample");
  const copy = (from: string, to: string, lines: number) => {
    const text = fs.readFileSync(path.join(sample, from), "utf8").split("\n").slice(0, lines).join("\n");
    fs.mkdirSync(path.dirname(path.join(folder, to)), { recursive: true });
    fs.writeFileSync(path.join(folder, to), `${text}\n`);
  };
  for (const [source, lines] of [
    ["childes", 300],
    ["switchboard", 400],
    ["simple_wiki", 200],
    ["gutenberg", 100],
  ] as const) {
    copy(`text/${source}.train`, `text/${source}.train`, lines);
  }
  for (const file of evaluation) copy(`evaluation_data/full_eval/${file}`, `evaluation_data/full_eval/${file}`, 12);
  const reading = "evaluation_data/full_eval/reading/reading_data.csv";
  copy(reading, reading, 120);
}
