import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { checkCompletely, foldersWithFiles } from "../../src/cli/commands/checksums";
import { checkFolder, checkListed, MANIFEST, renewManifest } from "../../src/util/manifest";
import { projectRoot } from "../../src/util/project-root";
import { temporaryFolder } from "../support/temporary-folder";

test("files that were changed, removed or are not listed are refused by name; others pass", (t) => {
  const folder = temporaryFolder(t, { "a.csv": "1,2\n", "deep/b.bin": "\0\x01", "c d.json": "{}" });
  renewManifest(folder, ["a.csv", "deep/b.bin", "c d.json"]);
  checkFolder(folder, "run it again");
  checkListed(path.join(folder, "a.csv"), "run it again");
  fs.writeFileSync(path.join(folder, "deep/b.bin"), "\0\x02");
  checkListed(path.join(folder, "a.csv"), "run it again");
  assert.throws(() => checkFolder(folder, "run it again"), /b\.bin: was altered .*; run it again$/);
  renewManifest(folder, ["deep/b.bin"]);
  fs.rmSync(path.join(folder, "c d.json"));
  assert.throws(() => checkFolder(folder, "run it again"), /c d\.json: no such file; run it again$/);
  renewManifest(folder, []);
  checkFolder(folder, "run it again");
  fs.writeFileSync(path.join(folder, "new.csv"), "");
  assert.throws(
    () => checkListed(path.join(folder, "new.csv"), "run it again"),
    /new\.csv: is not listed in SHA256SUMS/,
  );
});

test("a manifest with a damaged line, or one that leads out of the folder, is refused with file and line", (t) => {
  const folder = temporaryFolder(t, { "a.csv": "1\n" });
  const sum = "0".repeat(64);
  for (const line of [
    "nonsense",
    `${sum.slice(1)}  a.csv`,
    `${sum}  ../a.csv`,
    `${sum}  /etc/passwd`,
    `${sum}  a\0.csv`,
  ]) {
    fs.writeFileSync(path.join(folder, MANIFEST), `${line}\n`);
    assert.throws(() => checkFolder(folder, ""), /SHA256SUMS:1: want a SHA-256, two blanks and a file of this folder/);
  }
});

test("a manifest that was cut off is refused, and is whole again when the files are written again", (t) => {
  const folder = temporaryFolder(t, { "a.csv": "1\n", "b.csv": "2\n" });
  const names = ["a.csv", "b.csv"];
  renewManifest(folder, names);
  const file = path.join(folder, MANIFEST);
  const whole = fs.readFileSync(file, "utf8");
  for (const length of [0, 1, 70, whole.length - 1]) {
    fs.writeFileSync(file, whole.slice(0, length));
    assert.throws(() => checkFolder(folder, ""), /SHA256SUMS: was cut off; put the file back/, String(length));
    assert.throws(() => checkListed(path.join(folder, "a.csv"), ""), /SHA256SUMS: was cut off/, String(length));
    renewManifest(folder, names);
    assert.equal(fs.readFileSync(file, "utf8"), whole);
  }
});

test("a folder from before manifests is read with one warning", (t) => {
  const folder = temporaryFolder(t, { "a.csv": "1\n" });
  const said: string[] = [];
  t.mock.method(process.stderr, "write", (text: string) => said.push(text) > 0);
  checkListed(path.join(folder, "a.csv"), "");
  checkListed(path.join(folder, "a.csv"), "");
  t.mock.restoreAll();
  assert.equal(said.length, 1);
  assert.match(said[0], /has no SHA256SUMS/);
});

test("the committed results and published numbers are what was written", () => {
  const folders = foldersWithFiles(projectRoot());
  assert.ok(folders.length > 30, `${folders.length} folders`);
  for (const folder of folders) checkCompletely(folder);
});

test("sha256sum reads the same manifest", (t) => {
  if (spawnSync("sha256sum", ["--version"]).status !== 0) return t.skip("NOT TESTED: there is no sha256sum here");
  for (const folder of foldersWithFiles(projectRoot())) {
    const { status, stderr } = spawnSync("sha256sum", ["--check", "--quiet", MANIFEST], {
      cwd: folder,
      encoding: "utf8",
    });
    assert.equal(status, 0, `${folder}: ${stderr}`);
  }
});
