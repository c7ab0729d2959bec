import assert from "node:assert/strict";
import * as fs from "node:fs";
import { test } from "node:test";
import { learningRateFactor, type Schedule } from "../../src/train/schedule";
import { assertAllClose } from "../support/close";
import { golden, referencePath, skipWithout } from "../support/reference";

const curve = (schedule: Schedule, total: number, count: number) =>
  Array.from({ length: count }, (_, k) => 1e-3 * learningRateFactor(schedule, k, total));

test("schedules equal transformers' at every update, two past the end included", () => {
  const want = golden<Record<string, number[]>>("train/schedules.json");
  const base = { warmupSteps: 5, floor: 0.1, cycles: 1 };
  const got: Record<string, number[]> = {
    linear: curve({ ...base, schedule: "linear" }, 60, 62),
    cosine_half_cycle: curve({ ...base, schedule: "cosine", cycles: 0.5 }, 60, 62),
    "cosine_num_cycles_1.5": curve({ ...base, schedule: "cosine", cycles: 1.5 }, 60, 62),
    hard_restarts_1: curve({ ...base, schedule: "cosine-with-restarts" }, 60, 62),
    hard_restarts_2: curve({ ...base, schedule: "cosine-with-restarts", cycles: 2 }, 60, 62),
    hard_restarts_3: curve({ ...base, schedule: "cosine-with-restarts", cycles: 3 }, 60, 62),
  };
  for (const [name, values] of Object.entries(got)) assertAllClose(values, want[name], { atol: 1e-12, rtol: 0 }, name);
});

test("the committed schedules are the reference's", { skip: skipWithout("oracles/train.json") }, () => {
  const { note: _, ...reference } = JSON.parse(
    fs.readFileSync(referencePath("oracles/train.json") ?? "", "utf8"),
  ).lr_schedules;
  assert.deepEqual(golden("train/schedules.json"), reference);
});

test("the pipeline's cosine begins at 0, peaks after the warm-up and ends at a tenth", () => {
  const schedule: Schedule = { schedule: "cosine-with-floor", warmupSteps: 3, cycles: 1, floor: 0.1 };
  const at = (step: number) => learningRateFactor(schedule, step, 54);
  assert.equal(at(0), 0);
  assert.equal(at(3), 1);
  assert.ok(Math.abs(3e-5 * at(4) - 2.99743949379501e-5) < 1e-17); // the pipeline's own fifth update (rte, 54 updates)
  assert.ok(Math.abs(at(54) - 0.1) < 1e-15);
  assert.ok(Math.abs(at((3 + 54) / 2) - 0.55) < 1e-15); // half-way: the mean of 1 and 0.1
});
