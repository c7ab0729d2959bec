/**
 * @file Builds the addon, emulator and kernels of the `cuda` backend.
 *
 * - `node src/tensor/cuda/build.mjs`: the addon, one C file that opens NVIDIA's driver at run time. Set-up does this; neither
 *   CUDA nor a card is needed.
 * - `--emulator`: a libcuda that runs the kernels on the CPU, for tests; needs g++ on x86-64.
 * - `--kernels`: the kernels for real cards, into `binaries/`; `--kernels --check` tests whether they are reproduced
 * byte for byte.
 *
 * The kernels are committed, because users with a card seldom have nvcc, and compiling takes minutes. nvcc 13 writes
 * PTX 9.0, which drivers before 580 refuse, although the kernels use no new features: the version line is lowered to
 * the needed one (7.0, or 8.0 for Hopper) and a hint is removed. An older ptxas verifies this and assembles the code,
 * so that the result loads on older drivers. Hopper's kernels are assembled by ptxas 13 as well, since ptxas 12.4
 * serialises their products (its message C7515).
 */

import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as zlib from "node:zlib";

const here = path.dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);
const MOST_OUTPUT = { maxBuffer: 1 << 28 };

// ------------------------------------------------------------------------------------------------------------ the addon

const C_FLAGS = ["-O2", "-std=gnu11", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-DNAPI_VERSION=8"];

/** @returns {{ ok: boolean, reason: string }} never throws; `reason` is one sentence */
export function buildDriverAddon({ force = false } = {}) {
  if (process.platform !== "linux") return { ok: false, reason: "NVIDIA's driver is looked for on Linux only" };
  const compiler = findCompiler([process.env.CC, "cc", "gcc", "clang"]);
  if (compiler === null) return { ok: false, reason: "no C compiler found" };
  let headers;
  try {
    headers = createRequire(import.meta.url)("node-api-headers").include_dir;
  } catch {
    return { ok: false, reason: "the package node-api-headers is not installed; run npm ci" };
  }
  const source = path.join(here, "driver.c");
  const file = target("class-it-cuda", ".node", compiler, C_FLAGS, [source]);
  try {
    if (force || !fs.existsSync(file)) {
      intoPlace(file, (temporary) => {
        const args = [
          ...C_FLAGS,
          "-shared",
          "-pthread",
          "-Wl,-z,nodelete",
          "-I",
          headers,
          source,
          "-o",
          temporary,
          "-ldl",
        ];
        execFileSync(compiler.command, args, { stdio: "pipe" });
      });
    }
    const current = path.join(here, "build", "current.json");
    const text = `${JSON.stringify({ file: path.basename(file) })}\n`;
    if (!fs.existsSync(current) || fs.readFileSync(current, "utf8") !== text) {
      intoPlace(current, (temporary) => fs.writeFileSync(temporary, text));
    }
    return { ok: true, reason: `built with ${compiler.version}` };
  } catch (error) {
    return { ok: false, reason: `${compiler.command} could not build it: ${firstLines(error)}` };
  }
}

// --------------------------------------------------------------------------------------------------------- the emulator

const CPP_FLAGS = ["-std=c++17", "-O2", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wno-unknown-pragmas"];

/** @returns {Promise<{ file: string } | { reason: string }>} the library, or one sentence why there is none */
export async function buildEmulator() {
  if (process.platform !== "linux" || process.arch !== "x64")
    return { reason: "the emulator runs on Linux x86-64 only" };
  const compiler = findCompiler(["g++", "clang++"]);
  if (compiler === null) return { reason: "no C++ compiler found" };
  const emulator = path.join(here, "emulator");
  const kernels = path.join(here, "kernels");
  const sources = [...filesOf(emulator), ...filesOf(kernels)];
  const file = target("libcuda-emulated", ".so", compiler, CPP_FLAGS, sources);
  if (fs.existsSync(file)) return { file };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-emulator-"));
  try {
    const objects = await Promise.all(
      [path.join(kernels, "kernels.cu"), path.join(emulator, "fibers.cpp"), path.join(emulator, "driver.cpp")].map(
        async (source) => {
          const object = path.join(folder, `${path.basename(source)}.o`);
          await run(compiler.command, [...CPP_FLAGS, "-I", emulator, "-x", "c++", "-c", source, "-o", object]);
          return object;
        },
      ),
    );
    intoPlace(file, (temporary) => {
      // the list of kernels must be initialised before a kernel registers: driver.cpp is linked first
      execFileSync(compiler.command, ["-shared", "-o", temporary, ...objects.reverse()], { stdio: "pipe" });
    });
    return { file };
  } catch (error) {
    return { reason: `${compiler.command} could not build the emulator: ${firstLines(error)}` };
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

// ---------------------------------------------------------------------------------------------------------- the kernels

const NVCC_VERSION = "13.0";
const OLD_PTXAS_VERSION = "12.4";
const NVCC_FLAGS = ["-std=c++17", "-O3", "-ptx", "-Werror", "all-warnings"];

/** Output files: the ptxas and the PTX of each; without a ptxas, the PTX itself, which the driver compiles. */
const BINARIES = [
  { name: "sm_80.cubin", architecture: "compute_80", ptx: "7.0", ptxas: "old", target: "sm_80" },
  { name: "sm_90a.cubin", architecture: "compute_90a", ptx: "8.0", ptxas: "old", target: "sm_90a" },
  { name: "sm_90a-580.cubin", architecture: "compute_90a", ptx: "8.0", ptxas: "new", target: "sm_90a" },
  { name: "compute_80.ptx", architecture: "compute_80", ptx: "7.0", ptxas: null, target: null },
];

async function buildKernels({ check }) {
  const tools = { nvcc: tool("nvcc", NVCC_VERSION), new: tool("ptxas", NVCC_VERSION), old: oldPtxas() };
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-kernels-"));
  const output = check ? folder : path.join(here, "binaries");
  fs.mkdirSync(output, { recursive: true });
  try {
    const ptx = {};
    const architectures = [...new Set(BINARIES.map((binary) => binary.architecture))];
    await Promise.all(
      architectures.map((architecture) => {
        ptx[architecture] = path.join(folder, `${architecture}.ptx`);
        const args = [...NVCC_FLAGS, `-arch=${architecture}`, path.join(here, "kernels", "kernels.cu")];
        return run(tools.nvcc, [...args, "-o", ptx[architecture]], MOST_OUTPUT);
      }),
    );
    await Promise.all(
      BINARIES.map(async ({ name, architecture, ptx: version, ptxas, target }) => {
        const [made, packed] = [path.join(folder, name), path.join(output, `${name}.br`)];
        const lowered = ptxas === null ? made : `${made}.ptx`;
        fs.writeFileSync(lowered, lower(fs.readFileSync(ptx[architecture], "utf8"), version));
        if (ptxas !== null) await run(tools[ptxas], [`-arch=${target}`, "-O3", "-o", made, lowered], MOST_OUTPUT);
        fs.writeFileSync(packed, compressed(fs.readFileSync(made)));
        console.log(`${name}: ${fs.statSync(made).size} bytes, ${fs.statSync(packed).size} compressed`);
      }),
    );
    const about = { sources: hashOfKernels(), nvcc: NVCC_VERSION, ptxas: [OLD_PTXAS_VERSION, NVCC_VERSION] };
    fs.writeFileSync(path.join(output, "about.json"), `${JSON.stringify(about, null, 2)}\n`);
    if (!check) return;
    for (const name of [...BINARIES.map((binary) => `${binary.name}.br`), "about.json"]) {
      const [want, got] = [path.join(here, "binaries", name), path.join(output, name)].map((file) =>
        fs.readFileSync(file),
      );
      if (!want.equals(got)) throw new Error(`binaries/${name} does not match its sources; run build.mjs --kernels`);
    }
    console.log("the committed kernels match their sources, byte for byte");
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** The same PTX for older drivers and assemblers; the removed pragma is only a hint. */
function lower(ptx, version) {
  const [before, after] = [/^\.version 9\.0$/m, `.version ${version}`];
  if (!before.test(ptx)) throw new Error("this nvcc does not write PTX 9.0; want nvcc 13.0");
  return ptx.replace(before, after).replace(/^\s*\.pragma "used_bytes_mask[^\n]*\n/gm, "");
}

function compressed(bytes) {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
  const params = { [BROTLI_PARAM_QUALITY]: 9, [BROTLI_PARAM_LGWIN]: 24, [BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return zlib.brotliCompressSync(bytes, { params });
}

/** Hash of all sources of the kernels; src/tensor/cuda/binaries/about.json has the hash of the committed ones. */
export function hashOfKernels() {
  const hash = createHash("sha256");
  for (const file of filesOf(path.join(here, "kernels")))
    hash.update(`${path.basename(file)}\n`).update(fs.readFileSync(file));
  return hash.digest("hex");
}

function tool(name, version) {
  const found = versionOf(name);
  if (!found.includes(`release ${version}`))
    throw new Error(`want ${name} ${version} on the PATH, found ${found || "none"}`);
  return name;
}

function oldPtxas() {
  const file = process.env.CLASS_IT_PTXAS_OLD ?? "";
  const found = file === "" ? "" : versionOf(file);
  if (found.includes(`release ${OLD_PTXAS_VERSION}`)) return file;
  throw new Error(
    `CLASS_IT_PTXAS_OLD wants the path of ptxas ${OLD_PTXAS_VERSION} (Debian 13's package nvidia-cuda-toolkit has it)` +
      (found === "" ? "" : `; this one is ${found}`),
  );
}

function versionOf(command) {
  try {
    return execFileSync(command, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}

// ---------------------------------------------------------------------------------------------------------------- shared

function filesOf(folder) {
  const names = fs.readdirSync(folder).filter((name) => /\.(cu|cuh|h|cpp)$/.test(name));
  return names.sort().map((name) => path.join(folder, name));
}

function findCompiler(commands) {
  for (const command of commands) {
    const version = command ? versionOf(command) : "";
    if (version !== "") return { command, version: version.split("\n")[0] };
  }
  return null;
}

/** File of the build of these sources by this compiler. */
function target(name, extension, compiler, flags, sources) {
  const hash = createHash("sha256");
  hash.update(`${compiler.version}\n${process.arch} ${process.versions.modules}\n${flags.join(" ")}\n`);
  for (const source of sources) hash.update(fs.readFileSync(source));
  return path.join(here, "build", `${name}-${hash.digest("hex").slice(0, 16)}${extension}`);
}

/** Written to a new file and renamed, because another process may have the old one open. */
function intoPlace(file, write) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.incomplete`;
  try {
    write(temporary);
    fs.renameSync(temporary, file);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

function firstLines(error) {
  return String(error.stderr || error.message)
    .trim()
    .split("\n")
    .slice(0, 5)
    .join("\n");
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const has = (flag) => process.argv.includes(flag);
  if (has("--kernels")) await buildKernels({ check: has("--check") });
  else if (has("--emulator")) {
    const built = await buildEmulator();
    console.log("file" in built ? built.file : built.reason);
  } else {
    const { ok, reason } = buildDriverAddon({ force: has("--force") });
    console.log(`addon for NVIDIA's driver: ${reason}`);
    process.exitCode = ok ? 0 : 1;
  }
}
