/** @file The paragraph of README.md about the paper's shapes on the study's text, computed from the results. */

import { changesPerSize } from "../../src/claims/changes-per-size";
import { MODELS } from "../../src/experiments/models";
import { runLabel, runOrder } from "../../src/results/labels";
import type { WorldResults } from "../../src/results/open-results";

/** The first words of the paragraph. */
export const PAPER_SHAPES_HEADING = "**Real text, the paper's shapes**";

const COMPARISONS = [
  ["wide-merged", "wide-base"],
  ["wide-switch-wiki", "wide-base"],
  ["wide-switch-wiki", "wide-merged"],
  ["narrow-base", "wide-base"],
] as const;

export function paperShapesText(results: WorldResults, paper: WorldResults): string {
  const models = [...new Set(results.runs.map(({ model }) => model))].sort().reverse();
  const names = models.map((model) => `${MODELS["study-paper-shapes"][model].name} (${model})`);
  const intro =
    `${PAPER_SHAPES_HEADING}: scale \`study-paper-shapes\`, ${listed(names)} on the same words in three epochs, on one H100, ` +
    `seed ${results.seeds[0]}; the other models were not scored.`;
  const sizes = [
    { models: "ours", rows: results.rows },
    { models: "paper", rows: paper.rows },
  ];
  const changes = changesPerSize(sizes, COMPARISONS, ["blimp", "entity_tracking"]);
  const ours = changes.filter((change) => change.models === "ours");
  const parts = [...new Set(ours.map(({ compares }) => compares))].map((compares) => {
    const [blimp, entities] = ["BLiMP", "entity tracking"].map((task) => {
      const [own, theirs] = ["ours", "paper"].map((models) =>
        changes.find((c) => c.models === models && c.compares === compares && c.task === task),
      );
      if (own === undefined) throw new Error(`paperShapesText: ${compares} has no ${task}`);
      const published = theirs === undefined ? "–" : signed(theirs.difference);
      return `${signed(own.difference)} (${signed(own.low)} to ${signed(own.high)}; ${published})`;
    });
    return `${compares} ${blimp} on BLiMP and ${entities} on entity tracking`;
  });
  const differences = `Differences in points (95 % interval over items; the paper's difference): ${parts.join("; ")}.`;
  const below = results.rows
    .filter((row) => row.task === "entity_tracking" && row.high < 0.2)
    .sort((a, b) => runOrder(a.model, a.variant) - runOrder(b.model, b.variant))
    .map(({ model, variant }) => runLabel(model, variant));
  const last =
    below.length === 0
      ? []
      : [`On entity tracking ${listed(below)} ${below.length === 1 ? "is" : "are"} below chance.`];
  return wrapped([intro, differences, ...last].join(" "));
}

const signed = (value: number) => value.toFixed(1).replace("-", "−").replace("−0.0", "0.0");

const listed = (items: readonly string[]) => items.join(", ").replace(/, ([^,]*)$/, " and $1");

/** Lines of at most 130 characters. */
function wrapped(text: string): string {
  return text.replace(/(.{1,130})(?:\s+|$)/g, "$1\n").trimEnd();
}
