/**
 * @file Build the native kernels if there is a C compiler; without one, the slower WebAssembly kernels are used. On
 * Linux, also build the addon that opens NVIDIA's driver, which needs neither CUDA nor a card to build.
 */

import { existsSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { root, say } from "./shell.mjs";

const { buildNative } = await importFrom("native");
const { buildDriverAddon } = await importFrom("cuda");

export function ensureNative() {
  if (buildNative === undefined) return;
  const result = buildNative({ force: false });
  if (!result.ok)
    say(`native kernels not built: ${result.reason}; computing in WebAssembly instead (several times slower)`);
  // if this cannot be built, the backend reports it when it is selected
  if (process.platform === "linux") buildDriverAddon?.();
}

async function importFrom(folder) {
  const build = path.join(root, "src", "tensor", folder, "build.mjs");
  return existsSync(build) ? import(pathToFileURL(build).href) : {};
}
