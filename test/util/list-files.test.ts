import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { filesBelow, filesIn } from "../../src/util/list-files";
import { temporaryFolder } from "../support/temporary-folder";

test("files are listed by name, without those of systems and tools; links to files count, links to nothing do not", (t) => {
  const folder = temporaryFolder(t, {
    "b.jsonl": "",
    "._b.jsonl": "",
    ".DS_Store": "",
    "a/c.utt": "",
    "a/._c.utt": "",
    ".git/d.utt": "",
    "a/.ipynb_checkpoints/e.utt": "",
  });
  fs.symlinkSync(path.join(folder, "a", "c.utt"), path.join(folder, "link.utt"));
  fs.symlinkSync(path.join(folder, "nowhere"), path.join(folder, "a", "broken.utt"));
  assert.deepEqual(filesIn(folder), ["b.jsonl", "link.utt"]);
  assert.deepEqual(filesBelow(folder), ["a/c.utt", "b.jsonl", "link.utt"]);
});
