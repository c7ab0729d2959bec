import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { initBackend } from "../../src/tensor/index";
import { loadNative } from "../../src/tensor/native/load-addon";
import { compileWasm } from "../../src/tensor/wasm/binaries";
import { FreeList } from "../../src/tensor/wasm/free-list";
import { projectRoot } from "../../src/util/project-root";
import { everyKernel } from "./support/every-kernel";
import { nativeMissing } from "./support/native-missing";
import { testOperations } from "./support/operations-suite";
import { checkTrainingRun, testAgainstTorch } from "./support/torch-suite";

testOperations("wasm");
testAgainstTorch();

test("a small training run gives PyTorch's losses", checkTrainingRun);

test("with a fused multiply-add the bytes are those of the native kernels", { skip: noFusedTwin() }, async () => {
  assert.match((await initBackend("wasm")).reason, /relaxed/);
  const script = path.join(projectRoot(), "test", "tensor", "support", "every-kernel.ts");
  const native = execFileSync(process.execPath, ["--import", "tsx", script, "native"], { encoding: "utf8" });
  assert.equal(
    createHash("sha256")
      .update(await everyKernel())
      .digest("hex"),
    native,
  );
});

test("free memory joins its neighbours, and the best hole is taken", () => {
  const list = new FreeList();
  list.give(0, 1024);
  const [a, b, c] = [list.take(100), list.take(64), list.take(300)]; // 128, 64 and 320 bytes
  assert.deepEqual([a, b, c, list.freeBytes], [0, 128, 192, 512]);
  list.give(128, 64);
  assert.equal(list.take(65), 512, "the hole of 64 bytes is too small");
  assert.equal(list.take(10), 128, "the smallest hole that fits");
  list.give(128, 10);
  list.give(0, 100);
  list.give(192, 300);
  list.give(512, 65);
  assert.equal(list.freeBytes, 1024);
  assert.equal(list.take(1024), 0, "one piece again");
  assert.equal(list.take(1), null);
});

test("the committed binaries are what their sources give", { skip: otherCompiler() }, () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-wasm-"));
  try {
    execFileSync(process.execPath, [path.join(wasmFolder(), "build.mjs"), folder], { stdio: "pipe" });
    for (const name of ["class-it.wasm", "class-it-relaxed.wasm"]) {
      const built = fs.readFileSync(path.join(folder, name));
      assert.ok(built.equals(fs.readFileSync(path.join(wasmFolder(), name))), name);
    }
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

function wasmFolder(): string {
  return path.join(projectRoot(), "src", "tensor", "wasm");
}

/** The reason to skip: both need a processor with the instruction, and this one the standard's relaxed SIMD. */
function noFusedTwin(): string | false {
  if (compileWasm().instructionSet !== "relaxed") return "this Node has no relaxed SIMD";
  return nativeMissing(() => {
    const sets = loadNative().addon.instructionSets();
    return sets.includes("avx2") || sets.includes("neon") ? false : "this processor has no fused multiply-add";
  });
}

/** The reason to skip: another clang gives other bytes. */
function otherCompiler(): string | false {
  const wanted = /COMPILER = "([^"]+)"/.exec(fs.readFileSync(path.join(wasmFolder(), "build.mjs"), "utf8"))?.[1] ?? "";
  try {
    execFileSync("wasm-ld", ["--version"], { stdio: "ignore" });
    const version = execFileSync("clang", ["--version"], { encoding: "utf8" });
    return version.includes(wanted) ? false : `the binary was made with ${wanted}`;
  } catch {
    return `no clang and wasm-ld here; the binary was made with ${wanted}`;
  }
}
