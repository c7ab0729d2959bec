/** @file Protocol 2026 beside 2025: what each change does to a score, and that results of both are kept apart. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { claimResults, protocolOf, sharedProtocol } from "../../src/eval/result-protocol";
import { PROTOCOL_2026_SWITCHES, scoringMode } from "../../src/eval/scoring-mode";
import { scoreZeroShot } from "../../src/eval/zero-shot";
import { TASKS, tasksUnder, zeroShotTask } from "../../src/tasks/index";
import { taskId } from "../../src/tasks/task";
import { temporaryFolder } from "../support/temporary-folder";
import { ToyTokenizer, toyModel, uniformModel } from "../support/toy-models";

const lines = (rows: unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

async function scoreOf(
  t: TestContext,
  task: string,
  rows: unknown[],
  mode: ReturnType<typeof scoringMode>,
  model = uniformModel(64),
  tokenizer = new ToyTokenizer(),
) {
  const dataFolder = temporaryFolder(t, { "regular.jsonl": lines(rows) });
  const [score] = await scoreZeroShot({ model, tokenizer, task, dataFolder, outFolder: temporaryFolder(t), mode });
  return score;
}

const pair = { sentence_good: "a b c", sentence_bad: "a b d", UID: "u", field: "syntax", linguistics_term: "t" };

test("protocol 2026 is its single changes together, without the wug tasks, and has a name in every score", () => {
  const { name, protocol, ...rules } = scoringMode("official", "2026");
  const { name: _, protocol: __, ...single } = scoringMode(PROTOCOL_2026_SWITCHES.join(","));
  assert.deepEqual([name, protocol], ["protocol-2026", "2026"]);
  assert.deepEqual(rules, single);
  assert.equal(scoringMode("reading-blank", "2026").name, "protocol-2026+reading-blank");
  assert.equal(scoringMode("ties-half", "2026").ties, "half");
  const ids = (year: "2025" | "2026") => tasksUnder(scoringMode("official", year), TASKS).map(taskId);
  const gone = ids("2025").filter((id) => !ids("2026").includes(id));
  assert.deepEqual(gone, ["ewok", "entity_tracking", "wug_adj", "wug_past"]);
  const added = ids("2026").filter((id) => !ids("2025").includes(id));
  assert.deepEqual(added, ["ewok@2", "entity_tracking@2"]);
  assert.throws(() => zeroShotTask("wug_adj", scoringMode("official", "2026")), /unknown task "wug_adj"/);
  assert.throws(() => scoringMode("ties-half,ties-random"), /"ties-half" and "ties-random" exclude each other/);
});

test("a uniform model's ties are right in 2025, and right by half in 2026", async (t) => {
  const rows = Array.from({ length: 400 }, (_, i) => ({ ...pair, sentence_bad: `a b d${i}` }));
  assert.equal((await scoreOf(t, "blimp", rows, scoringMode("official"))).value, 1);
  const score = await scoreOf(t, "blimp", rows, scoringMode("official", "2026"));
  assert.ok(Math.abs(score.value - 0.5) < 0.1, `${score.value}`); // four standard deviations
  assert.deepEqual([score.mode, score.ties], ["protocol-2026", 400]);
});

test("a NaN is refused in 2025, and loses in 2026", async (t) => {
  const tokenizer = new ToyTokenizer();
  const broken = toyModel("broken", 64, (_, next) => (tokenizer.decode([next]) === " c" ? Number.NaN : -3));
  await assert.rejects(
    scoreOf(t, "blimp", [pair], scoringMode("official"), broken, tokenizer),
    /broken gives NaN for 1 of 1/,
  );
  for (const mode of [scoringMode("nan-lowest"), scoringMode("official", "2026")]) {
    const score = await scoreOf(t, "blimp", [pair], mode, broken, tokenizer);
    assert.deepEqual([score.value, score.ties], [0, 0]);
  }
});

test("EWoK and entity tracking change their items: another comparison, fewer rows", async (t) => {
  const tokenizer = new ToyTokenizer();
  // "swim" is likelier after "hot" than after "cold", but "ski" is likelier still
  const model = toyModel("weather", 64, (previous, next) => {
    const [last, word] = [tokenizer.decode(previous.slice(-1)), tokenizer.decode([next])];
    return word === " ski" ? -1 : word === " swim" ? (last === " hot" ? -2 : -5) : -3;
  });
  const ewok = { Domain: "d", Context1: "it hot", Context2: "it cold", Target1: "swim", Target2: "ski" };
  const row = { ...ewok, ContextType: "x", ContextDiff: "y", TargetDiff: "z" };
  assert.equal((await scoreOf(t, "ewok", [row], scoringMode("official"), model, tokenizer)).value, 0);
  for (const mode of [scoringMode("ewok-contexts"), scoringMode("official", "2026")]) {
    assert.equal((await scoreOf(t, "ewok", [row], mode, model, tokenizer)).value, 1);
  }
  const boxes = [
    ["a.", "b."],
    ["nothing.", "b."],
  ].map((options) => ({ input_prefix: "Box 1 has ", options, numops: 0 }));
  const all = await scoreOf(t, "entity_tracking", boxes, scoringMode("official"));
  const fewer = await scoreOf(t, "entity_tracking", boxes, scoringMode("entity-without-nothing"));
  assert.deepEqual([all.n, fewer.n, fewer.alternatives?.["rows left out"]], [2, 1, 1]);
});

test("results of two protocols are neither mixed in one folder nor compared", (t) => {
  const folder = temporaryFolder(t, { "old/zero_shot/x": "", "fine/finetune/x": "" });
  const at = (name: string) => path.join(folder, name);
  const mode = scoringMode("official", "2026", 7);
  claimResults(at("old"), scoringMode("official"));
  assert.equal(fs.existsSync(at("old/protocol.json")), false); // 2025 leaves the official folders as they are
  for (const name of ["old", "fine"]) {
    assert.throws(
      () => claimResults(at(name), mode),
      /holds results of protocol 2025, these would be of 2026; give another/,
    );
  }
  claimResults(at("new"), mode);
  fs.mkdirSync(at("new/zero_shot"));
  claimResults(at("new"), mode);
  assert.deepEqual(protocolOf(at("new")), { protocol: "2026", seed: 7 });
  assert.throws(() => claimResults(at("new"), scoringMode("official")), /holds results of protocol 2026/);
  assert.throws(() => claimResults(at("new"), scoringMode("official", "2026", 8)), /with seed 7, these would have 8/);
  assert.throws(
    () => sharedProtocol(at("old"), at("new")),
    /under protocol 2025 and .* under 2026: .* not from the models/,
  );
  assert.deepEqual(sharedProtocol(at("old"), at("fine")).protocol, "2025");
});
