/** The backend `cuda` on an emulated card: every operation, PyTorch's numbers, transfers, errors. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { CudaCard } from "../../src/tensor/cuda/card";
import { explained } from "../../src/tensor/cuda/errors";
import { KERNEL_ARGUMENTS } from "../../src/tensor/cuda/kernel-arguments";
import { startDeviceBackend } from "../../src/tensor/device";
import { registerFused } from "../../src/tensor/fused/register";
import { projectRoot } from "../../src/util/project-root";
import { emulatedCard, emulator, emulatorMissing } from "./support/emulator";
import { testOperations } from "./support/operations-suite";
import { checkTrainingRun, testAgainstTorch } from "./support/torch-suite";

let card: CudaCard;

/** Start the backend on an emulated card, once. */
async function start(): Promise<void> {
  const found = await emulator();
  if ("reason" in found) throw new Error(found.reason);
  card ??= emulatedCard(found.file);
  registerFused(await startDeviceBackend(card));
}

const absent = emulatorMissing();
if (absent !== false) test("the backend cuda on an emulated card", { skip: absent }, () => {});
else {
  testOperations("cuda", start);
  testAgainstTorch();
  test("a small training run gives PyTorch's losses", checkTrainingRun);
}

test("the launches write each kernel's structure as the sources declare it", () => {
  const layouts = layoutsInSources();
  assert.ok(layouts.size > 100, `${layouts.size} kernels found`);
  assert.deepEqual(
    Object.fromEntries([...layouts].sort()),
    Object.fromEntries(Object.entries(KERNEL_ARGUMENTS).sort()),
  );
});

test("the committed kernels were compiled from these sources", async () => {
  const folder = path.join(projectRoot(), "src", "tensor", "cuda");
  const { hashOfKernels } = (await import(pathToFileURL(path.join(folder, "build.mjs")).href)) as {
    hashOfKernels(): string;
  };
  const about = JSON.parse(fs.readFileSync(path.join(folder, "binaries", "about.json"), "utf8")) as { sources: string };
  assert.equal(about.sources, hashOfKernels(), 'run "node src/tensor/cuda/build.mjs --kernels"');
});

test("every error of the driver is one sentence, and unknown ones keep their number", () => {
  assert.match(
    explained(Object.assign(new Error("x"), { code: "46" })).message,
    /busy .* CLASS_IT_GPU=1 \(driver error 46\)$/,
  );
  assert.equal(
    explained(Object.assign(new Error("submit: what"), { code: "333" })).message,
    "cuda: driver error 333, submit: what",
  );
  assert.equal(explained(new RangeError("as it is")).message, "as it is");
});

/** Each kernel's structure, one letter per field, from the sources. */
function layoutsInSources(): Map<string, string> {
  const folder = path.join(projectRoot(), "src", "tensor", "cuda", "kernels");
  const text = fs
    .readdirSync(folder)
    .map((name) => fs.readFileSync(path.join(folder, name), "utf8"))
    .join("\n")
    .replace(/\/\/[^\n]*/g, "")
    .replace(/\\\n/g, " ");
  const structures = new Map<string, string>();
  for (const [, name, body] of text.matchAll(/^struct (\w+) \{([^{}]*)\};/gm)) {
    const letters = body
      .split(";")
      .flatMap((line) => line.split(",").map((field, i, fields) => [i === 0 ? field : `${fields[0]} ${field}`, field]))
      .filter(([, field]) => field.trim() !== "")
      .map(([declared, field]) => (field.includes("*") ? "p" : letterOf(declared)));
    structures.set(name, letters.join(""));
  }
  const layouts = new Map<string, string>();
  const add = (name: string, structure: string) => layouts.set(name, structures.get(structure) ?? "");
  const macros = [...text.matchAll(/^#define (\w+)\(([^)]*)\)(.*)$/gm)];
  for (const [, macro, parameters, body] of macros) {
    const names = parameters.split(",").map((p) => p.trim());
    if (macro === "KERNEL" || !body.includes("KERNEL(")) continue;
    const uses = [...text.matchAll(new RegExp(`^(?:#define \\w+\\(DP\\) )?(.*\\b${macro}\\(.*)$`, "gm"))];
    for (const [, line] of uses) {
      if (line.startsWith("#define")) continue;
      for (const [, values] of line.matchAll(new RegExp(`\\b${macro}\\(([^()]*)\\)`, "g"))) {
        const given = values.split(",").map((v) => v.trim());
        for (const dp of given.includes("DP") ? ["32", "64", "128"] : [""]) {
          for (const [, name, structure] of body.matchAll(/KERNEL\(([\w#]+), (\w+),/g)) {
            const filled = names.reduce(
              (kernel, parameter, i) =>
                kernel.replace(new RegExp(`\\b${parameter}\\b`, "g"), given[i] === "DP" ? dp : (given[i] ?? "")),
              name.replaceAll("##", " ## "),
            );
            add(filled.replaceAll(" ## ", ""), structure);
          }
        }
      }
    }
  }
  for (const [, name, structure] of text.matchAll(/^KERNEL\((\w+), (\w+),/gm)) add(name, structure);
  return layouts;
}

function letterOf(declared: string): string {
  const type = declared
    .trim()
    .replace(/^const /, "")
    .split(/[\s*]/)[0];
  return { int: "i", unsigned: "i", float: "f", long: "l", double: "d" }[type] ?? "?";
}
