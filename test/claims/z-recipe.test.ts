/** @file The recipe of the paper's z-scores, found by the poster's own boxes. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { precisionReach, RECIPES, readPosterBoxes, recipeRows, recipeTable } from "../../src/claims/z-recipe";

const rows = recipeRows();
const largest = (models: 8 | 11, deviation: string, figure: 3 | 6) =>
  Math.max(
    ...rows
      .filter((r) => r.models === models && r.deviation === deviation && r.figure === figure)
      .map((r) => Math.abs(r.difference)),
  );

test("16 boxes were read, and each of four recipes is compared with 48 quartiles and medians", () => {
  assert.equal(readPosterBoxes().length, 16);
  assert.equal(rows.length, 4 * 48);
  assert.equal(recipeTable(rows).length, 8);
});

test("8 models with the sample deviation give every box within 0.04 (figure 3) and 0.09 (figure 6)", () => {
  assert.ok(largest(8, "sample", 3) < 0.04, `${largest(8, "sample", 3)}`);
  assert.ok(largest(8, "sample", 6) < 0.09, `${largest(8, "sample", 6)}`);
});

test("the population deviation misses by 0.1 and more, eleven models by 0.6 and more", () => {
  assert.ok(largest(8, "population", 3) > 0.1 && largest(8, "population", 6) > 0.1);
  for (const deviation of ["sample", "population"]) {
    for (const figure of [3, 6] as const) assert.ok(largest(11, deviation, figure) > 0.6);
  }
});

test("the differences that remain are those of reading the values: within their precision every box can be met", () => {
  const pixel = 0.0061; // half of it for the poster's line, half for rounding to two digits
  const missed = (recipe: (typeof RECIPES)[number]) =>
    precisionReach(recipe).filter((r) => r.poster < r.low - pixel || r.poster > r.high + pixel).length;
  const [sample, ...others] = RECIPES.map(missed);
  assert.equal(sample, 0);
  for (const count of others) assert.ok(count > 20, `${count} of 48`);
});
