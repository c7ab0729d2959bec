/**
 * Every CUDA kernel in the emulator, against the native kernels: ragged and whole shapes, all masks, in each precision, on a
 * card with Hopper's instructions and on one without.
 */

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { CudaCard } from "../../src/tensor/cuda/card";
import { compareKernel, onDevice } from "../../src/tensor/device/compare-kernel";
import { LIMITS } from "../../src/tensor/device/self-check";
import { PRECISIONS, type Precision } from "../../src/tensor/fused/precision";
import { emulatedCard, emulator, emulatorMissing } from "./support/emulator";
import {
  type Compare,
  floats,
  testAttention,
  testCrossEntropy,
  testElementwise,
  testEmbedding,
  testGemm,
  testRmsNorm,
  testRope,
} from "./support/kernel-suite";
import { nativeMissing } from "./support/native-missing";

let card: CudaCard;
const absent = nativeMissing(emulatorMissing);

describe("the CUDA kernels in the emulator equal the native ones", { skip: absent }, () => {
  before(async () => {
    const found = await emulator();
    if ("reason" in found) throw new Error(found.reason);
    card = emulatedCard(found.file);
  });
  const isHopper = () => card.isHopper;
  after(() => setHopper(true, 2e9));

  testGemm(
    [
      [1, 1, 1, 1],
      [1, 3, 5, 7],
      [1, 130, 257, 65],
      [3, 37, 50, 44],
      [1, 136, 264, 72],
      [1, 72, 136, 1500],
      [1, 260, 520, 96],
    ],
    async (...call) => {
      assert.ok(isHopper());
      const native = await inPrecisions(PRECISIONS)(...call);
      setHopper(true, 0); // Hopper's kernels at every size; above at none of these
      await inPrecisions(["tf32", "bf16"])(...call);
      setHopper(true, 2e9);
      return native;
    },
  );

  testAttention(
    [
      [2, 40, 2, 1, 16],
      [1, 150, 2, 2, 64],
      [1, 200, 2, 1, 48],
      [1, 64, 1, 1, 7],
      [1, 70, 2, 1, 128],
    ],
    (mask, D) =>
      async (...call) => {
        const isFloat32 = mask === "causal" || mask === "any";
        const precisions: Precision[] = [
          ...(isFloat32 ? (["float32"] as const) : []),
          ...(mask === "causal" ? [] : (["tf32"] as const)),
          "bf16",
        ];
        const native = await inPrecisions(precisions)(...call);
        setHopper(true, 0);
        if (D <= 64) await inPrecisions(mask === "documents" ? ["bf16"] : ["tf32", "bf16"])(...call);
        setHopper(false, 2e9, 101_376); // small tiles, as on Ada
        if (mask === "any" && D >= 64) await inPrecisions(PRECISIONS)(...call);
        setHopper(true, 2e9);
        return native;
      },
  );

  testCrossEntropy(async (...call) => {
    const native = await inPrecisions(PRECISIONS)(...call);
    setHopper(true, 0);
    await inPrecisions(["tf32", "bf16"])(...call);
    setHopper(true, 2e9);
    return native;
  });

  const compare = inPrecisions(["float32"]);
  const norms = [
    [2, 3],
    [9, 7],
    [33, 64],
    [70, 704],
    [40, 1028],
    [0, 8],
  ];
  testRmsNorm("rmsNorm and its gradient, rows that fit into registers and others", norms, compare);
  testRope(compare);
  testElementwise([1, 3, 4, 1000, 4097, 40_002, 40_003], compare);
  testEmbedding(compare);

  test("two runs give the same bytes, sums of squares and the norm those of float64", async () => {
    const values = ["a", "b", "c"].map((name, i) => floats(name, [5, 40_000, 1027][i]));
    const parts = values.map((x) => ({ ...onDevice(card, x), length: x.length }));
    const norm = await card.norm(parts);
    const want = Math.sqrt(values.reduce((sum, x) => sum + x.reduce((s, y) => s + y * y, 0), 0));
    assert.ok(Math.abs(norm / want - 1) < 1e-12, `${norm}, want ${want}`);
    assert.equal(await card.norm(parts), norm);
    card.scaledSum({ piece: parts[1].piece, length: 40_000 }, -0.5, parts[0].piece);
    const sum = -0.5 * values[1].reduce((s, y) => s + y, 0);
    assert.equal(card.downloadNow(parts[0].piece, 1)[0], Math.fround(sum));
    for (const part of parts) card.memory.release(part);
  });
});

/** Runs a kernel on both in each precision. */
function inPrecisions(precisions: readonly Precision[]): Compare {
  return async (kernel, sizes, args, floor = 0) => {
    let native: Record<string, Float32Array> = {};
    for (const precision of precisions) {
      card.precisions = { training: precision, scoring: precision };
      const compared = await compareKernel(card, kernel, sizes, args, floor);
      native = compared.native;
      for (const [out, error] of Object.entries(compared.errors)) {
        const label = `${kernel} ${precision} [${sizes}] ${out}${card.isHopper ? "" : ", not Hopper"}`;
        assert.ok(error <= LIMITS[precision], `${label}: ${error.toExponential(2)}`);
      }
    }
    return native;
  };
}

function setHopper(isHopper: boolean, wideFrom: number, sharedBytes = 232_448): void {
  Object.assign(card, { isHopper, wideFrom, info: { ...card.info, sharedBytes } });
}
