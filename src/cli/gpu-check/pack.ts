/**
 * @file Packs the check into one folder for a machine without npm and network: one script, the addons, the compiled
 * kernels, and this Node binary (compressed, if `xz` is installed).
 */

import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { bytes } from "../../util/format";
import { projectRoot } from "../../util/project-root";

const MOST_BYTES = 40e6;

/** Files that the script reads, relative to the project root. */
const CARRIED = [
  "package.json",
  "src/tensor/cuda/binaries",
  "src/tensor/cuda/build",
  "src/tensor/native",
  "src/tensor/kernels",
  "src/cli/gpu-check/peer.py",
];

const RUN = `#!/bin/sh
# The check of the CUDA kernels on this machine's card; needs NVIDIA's driver and nothing else. Results: result.json.
cd "$(dirname "$0")" || exit 1
if [ ! -x node ] && [ -f node.xz ]; then xz -dkf node.xz && chmod +x node; fi
NODE=./node; [ -x node ] || NODE=node
exec "$NODE" gpu-check.cjs gpu-check --json result.json "$@"
`;

/** @returns lines that describe the written files */
export async function packFolder(folder: string): Promise<string[]> {
  const root = projectRoot();
  const to = path.resolve(folder);
  if (fs.existsSync(to) && fs.readdirSync(to).length > 0)
    throw new Error(`gpu-check: ${to} is not empty; name a new folder`);
  fs.mkdirSync(to, { recursive: true });
  for (const name of CARRIED) {
    const from = path.join(root, name);
    if (!fs.existsSync(from))
      throw new Error(`gpu-check: ${name} is missing; run "npm run gpu:check" once without --pack`);
    fs.cpSync(from, path.join(to, name), { recursive: true, filter: isCarried });
  }
  const esbuild = await import("esbuild"); // the packed script has no packages beside it
  await esbuild.build({
    stdin: { contents: ENTRY, resolveDir: path.join(root, "src", "cli"), loader: "ts" },
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node20",
    minify: true,
    outfile: path.join(to, "gpu-check.cjs"),
    external: ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node", "webgpu", "esbuild"],
    logLevel: "error",
  });
  fs.writeFileSync(path.join(to, "run.sh"), RUN, { mode: 0o755 });
  const lines = [`${to}: run.sh, gpu-check.cjs, addons and compiled kernels`];
  if (spawnSync("xz", ["--version"], { stdio: "ignore" }).status === 0) {
    const node = path.join(to, "node");
    fs.copyFileSync(process.execPath, node);
    execFileSync("xz", ["-6", "-f", node]);
    lines.push(`with Node ${process.version}, compressed`);
  } else lines.push("without Node: xz is not installed here; the other machine needs Node 20.19+ (20.x) or 22.12+");
  const size = sizeOf(to);
  if (size > MOST_BYTES) throw new Error(`gpu-check: the folder has ${bytes(size)}, more than ${bytes(MOST_BYTES)}`);
  lines.push(`${bytes(size)} in all; copy the folder to the machine with the card and start run.sh there`);
  return lines;
}

const ENTRY = `
import { Command } from "commander";
import { register } from "./commands/gpu-check";
const program = new Command();
register(program);
program.parseAsync().catch((error) => {
  process.stderr.write((error instanceof Error ? error.message : String(error)) + "\\n");
  process.exit(1);
});
`;

/** Leaves out the emulator and files of interrupted builds. */
function isCarried(file: string): boolean {
  return !/emulated|\.incomplete$|tmp-\d+/.test(path.basename(file));
}

function sizeOf(folder: string): number {
  let total = 0;
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) total += fs.statSync(path.join(entry.parentPath, entry.name)).size;
  }
  return total;
}
