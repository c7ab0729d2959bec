import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { WorkerProcesses } from "../../src/cli/worker-process";
import { openWorkspace } from "../../src/stages/workspace";
import { projectRoot } from "../../src/util/project-root";
import { temporaryFolder } from "../support/temporary-folder";

async function processes(): Promise<number> {
  await setTimeout(10); // the handle of an ended process is closed a little later
  return process.getActiveResourcesInfo().filter((what) => what === "ProcessWrap").length;
}

test("one process runs one job after another, and a job that fails ends only its own process", async (t) => {
  const runs = temporaryFolder(t);
  const options = { scale: "tiny", seed: 42, suite: "full", data: null, runs, results: runs } as const;
  const workers = new WorkerProcesses(projectRoot(), openWorkspace(projectRoot(), options), 1);
  const run = (jobId: string, signal = new AbortController().signal) => workers.run(jobId, () => {}, signal);
  try {
    await run("prepare");
    await run("tokenizer/narrow");
    assert.equal(await processes(), 1);
    assert.ok(fs.existsSync(path.join(runs, "narrow-tokenizer", "tokenizer.json")));
    await assert.rejects(run("pretrain/wider"), /^Error: pretrain\/wider: unknown model "wider".*one of wide, narrow/);
    assert.equal(await processes(), 0);
    const abort = new AbortController();
    const stopped = run("tokenizer/wide", abort.signal);
    abort.abort();
    await assert.rejects(stopped, /^Error: tokenizer\/wide: ended by SIGTERM; run the same command to resume$/);
  } finally {
    workers.close();
  }
  assert.equal(await processes(), 0);
});
