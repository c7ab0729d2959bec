import assert from "node:assert/strict";
import { test } from "node:test";
import { initBackend } from "../../src/tensor/index";
import { testOperations } from "./support/operations-suite";
import { checkTrainingRun } from "./support/torch-suite";

process.env.CLASS_IT_SIMD = "simd128"; // as on an engine without relaxed SIMD

testOperations("wasm");

test("a small training run gives PyTorch's losses", checkTrainingRun);

test("the backend reports which binary it runs", async () => {
  assert.match((await initBackend("wasm")).reason, /simd128/);
});
