/**
 * @file Make `class-it.wasm` and `class-it-relaxed.wasm` from the C sources. Only needed after a change of the kernels: the
 * results are committed, so that no user needs a compiler, and the same compiler gives the same bytes.
 *
 * `node src/tensor/wasm/build.mjs [folder]`, with clang and wasm-ld (Debian's clang-14 and lld-14).
 */

import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));

/** The compiler of the committed binaries; another gives other bytes but the same numbers. */
export const COMPILER = "clang version 14.0.6";

const COMPILE = [
  "--target=wasm32",
  "-O2",
  "-std=gnu11",
  "-msimd128",
  "-mbulk-memory",
  "-matomics",
  "-mmutable-globals",
  "-ffreestanding",
  "-ffp-contract=off",
  "-fno-vectorize", // the kernels are written with vectors; only short row ends are left
  "-fno-slp-vectorize",
  "-fno-unroll-loops",
  "-fvisibility=hidden",
  "-Wall",
  "-isystem",
  "include",
];
const LINK = [
  "-nostdlib",
  "-Wl,--no-entry",
  "-Wl,--import-memory",
  "-Wl,--shared-memory",
  "-Wl,--max-memory=4294967296",
  "-Wl,--export=__stack_pointer",
  "-Wl,--export=__heap_base",
  "-Wl,-z,stack-size=65536",
  "-Wl,--strip-all",
];

/** By file name: compiler flags beyond 128-bit SIMD. */
const BINARIES = { "class-it.wasm": [], "class-it-relaxed.wasm": ["-mrelaxed-simd"] };

/** @returns bytes by file name */
export function buildWasm(folder) {
  const sizes = {};
  for (const [name, flags] of Object.entries(BINARIES)) {
    const output = path.join(path.resolve(folder), name);
    clang([...COMPILE, ...flags, ...LINK, "module.c", "-o", output]);
    if (flags.length > 0) renumber(output, clang([...COMPILE, ...flags, "-S", "module.c", "-o", "-"]));
    sizes[name] = fs.statSync(output).size;
  }
  return sizes;
}

/**
 * clang 14 encodes f32x4.relaxed_madd with the number of an early proposal (0xaf, named f32x4.fma); the standard has
 * 0x105, of the same length. The number of occurrences is checked against the assembly text, so that no other bytes are
 * changed.
 */
function renumber(file, assembly) {
  const [before, now] = [Buffer.from([0xfd, 0xaf, 0x01]), Buffer.from([0xfd, 0x85, 0x02])];
  const bytes = fs.readFileSync(file);
  const wanted = assembly.split("f32x4.fma").length - 1;
  let found = 0;
  for (let at = bytes.indexOf(before); at >= 0; at = bytes.indexOf(before, at + 3), found++) now.copy(bytes, at);
  if (wanted === 0 && WebAssembly.validate(bytes)) return; // a newer clang
  if (found !== wanted) {
    throw new Error(`${file}: ${wanted} multiply-adds in the assembly, ${found} in the binary; is this ${COMPILER}?`);
  }
  fs.writeFileSync(file, bytes);
}

function clang(args) {
  return execFileSync(process.env.WASM_CC ?? "clang", args, {
    cwd: here,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "inherit"],
  });
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  for (const [name, size] of Object.entries(buildWasm(process.argv[2] ?? here))) {
    process.stdout.write(`${name}: ${size} bytes\n`);
  }
}
