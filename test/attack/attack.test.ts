/** @file The standing attack in short; `npm run attack` is the whole of it. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../support/temporary-folder";
import { attackAddon } from "./addon";
import { type Finding, table } from "./findings";
import { faultOf } from "./judge";
import { attackWithKills } from "./kills";
import { difference, layGround, PROGRAMS, type Program, start, treeOf } from "./micro/programs";
import { attackWithMutants } from "./mutants";

const log = () => {};

function assertNothingFound(findings: readonly Finding[]): void {
  const lines = findings.map((f) => `${f.what}: ${f.fault}: ${f.message}\n  ${f.again}`);
  assert.equal(findings.length, 0, lines.join("\n"));
}

test("damaged files are refused in one plain line, or read as what they are", { timeout: 600_000 }, async (t) => {
  const scratch = temporaryFolder(t);
  const { rows, findings } = await attackWithMutants({ seed: "short", perFormat: 5, scratch, log });
  assertNothingFound(findings);
  for (const { what, tried, refused } of rows) assert.ok(tried >= 5 && refused > 0, `${what}: ${tried}, ${refused}`);
});

test("killed commands end with the bytes of a run that was never stopped", { timeout: 900_000 }, async (t) => {
  const ground = await layGround(temporaryFolder(t));
  t.after(() => ground.close());
  for (const only of ["pre-training", "scoring", "data fetch"]) {
    const { rows, findings } = await attackWithKills({ seed: "short", ground, perProgram: 1, only, log });
    assertNothingFound(findings);
    assert.equal(rows[0].equal, 1, only);
  }

  await t.test("results that were cut or removed are written again", async () => {
    const folder = path.join(ground.folder, "first");
    const wanted = treeOf(folder);
    const run = path.join(folder, "results", "wide-switch");
    fs.truncateSync(path.join(run, "SHA256SUMS"), 100);
    fs.truncateSync(path.join(run, "prompt-cuts.csv"), 10);
    fs.rmSync(path.join(folder, "results", "wide-base"), { recursive: true });
    const reproduce = PROGRAMS.find(({ name }) => name === "reproduce") as Program;
    const { code, said } = await start(reproduce, ground, folder).ended;
    assert.equal(code, 0, said);
    assert.equal(difference(wanted, treeOf(folder)), null);
  });
});

test("wrong calls of the native kernels are refused or harmless", { timeout: 300_000 }, async (t) => {
  const { rows, findings } = await attackAddon({ seed: "short", calls: 400, log: (line) => t.diagnostic(line) });
  assertNothingFound(findings);
  for (const { tried, refused, equal } of rows) assert.ok(tried === 400 && refused > 0 && equal > 0);
});

test("the judge of refusals sees what is no plain line with file and reason", () => {
  const fault = (message: string) => faultOf(new Error(message), ["/x/a.json"]);
  assert.equal(fault("/x/a.json: not valid JSON: Unexpected end; fetch it again"), null);
  assert.equal(fault("a score is NaN among NaN, NaN"), "does not name the file");
  assert.equal(fault("/x/a.json: Cannot read properties of undefined (reading 'map')"), "a raw message");
  assert.equal(fault("ENOENT: no such file or directory, open '/x/a.json'"), "a raw message");
  assert.equal(fault("/x/a.json: bad\n    at Object.<anonymous> (/y.ts:1:2)"), "several lines");
  assert.equal(fault(`/x/a.json: ${"[".repeat(1000)}`), "1011 characters");
  assert.equal(fault("/x/a.json: row \u202e"), "unprintable characters");
  assert.equal(faultOf("text", []), "not an Error");
  const foreign = (message: string) => faultOf(new Error(message), ["/x/a.json"], true);
  assert.equal(foreign("/x/a.json: not valid JSON; fetch it again"), null);
  assert.equal(foreign('/x/a.json: "fetch" is 3, want a text'), "does not say what to do");
});

test("the table adds up", () => {
  const row = { part: "p", what: "w", tried: 3, refused: 1, equal: 1, other: 0, findings: 1 };
  assert.match(table([row, { ...row, tried: 4 }]), /in all\s+7\s+2\s+2\s+0\s+2$/);
});
