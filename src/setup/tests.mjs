/**
 * @file `npm test`: types, lint, every test file, every notebook. Each part runs even if an earlier one failed.
 *
 * `npm test -- unit` runs only the test files; `npm test -- test/util/rng.test.ts` runs one.
 */

import { readdirSync } from "node:fs";
import * as path from "node:path";
import { root, run, say } from "./shell.mjs";

const PARTS = ["types", "lint", "unit", "notebooks"];

export function runTests(args) {
  const files = args.filter((a) => a.endsWith(".test.ts"));
  const named = args.filter((a) => PARTS.includes(a));
  const unknown = args.filter((a) => !files.includes(a) && !named.includes(a));
  if (unknown.length > 0) throw new Error(`unknown part "${unknown[0]}"; one of ${PARTS.join(", ")}, or test files`);
  const parts = files.length > 0 ? ["unit"] : named.length > 0 ? named : PARTS;
  const results = parts.map((part) => {
    const started = Date.now();
    const status = runPart(part, files);
    return { part, status, seconds: Math.round((Date.now() - started) / 1000) };
  });
  for (const { part, status, seconds } of results) {
    say(
      `${part.padEnd(10)} ${status === 0 ? "passed" : status === null ? "NOT RUN (no Jupyter)" : "FAILED"}  ${seconds} s`,
    );
  }
  const missing = results.some((r) => r.status === null) && process.env.CI === "true";
  return missing || results.some((r) => r.status !== 0 && r.status !== null) ? 1 : 0;
}

function runPart(part, files) {
  const node = (args) => run(process.execPath, args, { allowFailure: true });
  switch (part) {
    case "types":
      return node(["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"]);
    case "lint":
      return node(["node_modules/@biomejs/biome/bin/biome", "check", "--config-path=.ci", "src", "test"]);
    case "unit":
      return node([
        "--import",
        "tsx",
        "--test",
        "--test-reporter=spec",
        "--test-concurrency=2",
        ...(files.length > 0 ? files : testFiles()),
      ]);
    case "notebooks":
      if (process.env.CLASS_IT_JUPYTER === undefined) return null;
      return node(["--import", "tsx", "src/cli/class-it.ts", "notebooks", "test"]);
  }
}

/** Every `*.test.ts` below test/, sorted (Node 20's runner takes no glob). */
function testFiles() {
  return readdirSync(path.join(root, "test"), { recursive: true })
    .map((name) => path.join("test", String(name)))
    .filter((name) => name.endsWith(".test.ts"))
    .sort();
}
