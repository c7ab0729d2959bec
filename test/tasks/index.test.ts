import assert from "node:assert/strict";
import { test } from "node:test";
import { taskLabel } from "../../src/results/labels";
import { TASKS, zeroShotTask } from "../../src/tasks/index";

test("an unknown task is answered with the list and the nearest name", () => {
  assert.throws(() => zeroShotTask("blmp"), /did you mean "blimp".*ewok/);
});

test("every task has a unique name, and figures use its display name", () => {
  assert.equal(new Set(TASKS.map(({ name }) => name)).size, TASKS.length);
  for (const { name, displayName } of TASKS) assert.equal(taskLabel(name), displayName);
});
