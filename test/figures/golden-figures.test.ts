/**
 * @file Figures as golden files: the whole plotly JSON, of invented runs.
 *
 * When one changes, the new one is written beside it as `*-changed.json`; replace the file by `UPDATE_GOLDEN=1 node --import tsx --test <this file>`.
 */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import type { Figure } from "../../src/figures/figure";
import { lineChart } from "../../src/figures/line-chart";
import * as paper from "../../src/figures/paper-figures";
import { scoreRows } from "../../src/results/frame";
import type { PairLengths } from "../../src/results/open-results";
import { projectRoot } from "../../src/util/project-root";
import { Rng } from "../../src/util/rng";
import { fixtureRuns } from "../support/fixture-runs";

const rows = scoreRows(fixtureRuns());
const source = "invented numbers";
const published = [
  { model: "GPT-2 (published)", task: "blimp", metric: "accuracy" as const, value: 0.75, source: "x" },
];

const FIGURES: Record<string, () => Figure> = {
  "figure-1": () => paper.figure1(pairLengths(), { source }),
  "figure-2": () => paper.figure2(rows, { source }),
  "figure-3": () => paper.figure3(rows, { source }),
  "figure-4": () => paper.figure4(rows, { source, published }),
  "figure-5-population": () => paper.figure5(rows, { source, deviation: "population" }),
  "figure-6": () => paper.figure6(rows, { source }),
  "line-chart": () =>
    lineChart([{ name: "train", x: [0, 1, 2], y: [7.5, 5, Number.NaN] }], {
      title: "Loss",
      xTitle: "update",
      yTitle: "loss (nats per token)",
      reference: { value: Math.log(2048), name: "ln V" },
      marks: [{ x: 1, name: "second <stage>" }],
      alt: "a",
      caption: "c",
    }),
};

for (const [name, make] of Object.entries(FIGURES)) {
  test(`${name} is as its golden file`, () => {
    const file = path.join(projectRoot(), "test/golden/figures", `${name}.json`);
    const text = `${JSON.stringify(make(), null, 1)}\n`;
    const changed = file.replace(/\.json$/, "-changed.json");
    fs.rmSync(changed, { force: true });
    if (process.env.UPDATE_GOLDEN === "1") fs.writeFileSync(file, text);
    const golden = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
    if (text !== golden) fs.writeFileSync(changed, text);
    assert.ok(text === golden, `${name} changed; the new figure is in ${path.relative(projectRoot(), changed)}`);
  });
}

test("a figure made twice is the same, and making it leaves the rows alone", () => {
  const before = JSON.stringify(rows);
  for (const make of Object.values(FIGURES)) assert.equal(JSON.stringify(make()), JSON.stringify(make()));
  assert.equal(JSON.stringify(rows), before);
});

function pairLengths(): PairLengths[] {
  const rng = Rng.fromSeed("golden figure 1");
  const lengths = (n: number, most: number) => Float64Array.from({ length: n }, () => 1 + rng.int(most));
  return [
    { source: "switchboard", prompt: lengths(50, 30), reply: lengths(50, 40) },
    { source: "simple_wiki", prompt: lengths(40, 12), reply: lengths(40, 60) },
  ];
}
