/** @file Imports go one way: the arrows of the source tree, checked on every file. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { projectRoot } from "../src/util/project-root";

/** Folder of src/ -> folders it may import from, besides itself and util/. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  util: [],
  tensor: [],
  stats: [],
  results: ["stats"],
  corpus: [],
  "data-sets": ["corpus", "tasks"],
  "sample-world": ["corpus", "tasks"],
  tasks: [],
  tokenizer: [],
  augmentation: ["corpus", "stats"],
  model: ["tensor", "tokenizer"],
  train: ["model", "tensor", "tokenizer"],
  eval: ["model", "tokenizer", "tasks", "stats", "results"],
  experiments: ["augmentation", "results"],
  figures: ["stats", "results"],
  stages: [
    "corpus",
    "augmentation",
    "tokenizer",
    "tasks",
    "model",
    "train",
    "eval",
    "results",
    "experiments",
    "tensor",
  ],
  live: ["eval", "model", "tensor", "tokenizer", "train"],
  cluster: ["stages"],
  claims: ["results", "stats"],
  notebook: ["claims", "experiments", "results", "stats", "figures", "eval", "tokenizer", "model", "live"],
};

/** Front doors: they may import from everywhere. */
const FRONT_DOORS = ["cli", "index.ts"];

/** The packages that only tensor/ may touch. */
const TENSOR_PACKAGES = /^(@tensorflow\/|webgpu$)/;

const src = path.join(projectRoot(), "src");

function* sourceFiles(folder: string): Generator<string> {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* sourceFiles(full);
    else if (entry.name.endsWith(".ts")) yield full;
  }
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import|require\()\s*\(?"([^"]+)"/g)].map((m) => m[1]);
}

/** What breaks the arrows in one file, as sentences. */
function violations(file: string, text = fs.readFileSync(file, "utf8")): string[] {
  const folder = path.relative(src, file).split(path.sep)[0];
  const allowedFolders = [folder, "util", ...MAY_IMPORT[folder]];
  return importsOf(text)
    .filter((specifier) => {
      if (!specifier.startsWith(".")) return folder !== "tensor" && TENSOR_PACKAGES.test(specifier);
      const target = path.relative(src, path.resolve(path.dirname(file), specifier)).split(path.sep)[0];
      return !allowedFolders.includes(target);
    })
    .map((specifier) => `${path.relative(src, file)} imports ${specifier}`);
}

for (const folder of fs.readdirSync(src).sort()) {
  const full = path.join(src, folder);
  const files = fs.statSync(full).isDirectory() ? [...sourceFiles(full)] : [];
  if (FRONT_DOORS.includes(folder) || files.length === 0) continue;
  test(`src/${folder} imports along the arrows only`, () => {
    assert.ok(folder in MAY_IMPORT, `src/${folder} is not in the layout: add it to MAY_IMPORT with its arrows`);
    assert.deepEqual(
      files.flatMap((file) => violations(file)),
      [],
      `may import util, ${MAY_IMPORT[folder].join(", ")}`,
    );
  });
}

/** A chain of files that import each other in a circle, or null. `importsFrom` names the files that a file imports. */
function circle(files: readonly string[], importsFrom: (file: string) => readonly string[]): string[] | null {
  const finished = new Set<string>();
  const visit = (file: string, chain: readonly string[]): string[] | null => {
    if (chain.includes(file)) return [...chain.slice(chain.indexOf(file)), file];
    if (finished.has(file)) return null;
    for (const target of importsFrom(file)) {
      const found = visit(target, [...chain, file]);
      if (found !== null) return found;
    }
    finished.add(file);
    return null;
  };
  for (const file of files) {
    const found = visit(file, []);
    if (found !== null) return found;
  }
  return null;
}

test("no files import each other in a circle", () => {
  const files = [...sourceFiles(src)].filter((file) => !file.endsWith(".d.ts"));
  const known = new Set(files);
  const importsFrom = (file: string) =>
    importsOf(fs.readFileSync(file, "utf8"))
      .filter((specifier) => specifier.startsWith("."))
      .map((specifier) => path.resolve(path.dirname(file), specifier))
      .map((target) => [`${target}.ts`, path.join(target, "index.ts")].find((name) => known.has(name)))
      .filter((name) => name !== undefined);
  const found = circle(files, importsFrom);
  assert.equal(found, null, found?.map((file) => path.relative(src, file)).join(" -> "));
  const loop: Record<string, string[]> = { a: ["b"], b: ["c"], c: ["b"] };
  assert.deepEqual(
    circle(["a"], (file) => loop[file]),
    ["b", "c", "b"],
  );
});

test("the check itself sees an import that goes the wrong way", () => {
  const probe = path.join(src, "util", "probe-for-layout-test.ts");
  const text = 'import * as tf from "@tensorflow/tfjs";\nimport { x } from "../cli/class-it";\n';
  assert.equal(violations(probe, text).length, 2);
});
