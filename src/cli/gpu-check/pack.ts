/**
 * @file Packs the check into one folder for a machine without npm and network: one script, the addons, the compiled
 * kernels, the package `webgpu` for this platform if it is installed, and this Node binary. If `xz` is installed, Node and
 * `webgpu` are compressed, and run.sh unpacks them; otherwise Node is left out.
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
# The check of the kernels on this machine's card; needs NVIDIA's driver and nothing else. Results: result.json.
# "run.sh --backend webgpu" checks the WebGPU kernels instead, and needs a Vulkan loader (libvulkan.so.1) as well.
cd "$(dirname "$0")" || exit 1
if [ ! -x node ] && [ -f node.xz ]; then xz -dkf node.xz && chmod +x node; fi
for file in node_modules/webgpu/dist/*/dawn.node.xz; do
  if [ -f "$file" ] && [ ! -f "\${file%.xz}" ]; then xz -dkf "$file"; fi
done
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
  if (packWebgpu(root, to)) lines.push("with the package webgpu");
  if (spawnSync("xz", ["--version"], { stdio: "ignore" }).status === 0) {
    const node = path.join(to, "node");
    fs.copyFileSync(process.execPath, node);
    const dawn = filesOf(to).filter((file) => path.basename(file) === "dawn.node");
    for (const file of [node, ...dawn]) execFileSync("xz", ["-6", "-f", file]);
    lines.push(`with Node ${process.version}, compressed`);
  } else lines.push("without Node: xz is not installed here; the other machine needs Node 20.19+ (20.x) or 22.12+");
  const size = sizeOf(to);
  if (size > MOST_BYTES) throw new Error(`gpu-check: the folder has ${bytes(size)}, more than ${bytes(MOST_BYTES)}`);
  lines.push(`${bytes(size)} in all; copy the folder to the machine with the card and start run.sh there`);
  return lines;
}

/** Copy the package `webgpu` with the library of this platform only. @returns false if it is not installed */
function packWebgpu(root: string, to: string): boolean {
  const from = path.join(root, "node_modules", "webgpu");
  const library = path.join(
    "dist",
    `${process.platform}-${process.platform === "darwin" ? "universal" : process.arch}`,
  );
  if (!fs.existsSync(path.join(from, library))) return false;
  for (const name of ["package.json", "index.js", library]) {
    fs.cpSync(path.join(from, name), path.join(to, "node_modules", "webgpu", name), { recursive: true });
  }
  return true;
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

function filesOf(folder: string): string[] {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
}

function sizeOf(folder: string): number {
  return filesOf(folder).reduce((total, file) => total + fs.statSync(file).size, 0);
}
