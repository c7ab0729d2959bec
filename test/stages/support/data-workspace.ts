/** @file A workspace whose data, runs and results lie in one temporary folder. */

import * as path from "node:path";
import type { Scale } from "../../../src/experiments/scale";
import { openWorkspace, type Workspace } from "../../../src/stages/workspace";
import { projectRoot } from "../../../src/util/project-root";

/** The data is in `data/` of the folder; seed 42, full evaluation sets. */
export function dataWorkspace(folder: string, scale: Scale): Workspace {
  const data = path.join(folder, "data");
  return openWorkspace(projectRoot(), { scale, seed: 42, suite: "full", data, runs: folder, results: folder });
}
