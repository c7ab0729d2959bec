import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { initBackend } from "../../src/tensor";
import { nativeMemory } from "../../src/tensor/native/register";
import { Rng } from "../../src/util/rng";
import { randomConfig } from "../model/support/random-config";
import { trained } from "./support/random-training";

let skip: string | false = false;

before(async () => {
  if ((await initBackend()).name !== "native") skip = "only the native backend has instruction sets";
});
after(() => nativeMemory()?.configure("best", 0));

test("training gives the same bytes for every number of threads and instruction set", async (t) => {
  const memory = nativeMemory();
  if (skip || memory === null) return t.skip(skip || "no native memory");
  const rng = Rng.fromSeed("exact training");
  for (let round = 0; round < 4; round++) {
    const config = randomConfig(rng);
    const seed = rng.int(1 << 20);
    let want: { bytes: Buffer; setting: string } | null = null;
    for (const set of memory.instructionSets()) {
      for (const threads of set === "scalar" ? [2] : [1, 2, 3]) {
        memory.configure(set, threads);
        const got = { bytes: await trained(config, Rng.fromSeed(seed)), setting: `${set} with ${threads} threads` };
        want ??= got;
        assert.ok(got.bytes.equals(want.bytes), `round ${round}: ${got.setting} differs from ${want.setting}`);
      }
    }
  }
});
