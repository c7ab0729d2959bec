import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { test } from "node:test";
import { projectRoot } from "../../src/util/project-root";

/** Run the command line; returns its status and what it said on standard error. */
function classIt(...args: string[]): { status: number | null; said: string } {
  const entry = path.join(projectRoot(), "src", "cli", "class-it.ts");
  const result = spawnSync(process.execPath, ["--import", "tsx", entry, ...args], {
    cwd: projectRoot(),
    encoding: "utf8",
    env: { ...process.env, CLASS_IT_QUIET: "1" },
  });
  return { status: result.status, said: result.stderr };
}

const refusals: [what: string, args: string[], says: RegExp][] = [
  [
    "a scale",
    ["reproduce", "--scale", "tinny"],
    /unknown scale "tinny" \(did you mean "tiny"\?\); one of tiny, small, medium, study, study-paper-shapes, paper/,
  ],
  [
    "a run",
    ["reproduce", "--run", "wide-merge"],
    /unknown run "wide-merge" \(did you mean "wide-merged"\?\); one of wide-base/,
  ],
  ["a suite", ["reproduce", "--suite", "quick"], /unknown suite "quick"; one of full, fast/],
  ["a seed", ["reproduce", "--seed", "x"], /option '--seed <number>' argument 'x' is invalid. Want a whole number/],
  [
    "a length of reply",
    ["chat", "--model", "m", "--max-new-tokens", "-3"],
    /option '--max-new-tokens <n>' argument '-3' is invalid. Want a whole number of at least 1/,
  ],
  [
    "a data folder",
    ["reproduce", "--data", "no-such-folder"],
    /no-such-folder: no such folder; want one with BabyLM text/,
  ],
  ["an option", ["reproduce", "--sede", "1"], /unknown option '--sede'\s+\(Did you mean --seed\?\)/],
  ["a command", ["reprodcue"], /unknown command 'reprodcue'\s+\(Did you mean reproduce\?\)/],
];

for (const [what, args, says] of refusals) {
  test(`${what} that does not exist: one plain sentence with what is valid, status 1, no stack`, () => {
    const { status, said } = classIt(...args);
    assert.equal(status, 1, said);
    assert.match(said, says);
    assert.ok(!/\n\s+at /.test(said), said);
  });
}
