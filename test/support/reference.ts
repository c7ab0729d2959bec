/**
 * @file Reference files that are too large or not ours to commit (PyTorch outputs, real benchmarks).
 *
 * Tests use them where they are: in `$CLASS_IT_REFERENCE`, or in `../shared` beside the clone. Where they are not, such
 * a test is skipped and says so; the committed golden files in `test/golden/` cover the same behaviour in small.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../src/util/project-root";

/** Path of a reference file or folder, or null where it is absent. */
export function referencePath(relative: string): string | null {
  const base = process.env.CLASS_IT_REFERENCE ?? path.join(projectRoot(), "..", "shared");
  const full = path.join(base, relative);
  return fs.existsSync(full) ? full : null;
}

/** For `test(name, { skip: skipWithout("oracles/forward.json") }, ...)`. */
export function skipWithout(...relatives: string[]): string | false {
  const missing = relatives.filter((r) => referencePath(r) === null);
  return missing.length > 0 ? `reference data absent: ${missing.join(", ")}` : false;
}

/** A committed golden file, parsed. */
export function golden<T>(relative: string): T {
  return JSON.parse(fs.readFileSync(path.join(projectRoot(), "test", "golden", relative), "utf8")) as T;
}
