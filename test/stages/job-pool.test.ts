import assert from "node:assert/strict";
import { test } from "node:test";
import { type Job, runJobs } from "../../src/stages/job-pool";

const job = (id: string, needs: string[] = [], cost = 1): Job => ({ id, needs, cost });
const tick = () => new Promise((resolve) => setImmediate(resolve));

test("a job starts only after everything it needs, and at most `parallel` run at once", async () => {
  const jobs = [job("a"), job("b", ["a"]), job("c", ["a"]), job("d", ["b", "c"]), job("e")];
  const finished: string[] = [];
  let running = 0;
  let most = 0;
  await runJobs(
    jobs,
    async (j) => {
      assert.ok(
        j.needs.every((id) => finished.includes(id)),
        `${j.id} started too early`,
      );
      most = Math.max(most, ++running);
      await tick();
      running--;
      finished.push(j.id);
    },
    { parallel: 2 },
  );
  assert.deepEqual([...finished].sort(), ["a", "b", "c", "d", "e"]);
  assert.equal(most, 2);
});

test("the longest chain of work goes first", async () => {
  const started: string[] = [];
  const jobs = [job("short"), job("long"), job("after", ["long"], 10)];
  await runJobs(jobs, async (j) => void started.push(j.id), { parallel: 1 });
  assert.deepEqual(started, ["long", "after", "short"]);
});

test("the first failure stops the rest, and running jobs are signalled", async () => {
  const started: string[] = [];
  const told: string[] = [];
  await assert.rejects(
    runJobs(
      [job("slow", [], 3), job("bad", [], 2), job("never", ["bad"])],
      async (j, _report, signal) => {
        started.push(j.id);
        if (j.id === "bad") throw new Error("out of memory");
        while (!signal.aborted) await tick();
        told.push(j.id);
      },
      { parallel: 2 },
    ),
    /out of memory/,
  );
  assert.deepEqual(started, ["slow", "bad"]);
  assert.deepEqual(told, ["slow"]);
});

test("progress counts finished cost and the running share", async () => {
  const seen: number[] = [];
  await runJobs([job("a", [], 4), job("b", ["a"], 6)], async (_j, report) => report(0.5, "half"), {
    parallel: 1,
    onProgress: (done) => seen.push(done),
  });
  assert.deepEqual(seen, [2, 4, 7, 10]);
});

test("what a job had done before it first reports, and a job that reports nothing, were found done", async () => {
  const found: number[] = [];
  const jobs = [job("kept", [], 4), job("resumed", ["kept"], 10)];
  await runJobs(
    jobs,
    async (j, report) => {
      if (j.id === "kept") return;
      report(0.6, "going on");
      report(0.9, "nearly");
    },
    { parallel: 1, onProgress: (_done, soFar) => found.push(soFar) },
  );
  assert.deepEqual(found, [4, 10, 10, 10]);
});

test("a cycle, an unknown need and a doubled id are refused", async () => {
  const nothing = async () => {};
  await assert.rejects(runJobs([job("a", ["b"]), job("b", ["a"])], nothing, { parallel: 1 }), /waits for itself/);
  await assert.rejects(runJobs([job("a", ["x"])], nothing, { parallel: 1 }), /a needs x/);
  await assert.rejects(runJobs([job("a"), job("a")], nothing, { parallel: 1 }), /same id/);
});
