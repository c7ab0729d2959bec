import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { modelFolder } from "../../src/cli/model-folder";
import { projectRoot } from "../../src/util/project-root";
import { temporaryFolder } from "../support/temporary-folder";

test("the published model is found by either name once fetched, and before that the command is named", (t) => {
  const sources = fs.readFileSync(path.join(projectRoot(), "data", "sources.json"));
  const root = temporaryFolder(t, { "data/sources.json": sources });
  for (const name of ["class-it-140m", "colinglab/CLASS_IT-140M"]) {
    assert.throws(() => modelFolder(name, root), /not fetched yet: "npm run data -- fetch class-it-140m" downloads it/);
  }
  const folder = path.join(root, "data/raw/models/class-it-140m");
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "config.json"), "{}");
  for (const name of ["class-it-140m", "colinglab/CLASS_IT-140M"]) assert.equal(modelFolder(name, root), folder);
  assert.equal(modelFolder(folder, root), folder);
  assert.throws(() => modelFolder("no/such/folder", root), /no\/such\/folder: no such folder; want one with config/);
});
