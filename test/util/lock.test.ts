import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { takeLock } from "../../src/util/lock";
import { projectRoot } from "../../src/util/project-root";
import { temporaryFolder } from "../support/temporary-folder";

const DEAD = 2 ** 22 + 1; // above the largest process id of Linux

test("a lock is refused while its owner lives, released, and taken over from a dead or reused process", (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, "new", "run.lock");
  const release = takeLock(file, "the run");
  assert.throws(
    () => takeLock(file, "the run"),
    /^Error: the run is in use by process \d+ on .*; .* delete .*run\.lock$/,
  );
  release();
  assert.deepEqual(fs.readdirSync(path.dirname(file)), []);
  const host = os.hostname();
  for (const owner of [
    { pid: DEAD, host, began: null },
    { pid: process.pid, host, began: "another boot 1" }, // the id was reused
    { nonsense: true },
  ]) {
    fs.writeFileSync(file, JSON.stringify(owner));
    const again = takeLock(file, "the run");
    assert.throws(() => takeLock(file, "the run"), /in use/);
    again();
    assert.deepEqual(fs.readdirSync(path.dirname(file)), []);
  }
  fs.writeFileSync(file, JSON.stringify({ pid: DEAD, host: "elsewhere", began: null }));
  assert.throws(() => takeLock(file, "the run"), /in use by process \d+ on elsewhere/);
});

test("a Slurm job that was queued again takes the lock over from its earlier run on another node", (t) => {
  const file = path.join(temporaryFolder(t), "run.lock");
  const { SLURM_JOB_ID, SLURM_RESTART_COUNT } = process.env;
  t.after(() => Object.assign(process.env, { SLURM_JOB_ID, SLURM_RESTART_COUNT }));
  t.after(() => {
    if (SLURM_JOB_ID === undefined) delete process.env.SLURM_JOB_ID;
    if (SLURM_RESTART_COUNT === undefined) delete process.env.SLURM_RESTART_COUNT;
  });
  const lockedBy = (job?: { id: string; restarts: number }) =>
    fs.writeFileSync(file, JSON.stringify({ pid: process.pid, host: "elsewhere", began: null, job }));
  Object.assign(process.env, { SLURM_JOB_ID: "17", SLURM_RESTART_COUNT: "2" });
  for (const job of [undefined, { id: "18", restarts: 0 }, { id: "17", restarts: 2 }]) {
    lockedBy(job);
    assert.throws(() => takeLock(file, "the run"), /in use by process \d+ on elsewhere/);
  }
  lockedBy({ id: "17", restarts: 1 });
  const release = takeLock(file, "the run");
  const held = fs.readdirSync(path.dirname(file)).map((name) => fs.readFileSync(path.join(file, "..", name), "utf8"));
  assert.deepEqual(
    held.map((text) => JSON.parse(text).job),
    [{ id: "17", restarts: 2 }],
  );
  release();
});

test("the wall clock plays no part: a lock from the future or the past is taken over as well", (t) => {
  const file = path.join(temporaryFolder(t), "run.lock");
  for (const year of [1990, 2090]) {
    fs.writeFileSync(file, JSON.stringify({ pid: DEAD, host: os.hostname(), began: null }));
    fs.utimesSync(file, new Date(year, 1), new Date(year, 1));
    takeLock(file, "the run")();
  }
});

/** Processes that take the lock, append `in`, wait, append `out` and release; refused ones try again. */
function contender(file: string, log: string): ChildProcess {
  const program = `
    const fs = require("node:fs");
    const path = require("node:path");
    const dead = JSON.stringify({ pid: ${DEAD}, host: ${JSON.stringify(os.hostname())}, began: null });
    const folder = ${JSON.stringify(path.dirname(file))};
    const ownerOf = (held) => {
      try {
        return JSON.parse(fs.readFileSync(held, "utf8")).pid;
      } catch {
        return null; // released in between
      }
    };
    const { takeLock } = require(${JSON.stringify(path.join(projectRoot(), "src/util/lock"))});
    (async () => {
    for (let done = 0; done < 5; ) {
      try {
        const release = takeLock(${JSON.stringify(file)}, "it");
        fs.appendFileSync(${JSON.stringify(log)}, "in\\n");
        await new Promise((resolve) => setTimeout(resolve, 3));
        fs.appendFileSync(${JSON.stringify(log)}, "out\\n");
        if (done++ % 2 === 0) release();
        else for (const name of fs.readdirSync(folder)) {
          if (!/^run\\.lock(\\.\\d+)?$/.test(name)) continue;
          const held = path.join(folder, name);
          if (ownerOf(held) !== process.pid) continue; // another contender's, which may be about to get the lock
          fs.writeFileSync(folder + "/dead." + process.pid, dead);
          fs.renameSync(folder + "/dead." + process.pid, held);
        }
      } catch (error) {
        if (!/in use|being locked/.test(String(error))) throw error;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
    })();`;
  const args = ["--import", "tsx", "--input-type=commonjs", "-e", program];
  return spawn(process.execPath, args, { cwd: projectRoot(), stdio: ["ignore", "ignore", "inherit"] });
}

test("of four processes that compete for a lock, released or left by a dead owner, one at a time has it", async (t) => {
  const folder = temporaryFolder(t);
  const log = path.join(folder, "log");
  const children = Array.from({ length: 4 }, () => contender(path.join(folder, "run.lock"), log));
  const codes = await Promise.all(children.map((child) => new Promise((resolve) => child.on("exit", resolve))));
  assert.deepEqual(codes, [0, 0, 0, 0]);
  assert.equal(fs.readFileSync(log, "utf8"), "in\nout\n".repeat(20));
});
