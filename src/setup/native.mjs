/** @file Build the native kernels where a C compiler is there; without one, WebAssembly does the work, slower. */

import { existsSync } from "node:fs";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { root, say } from "./shell.mjs";

const build = path.join(root, "src", "tensor", "native", "build.mjs");
const { buildNative } = existsSync(build) ? await import(pathToFileURL(build).href) : { buildNative: null };

export function ensureNative() {
  if (buildNative === null) return;
  const result = buildNative({ force: false });
  if (!result.ok)
    say(`native kernels not built: ${result.reason}; computing in WebAssembly instead (several times slower)`);
}
