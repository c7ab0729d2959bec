/** @file Checks Node's version: the notebook kernel needs `require` of ES modules, which came with 20.19 and 22.12. */

import { fail } from "./shell.mjs";

export function requireNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major > 20 ? major > 22 || (major === 22 && minor >= 12) : major === 20 && minor >= 19) return;
  fail(
    `this is Node ${process.versions.node}; want 20.19 or a later 20.x, or 22.12 or newer. ` +
      `Install one from https://nodejs.org or with a version manager, for example "nvm install 20"`,
  );
}
