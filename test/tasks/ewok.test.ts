import assert from "node:assert/strict";
import { test } from "node:test";
import { EWOK, EWOK_CONTEXTS } from "../../src/tasks/ewok";

test("an EWoK row asks which target follows Context1; Context2 is never read", () => {
  const row = { Target1: "T one.", Target2: "T two.", Context1: "C one.", Domain: "d" };
  const item = EWOK.toItem({ ...row, ContextType: "x", ContextDiff: "y", TargetDiff: "z" }, "f");
  assert.deepEqual(item.sentences, ["C one. T one.", "C one. T two."]);
  assert.deepEqual(item.completions, [" T one.", " T two."]);
});

test("protocol 2026 asks after which context the first target is the likelier, and stores whole sentences", () => {
  const row = { Target1: "T one.", Target2: "T two.", Context1: "C one.", Context2: "C two.", Domain: "d" };
  const item = EWOK_CONTEXTS.toItem({ ...row, ContextType: "x", ContextDiff: "y", TargetDiff: "z" }, "f");
  assert.deepEqual(item.sentences, ["C one. T one.", "C two. T one."]);
  assert.deepEqual(item.completions, [" T one.", " T one."]);
  assert.deepEqual(item.answers, item.sentences);
  assert.deepEqual([item.uid, EWOK.version, EWOK_CONTEXTS.version], ["d", 1, 2]);
});
