/**
 * @file Make `class-it.wasm` from the C sources. Only needed after a change of the kernels: the result is committed, so
 * that no user needs a compiler, and the same compiler gives the same bytes.
 *
 * `node src/tensor/wasm/build.mjs [output]`, with clang and wasm-ld (Debian's clang-14 and lld-14).
 */

import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));

/** The compiler the committed binary was made with; another gives other bytes and the same numbers. */
export const COMPILER = "clang version 14.0.6";

const FLAGS = [
  "--target=wasm32",
  "-O3",
  "-std=gnu11",
  "-msimd128",
  "-mbulk-memory",
  "-matomics",
  "-mmutable-globals",
  "-ffreestanding",
  "-ffp-contract=off",
  "-nostdlib",
  "-fvisibility=hidden",
  "-Wall",
  "-Wl,--no-entry",
  "-Wl,--import-memory",
  "-Wl,--shared-memory",
  "-Wl,--max-memory=4294967296",
  "-Wl,--export=__stack_pointer",
  "-Wl,--export=__heap_base",
  "-Wl,-z,stack-size=65536",
  "-Wl,--strip-all",
];

export function buildWasm(output) {
  const command = process.env.WASM_CC ?? "clang";
  execFileSync(command, [...FLAGS, "-isystem", "include", "module.c", "-o", path.resolve(output)], {
    cwd: here,
    stdio: ["ignore", "inherit", "inherit"],
  });
  return fs.statSync(output).size;
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const output = process.argv[2] ?? path.join(here, "class-it.wasm");
  process.stdout.write(`${path.relative(process.cwd(), output)}: ${buildWasm(output)} bytes\n`);
}
