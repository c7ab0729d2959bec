/** @file Shown source lines: by hand for each kind of declaration, and found again in the file for the whole project. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { sourceOf } from "../../../src/notebook/display/source-view";
import { projectRoot } from "../../../src/util/project-root";
import { temporaryFolder } from "../../support/temporary-folder";

const SAMPLE = `/** What it is. */
export function scale(values: readonly number[], factor: number): number[] {
  // "}" and \`{\` in text do not count
  return values.map((value) => \`\${value}}\`.length * factor);
}

/** Numbers. */
const TABLE = [
  1, // one
  2,
] as const;
const SHORT = 3;

export type Side =
  | "left"
  | "right";

export class Dice {
  private state = 1;

  /** Rolls. */
  async roll(
    sides: number,
  ): Promise<number> {
    this.state = (this.state * 7) % 11;

    return this.state % sides;
  }

  get value(): number {
    return this.state;
  }
}
`;

test("each kind of declaration is shown whole, without its docstring, at the left margin", (t) => {
  const folder = temporaryFolder(t, { "sample.ts": SAMPLE });
  const shown = (name: string) => sourceOf("sample.ts", name, folder).split("\n");
  assert.deepEqual(shown("scale"), SAMPLE.split("\n").slice(1, 5));
  assert.deepEqual(shown("TABLE"), ["const TABLE = [", "  1, // one", "  2,", "] as const;"]);
  assert.deepEqual(shown("SHORT"), ["const SHORT = 3;"]);
  assert.deepEqual(shown("Side"), ["export type Side =", '  | "left"', '  | "right";']);
  assert.deepEqual(shown("Dice.value"), ["get value(): number {", "  return this.state;", "}"]);
  assert.deepEqual(shown("Dice.roll"), [
    "async roll(",
    "  sides: number,",
    "): Promise<number> {",
    "  this.state = (this.state * 7) % 11;",
    "",
    "  return this.state % sides;",
    "}",
  ]);
});

test("the last exported function or class of every file is shown unchanged", () => {
  const root = projectRoot();
  const files = (fs.readdirSync(path.join(root, "src"), { recursive: true }) as string[])
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
    .map((name) => `src/${name.split(path.sep).join("/")}`);
  let count = 0;
  for (const file of files) {
    const text = fs.readFileSync(path.join(root, file), "utf8");
    for (const [, first, name] of [...text.matchAll(/^(export (?:async )?(?:function\*?|class) (\w+).*)$/gm)].slice(
      -1,
    )) {
      const shown = sourceOf(file, name);
      assert.ok(shown.startsWith(first), `${file} ${name}`);
      assert.ok(shown.endsWith("\n}") || !shown.includes("\n"), `${file} ${name}`);
      assert.ok(text.includes(`\n${shown}\n`), `${file} ${name}`);
      count++;
    }
  }
  assert.ok(count > 150, `${count} declarations`);
});

test("a file outside the project, a missing name and a missing method are refused by name", () => {
  assert.throws(() => sourceOf("../elsewhere.ts", "x"), /"\.\.\/elsewhere\.ts" is not a file of the project/);
  assert.throws(() => sourceOf("src/util/rng.ts", "Dice"), /src\/util\/rng\.ts has no "Dice" at its top level/);
  assert.throws(() => sourceOf("src/util/rng.ts", "Rng.roll"), /"Rng" of src\/util\/rng\.ts has no "roll"/);
});
