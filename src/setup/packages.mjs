/** @file `npm ci` when node_modules is absent or was installed from another package-lock.json. */

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { root, run, say } from "./shell.mjs";

const lockFile = path.join(root, "package-lock.json");
/** Written after a successful install; `npm ci` removes it together with node_modules. */
const stamp = path.join(root, "node_modules", ".class-it-installed");

export function arePackagesInstalled() {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === wantedStamp();
}

export function ensurePackages() {
  if (arePackagesInstalled()) return;
  say("installing the npm packages (once; about half a minute) ...");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  try {
    run(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  } catch (error) {
    throw new Error(
      `${error.message}\nThe npm packages could not be installed. They come from the npm registry once and are used ` +
        `offline afterwards: check the network or proxy ("npm ping"), free disk space (1.2 GB) and write access to ${root}`,
    );
  }
  writeFileSync(stamp, wantedStamp());
}

function wantedStamp() {
  return createHash("sha256").update(readFileSync(lockFile)).digest("hex");
}
