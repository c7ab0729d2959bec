import assert from "node:assert/strict";
import { test } from "node:test";
import { EWOK } from "../../src/tasks/ewok";

test("an EWoK row asks which target follows Context1; Context2 is never read", () => {
  const row = { Target1: "T one.", Target2: "T two.", Context1: "C one.", Domain: "d" };
  const item = EWOK.toItem({ ...row, ContextType: "x", ContextDiff: "y", TargetDiff: "z" }, "f");
  assert.deepEqual(item.sentences, ["C one. T one.", "C one. T two."]);
  assert.deepEqual(item.completions, [" T one.", " T two."]);
});
