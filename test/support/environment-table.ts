/** @file Tables of environment.md that tests make anew, so that they say what is measured. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../src/util/project-root";

/** @throws AssertionError with the table as it should stand, if environment.md does not hold it */
export function assertInEnvironment(rows: readonly (readonly string[])[]): void {
  const [header, ...body] = rows;
  const lines = [header, header.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`);
  const wanted = lines.join("\n");
  const text = fs.readFileSync(path.join(projectRoot(), "environment.md"), "utf8");
  assert.ok(text.includes(wanted), `environment.md wants this table:\n${wanted}`);
}
