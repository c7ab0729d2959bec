/**
 * @file `node test/tensor/native/sanitize.mjs [rounds]`: the kernels under AddressSanitizer and UndefinedBehaviorSanitizer,
 * then under ThreadSanitizer, for every instruction set of this processor; all give the same bytes. Needs gcc or clang with
 * their sanitizers. Where there are a cross compiler for 64-bit ARM and qemu (Debian: gcc-aarch64-linux-gnu,
 * libc6-dev-arm64-cross, qemu-user), NEON gives the same bytes too.
 */

import { execFileSync, spawnSync } from "node:child_process";
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

const sources = [
  path.join(here, "sanitize.c"),
  ...["kernels/kernels.c", "native/pool.c"].map((f) => path.join(tensor, f)),
];

const folder = mkdtempSync(path.join(os.tmpdir(), "class-it-sanitize-"));
try {
  const results = new Set();
  const inBf16 = new Set(); // from the instruction sets that have such products
  const check = (compiler, name, flags, ...emulator) => {
    const program = path.join(folder, name.replace(/\W/g, "-"));
    const names = ["-DKERNELS=kernels_checked", `-DKERNELS_NAME="${name}"`];
    const common = ["-g", "-std=gnu11", "-ffp-contract=off"];
    execFileSync(compiler, [...common, ...flags, ...names, ...sources, "-o", program, "-pthread", "-lm"]);
    const [command, ...rest] = [...emulator, program, rounds];
    const printed = execFileSync(command, rest, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, UBSAN_OPTIONS: "print_stacktrace=1" },
    });
    process.stdout.write(printed);
    results.add(/results ([0-9a-f]{16})/.exec(printed)?.[1]);
    const bf16 = /in bf16 ([0-9a-f]{16})/.exec(printed)?.[1];
    if (bf16 !== undefined) inBf16.add(bf16);
  };
  for (const sanitizer of ["address,undefined", "thread"]) {
    for (const set of sets) {
      const flags = [...flagsOf[set], `-fsanitize=${sanitizer}`, "-fno-sanitize-recover=all"];
      check(process.env.CC ?? "cc", `${set} under ${sanitizer}`, flags);
    }
  }
  process.stdout.write("no access outside of an array, no undefined operation, no race\n");
  if (isThere("aarch64-linux-gnu-gcc") && isThere("qemu-aarch64")) {
    check("aarch64-linux-gnu-gcc", "neon under qemu", ["-O2", "-static"], "qemu-aarch64");
  } else {
    process.stdout.write("NOT TESTED: neon (there is no aarch64-linux-gnu-gcc, or no qemu-aarch64)\n");
  }
  if (results.size !== 1 || results.has(undefined) || inBf16.size > 1)
    throw new Error("the instruction sets differ in their results");
  process.stdout.write("the same bytes on all of them\n");
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function isThere(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}
