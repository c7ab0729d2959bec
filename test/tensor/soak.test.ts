import assert from "node:assert/strict";
import { test } from "node:test";
import { initBackend } from "../../src/tensor";
import { GROWTH_LIMIT_BYTES, growth, soakApart } from "../support/soak";

for (const [backend, batches, updates] of [
  ["native", 400, 200],
  ["wasm", 200, 100],
  ["cpu", 100, 60],
] as const) {
  test(`${backend}: memory stays flat over ${batches} scoring batches and ${updates} updates`, async (t) => {
    try {
      await initBackend(backend);
    } catch (error) {
      return t.skip(String(error));
    }
    const samples = soakApart(backend, batches, updates);
    assert.equal(samples.length, 40);
    for (const part of ["scoring", "training"] as const) {
      const tensors = samples.filter((sample) => sample.part === part).map((sample) => sample.tensors);
      assert.equal(new Set(tensors).size, 1, `tensors while ${part}: ${tensors}`);
      const grown = growth(samples, part);
      assert.ok(grown <= GROWTH_LIMIT_BYTES, `${part}: ${grown} bytes more at the end than after a quarter`);
    }
  });
}

test("growth is the last quarter less the second, of one part", () => {
  const samples = Array.from({ length: 40 }, (_, i) => ({
    part: i < 20 ? ("scoring" as const) : ("training" as const),
    done: i,
    residentBytes: i < 20 ? (i === 0 ? 900 : 100) : 100 + 10 * (i - 20),
    tensors: 1,
  }));
  assert.equal(growth(samples, "scoring"), 0);
  assert.equal(growth(samples, "training"), 100);
});
