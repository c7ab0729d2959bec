import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { writeNpy } from "../../src/util/npy";
import { sha256File } from "../../src/util/sha256";
import { temporaryFolder } from "../support/temporary-folder";

test("an array has the bytes of numpy.save (NumPy 2.4.6)", (t) => {
  const folder = temporaryFolder(t);
  for (const [type, shape, values, sum] of [
    ["int32", [2, 3], [-2, -1, 0, 1, 2, 3], "f0876dcad80c3e46df5bd05f172525c2566c1615e9cccd72dd24b16fc48f03c6"],
    ["int64", [3], [1, 2 ** 40, -3], "e5005d521476682f7b01d91e496ef3b25011d6e9025af46969a0403a9a8cf9d5"],
    ["float64", [2], [0.1, -2.5], "c5bc556c0ce1fac6702d3d43b6604fe5014142632c032382e42b27cec1f14e2e"],
  ] as const) {
    const file = path.join(folder, `${type}.npy`);
    writeNpy(file, type, shape, values);
    assert.equal(sha256File(file), sum, type);
  }
});

test("values that do not fill the shape are refused, and no file is left", (t) => {
  const file = path.join(temporaryFolder(t), "a.npy");
  assert.throws(() => writeNpy(file, "int32", [2, 2], [1, 2, 3]), /a\.npy: 3 values do not fill the shape \(2, 2\)/);
});
