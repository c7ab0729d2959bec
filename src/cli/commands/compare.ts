/** @file `class-it compare`: test per task whether two scored models differ significantly. */

import type { Command } from "commander";
import { loadAnswers } from "../../eval/answers";
import { findTasks } from "../../eval/available-tasks";
import { compareModels } from "../../eval/paired-comparison";
import { sharedProtocol } from "../../eval/result-protocol";
import { scoringMode } from "../../eval/scoring-mode";
import { TASKS, tasksUnder } from "../../tasks/index";
import { writeJson } from "../../util/jsonl";
import { Rng } from "../../util/rng";
import { EVALUATION_DATA, wholeNumber } from "../options";

interface CompareOptions {
  data: string;
  mode: string;
  fast: boolean;
  permutations: number;
  out?: string;
}

export function register(program: Command): void {
  program
    .command("compare <first> <second>")
    .description("paired permutation tests between two result folders (<results>/<model>/<revision>), Holm-corrected")
    .requiredOption("--data <folder>", EVALUATION_DATA)
    .option("--mode <names>", "scoring mode, see score --help", "official")
    .option("--fast", "the fast suite instead of the full one", false)
    .option("--permutations <n>", "random sign changes per task", wholeNumber({ least: 100 }), 10_000)
    .option("--out <file>", "also write the table as JSON")
    .action(compare);
}

function compare(first: string, second: string, { data, mode, fast, permutations, out }: CompareOptions): void {
  const { protocol, seed } = sharedProtocol(first, second);
  const rules = scoringMode(mode, protocol, seed);
  const { suite, taken } = findTasks(data, "all", fast, tasksUnder(rules, TASKS));
  process.stderr.write(`data: ${taken}\n`);
  const a = loadAnswers(first, data, suite, rules);
  const b = loadAnswers(second, data, suite, rules);
  const shared = a.filter(({ task }) => b.some((other) => other.task === task));
  const alone = [...a, ...b].map(({ task }) => task).filter((task) => !shared.some((s) => s.task === task));
  if (shared.length === 0) throw new Error(`${first} and ${second} share no scored task`);
  const rows = compareModels(shared, b, Rng.fromSeed("compare"), permutations);
  process.stdout.write(`${"task".padEnd(18)} difference         n  same answers        p   p (Holm)\n`);
  for (const row of rows) {
    const same = `${((100 * row.same) / row.n).toFixed(1)} %`.padStart(12);
    process.stdout.write(
      `${row.task.padEnd(18)} ${row.difference.toFixed(4).padStart(10)} ${String(row.n).padStart(9)} ${same} ` +
        `${row.p.toFixed(4).padStart(8)} ${row.pHolm.toFixed(4).padStart(10)}\n`,
    );
  }
  if (rows.every((row) => row.same === row.n)) {
    process.stdout.write("all answers are equal: are both folders of the same model, or are the files out of date?\n");
  }
  if (alone.length > 0) process.stdout.write(`scored for only one of the two: ${[...new Set(alone)].join(", ")}\n`);
  if (out !== undefined) writeJson(out, { first, second, protocol, mode, suite, permutations, rows });
}
