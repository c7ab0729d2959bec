/**
 * @file `node test/tensor/native/sanitize.mjs [rounds]`: the kernels under AddressSanitizer and UndefinedBehaviorSanitizer,
 * then under ThreadSanitizer, for every instruction set of this processor. Needs gcc or clang with their sanitizers.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const tensor = path.join(here, "..", "..", "..", "src", "tensor");
const rounds = process.argv[2] ?? "30";

// plain C is written out lane by lane, which gcc takes minutes to optimise under a sanitizer
const flagsOf = {
  plain: ["-O0"],
  avx2: ["-O1", "-mavx2", "-mfma"],
  avx512: ["-O1", "-mavx512f", "-mavx2", "-mfma"],
};
const cpu = process.platform === "linux" ? readFileSync("/proc/cpuinfo", "utf8") : "";
const sets = [...(cpu.includes("avx512f") ? ["avx512"] : []), ...(cpu.includes("avx2") ? ["avx2"] : []), "plain"];

const folder = mkdtempSync(path.join(os.tmpdir(), "class-it-sanitize-"));
try {
  for (const sanitizer of ["address,undefined", "thread"]) {
    for (const set of sets) {
      const program = path.join(folder, `${set}-${sanitizer}`);
      const sources = [
        path.join(here, "sanitize.c"),
        ...["kernels/kernels.c", "native/pool.c"].map((f) => path.join(tensor, f)),
      ];
      const flags = ["-g", "-std=gnu11", "-ffp-contract=off", `-fsanitize=${sanitizer}`, "-fno-sanitize-recover=all"];
      const names = ["-DKERNELS=kernels_checked", `-DKERNELS_NAME="${set} under ${sanitizer}"`];
      const compiler = process.env.CC ?? "cc";
      execFileSync(compiler, [...flags, ...flagsOf[set], ...names, ...sources, "-o", program, "-pthread", "-lm"]);
      execFileSync(program, [rounds], {
        stdio: "inherit",
        env: { ...process.env, UBSAN_OPTIONS: "print_stacktrace=1" },
      });
    }
  }
  process.stdout.write("no access outside of an array, no undefined operation, no race\n");
} finally {
  rmSync(folder, { recursive: true, force: true });
}
