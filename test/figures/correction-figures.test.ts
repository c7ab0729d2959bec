/** @file The two correction figures, greyed tasks and forgetting over seeds: the numbers in them. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { blankFigure, nothingFigure, poolingFigure } from "../../src/figures/correction-figures";
import { forgettingFigure } from "../../src/figures/forgetting";
import { INK } from "../../src/figures/palette";
import { figure3 } from "../../src/figures/paper-figures";
import { scoreRows } from "../../src/results/frame";
import type { RunSummary } from "../../src/results/schema";
import { uninformativeTasks } from "../../src/results/uninformative";
import { fixtureRuns } from "../support/fixture-runs";

/** RTE from the last token in the scores, 0.2 lower from the first beside it; eye tracking with the blank beside it. */
function scoredTwice(seed: number): RunSummary[] {
  return fixtureRuns(seed).map((run) => {
    const rte = run.scores.find((s) => s.task === "rte")!;
    const reading = run.scores.find((s) => s.task === "reading")!;
    return {
      ...run,
      scores: run.scores.map((s) => (s === rte ? { ...s, mode: "last-token-pooling" } : s)),
      experiments: [
        { ...rte, value: rte.value - 0.2, mode: "official" },
        { ...reading, value: reading.value + seed, mode: "reading-blank" },
      ],
    };
  });
}
const both = [...scoredTwice(1), ...scoredTwice(2)];
const isClose = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} and ${b}`);

test("pooling: a panel per task, a line per model from the official score to the corrected one, the majority across", () => {
  const { data, layout } = poolingFigure(both, { source: "invented" });
  const lines = data.filter((t) => t.mode === "lines+markers");
  assert.equal(lines.length, 8);
  const values = [1, 2].map((seed) => fixtureRuns(seed)[0].scores.find((s) => s.task === "rte")!);
  const [before, after] = lines[0].y as number[];
  isClose(after, (values[0].value + values[1].value) / 2);
  isClose(after - before, 0.2);
  const [level] = layout.shapes as { y0: number }[];
  assert.equal(level.y0, values[0].majority);
  assert.match(layout.meta.caption, /means over 2 seeds/);
  assert.throws(() => poolingFigure(fixtureRuns(), { source: "" }), /no run was fine-tuned with both poolings/);
});

test("the blank: an open dot without it and a full dot with it, a row per model", () => {
  const { data } = blankFigure(both, { source: "invented" });
  const [open, full] = data.filter((t) => t.mode === "markers" && (t.x as unknown[])[0] !== null);
  assert.equal((open.x as number[]).length, 8);
  for (const [i, x] of (open.x as number[]).entries()) isClose((full.x as number[])[i] - x, 1.5); // the mean of 1 and 2
});

test("entity tracking: all items against those whose answer is not the word nothing, in percent, with both numbers of items", () => {
  const runs = fixtureRuns().map((run) => {
    const isTracking = ({ task }: { task: string }) => task === "entity_tracking";
    const tracking = { ...run.scores.find(isTracking)!, value: 0.3, n: 9_483 };
    const without = { ...tracking, value: 0.25, n: 6_780, mode: "entity-without-nothing" };
    return { ...run, scores: [...run.scores.filter((s) => !isTracking(s)), tracking], experiments: [without] };
  });
  const { data, layout } = nothingFigure(runs, { source: "invented" });
  const [open, full] = data.filter((t) => t.mode === "markers" && (t.x as unknown[])[0] !== null);
  assert.deepEqual([...new Set(open.x as number[])], [30]);
  assert.deepEqual([...new Set(full.x as number[])], [25]);
  assert.match(layout.meta.caption, /all 9,483 items; full: the 6,780/);
  assert.throws(() => nothingFigure(fixtureRuns(), { source: "" }), /no run was scored with and without/);
});

test("a task says nothing if no interval clears the majority class, or every run is at the ceiling", () => {
  const [row] = scoreRows(fixtureRuns()).filter((r) => r.task === "rte");
  const of = (task: string, ...values: [value: number, low: number][]) =>
    values.map(([value, low]) => ({ ...row, task, value, low, majority: 0.5 }));
  const rows = [
    ...of("clear", [0.7, 0.51], [0.5, 0.3]),
    ...of("muddy", [0.7, 0.5], [0.6, 0.4]),
    ...of("solved", [1, 0.99], [0.98, 0.95]),
    { ...row, task: "without", majority: null },
  ];
  assert.deepEqual(
    uninformativeTasks(rows).map((t) => [t.task, t.why]),
    [
      ["muddy", "no interval clears the majority class"],
      ["solved", "every model is at the ceiling"],
    ],
  );
});

test("figure 3 draws the dots of greyed tasks pale, and the caption names them", () => {
  const greyed = { tasks: ["rte"], why: "no use of the text" };
  const { data, layout } = figure3(scoreRows(fixtureRuns()), { source: "invented", greyed });
  const points = data.filter((t) => t.mode === "markers");
  for (const { customdata, marker } of points) {
    const { color } = marker as { color: string[] };
    for (const [i, task] of (customdata as string[]).entries())
      assert.equal(
        [INK.grid, INK.axis].some((grey) => grey === color[i]),
        task === "RTE",
      );
  }
  assert.match(layout.meta.caption, /Grey dots, no use of the text: RTE\./);
});

test("forgetting over several seeds: means, with whiskers from the smallest to the largest", () => {
  const withLoss = (seed: number, lossNats: number) =>
    fixtureRuns(seed).map((run) => ({
      ...run,
      validationLossNats: ["switchboard-replies", "simple_wiki-replies"].map((source) => ({
        stage: "x",
        source,
        lossNats,
        tokens: 1,
      })),
    }));
  const [line] = forgettingFigure([...withLoss(1, 1), ...withLoss(2, 2), ...withLoss(3, 4.5)], { source: "" }).data;
  assert.deepEqual(line.y, [2.5, 2.5, 2.5]);
  const { array, arrayminus } = line.error_y as { array: number[]; arrayminus: number[] };
  assert.deepEqual([array[0], arrayminus[0]], [2, 1.5]);
});
