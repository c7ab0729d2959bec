import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { initBackend } from "../../src/tensor";
import { trainStage } from "../../src/train/loop";
import { lockRunFolder } from "../../src/train/run-lock";
import { Rng } from "../../src/util/rng";
import { TINY_DATA, TINY_SETTINGS, tinyModel } from "./support/tiny-stage";

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-resume-"));
const straight = path.join(scratch, "straight");
after(() => fs.rmSync(scratch, { recursive: true, force: true }));
before(async () => {
  process.env.CLASS_IT_QUIET = "1";
  await initBackend();
  const model = tinyModel();
  await trainStage(model, TINY_DATA, TINY_SETTINGS, { runFolder: straight });
  model.dispose();
});

/** The tiny stage as a process of its own. @param slowFile - a pipe for the weights of the checkpoint after update 6 */
function start(folder: string, millisecondsPerStep: number, slowFile = ""): ChildProcess {
  const script = path.join(__dirname, "support", "stage-process.ts");
  return spawn(process.execPath, ["--import", "tsx", script, folder, String(millisecondsPerStep), slowFile], {
    env: { ...process.env, CLASS_IT_QUIET: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Its standard output, line by line. */
async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of child.stdout!) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield line;
  }
}

async function exitOf(child: ChildProcess): Promise<{ code: number | null; stderr: string }> {
  let stderr = "";
  child.stderr!.on("data", (chunk) => {
    stderr += chunk;
  });
  child.stdout!.resume();
  const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
  return { code, stderr };
}

function assertSameRun(folder: string): void {
  for (const file of ["losses.csv", "validation.csv", "final/weights.safetensors", "best/weights.safetensors"]) {
    const [got, want] = [folder, straight].map((f) => fs.readFileSync(path.join(f, "pretrain", file)));
    assert.ok(got.equals(want), `${file} differs from the run that was never stopped`);
  }
  assert.deepEqual(
    fs.readdirSync(path.join(folder, "pretrain")).sort(),
    fs.readdirSync(path.join(straight, "pretrain")).sort(),
  );
}

test("killed at random moments again and again, a run ends with the bytes of one never stopped", async () => {
  const folder = path.join(scratch, "killed");
  const rng = Rng.fromSeed(process.env.CLASS_IT_KILL_SEED ?? "kills");
  const kills = Number(process.env.CLASS_IT_KILLS ?? 4);
  for (let kill = 0; kill < kills; kill++) {
    const child = start(folder, 5);
    let steps = 1 + rng.int(12);
    for await (const line of linesOf(child)) {
      if (line.startsWith("step ") && --steps === 0) {
        setTimeout(() => child.kill("SIGKILL"), rng.int(12)); // somewhere in an update, a validation or a checkpoint
      }
    }
  }
  const last = await exitOf(start(folder, 0));
  assert.equal(last.code, 0, last.stderr);
  assertSameRun(folder);
});

test("killed while a checkpoint is written in the background, a run resumes from the one before, with the same bytes", async () => {
  const folder = path.join(scratch, "killed-while-writing");
  const stage = path.join(folder, "pretrain");
  const slow = path.join(scratch, "slow.tmp"); // a pipe that nobody reads holds the writing thread
  execFileSync("mkfifo", [slow]);
  const child = start(folder, 60, slow);
  const exit = exitOf(child);
  for (;;) {
    const names = fs.existsSync(stage) ? fs.readdirSync(stage) : [];
    // updates went on: losses.csv has rows after the update of the checkpoint that is being written
    if (names.includes("checkpoint-00000006.tmp") && lossRows(stage) >= 7) break;
    if (child.exitCode !== null) assert.fail((await exit).stderr);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  child.kill("SIGKILL");
  await exit;
  const names = fs.readdirSync(stage).filter((name) => name.startsWith("checkpoint"));
  assert.deepEqual(names.sort(), ["checkpoint-00000002", "checkpoint-00000004", "checkpoint-00000006.tmp"]);
  const last = await exitOf(start(folder, 0));
  assert.equal(last.code, 0, last.stderr);
  assertSameRun(folder);
});

const lossRows = (stage: string) => fs.readFileSync(path.join(stage, "losses.csv"), "utf8").split("\n").length - 2;

test("without free memory for a copy, training waits for each checkpoint, warns once, and gives the same bytes", async (t) => {
  const folder = path.join(scratch, "no-memory");
  const lines: string[] = [];
  const during: string[] = [];
  t.mock.method(process, "availableMemory", () => 1000);
  t.mock.method(process.stderr, "write", (line: string) => lines.push(line) > 0);
  const model = tinyModel();
  const onStep = () =>
    during.push(...fs.readdirSync(path.join(folder, "pretrain")).filter((name) => name.endsWith(".tmp")));
  await trainStage(model, TINY_DATA, TINY_SETTINGS, { runFolder: folder, checkpointEverySteps: 2, onStep });
  t.mock.restoreAll();
  model.dispose();
  assert.match(lines.join(""), /^warning: .*training waits while checkpoints are written, .* does not fit .*\n$/);
  assert.deepEqual(during, []);
  assertSameRun(folder);
});

test("SIGTERM saves and exits; a restart resumes and gives the same bytes; a second process is refused", async () => {
  const folder = path.join(scratch, "terminated");
  const child = start(folder, 300); // still running when the second process has started
  const exit = exitOf(child);
  await new Promise<void>((resolve) => {
    child.stdout!.on("data", (chunk) => {
      if (String(chunk).includes("step 3\n")) resolve();
    });
  });
  const second = await exitOf(start(folder, 0));
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`in use by process ${child.pid}`));
  child.kill("SIGTERM");
  const { code, stderr } = await exit;
  if (code !== 0) {
    assert.equal(code, 3, stderr);
    assert.match(stderr, /stopped by SIGTERM after update \d+ of \d+; the state is saved/);
  }
  const model = tinyModel();
  await trainStage(model, TINY_DATA, TINY_SETTINGS, { runFolder: folder });
  model.dispose();
  assertSameRun(folder);
});

test("an altered, cut or unreadable checkpoint is refused by name, and the one before it still serves", async () => {
  const folder = path.join(scratch, "damaged");
  const model = tinyModel();
  const stop = new Error("enough");
  const run = (onStep?: (row: { step: number }) => void) =>
    trainStage(model, TINY_DATA, TINY_SETTINGS, { runFolder: folder, checkpointEverySteps: 3, onStep });
  await assert.rejects(
    run(({ step }) => {
      if (step === 8) throw stop;
    }),
    stop,
  );
  const newest = path.join(folder, "pretrain", "checkpoint-00000006");
  for (const [file, damage, message] of [
    [
      "weights.safetensors",
      (b: Buffer) => Buffer.from(b.map((v, i) => (i === b.length - 5 ? v ^ 1 : v))),
      /SHA-256 differs/,
    ],
    ["optimizer.safetensors", (b: Buffer) => b.subarray(0, b.length - 100), /SHA-256 differs/],
    ["state.json", (b: Buffer) => Buffer.from(b.toString().replace('"step": 6', '"step": 7')), /has been altered/],
    ["state.json", () => Buffer.from("{"), /cannot be read/],
  ] as const) {
    const target = path.join(newest, file);
    const good = fs.readFileSync(target);
    fs.writeFileSync(target, damage(good));
    const fresh = tinyModel();
    await assert.rejects(trainStage(fresh, TINY_DATA, TINY_SETTINGS, { runFolder: folder }), (error: Error) => {
      assert.ok(error.message.includes(target), error.message);
      assert.match(error.message, message);
      return true;
    });
    fresh.dispose();
    fs.writeFileSync(target, good);
  }
  fs.rmSync(newest, { recursive: true });
  const fresh = tinyModel();
  await trainStage(fresh, TINY_DATA, TINY_SETTINGS, { runFolder: folder });
  fresh.dispose();
  model.dispose();
  assertSameRun(folder);
});

test("loss tables that lost or changed a row before the checkpoint are refused by name", async () => {
  const folder = path.join(scratch, "tables");
  const stop = new Error("enough");
  const run = async (until: number) => {
    const model = tinyModel();
    const onStep = ({ step }: { step: number }) => {
      if (step === until) throw stop;
    };
    const options = { runFolder: folder, checkpointEverySteps: 3, onStep };
    await trainStage(model, TINY_DATA, TINY_SETTINGS, options).finally(() => model.dispose());
  };
  await assert.rejects(run(8), stop);
  for (const name of ["losses.csv", "validation.csv"]) {
    const file = path.join(folder, "pretrain", name);
    const good = fs.readFileSync(file, "utf8");
    const lines = good.split("\n");
    for (const [damaged, says] of [
      [good.replace(/\d(?=,[0-9a-f]{12}\n)/, (digit) => String((Number(digit) + 1) % 10)), /:\d+: was altered/],
      [`${lines.slice(0, 2).join("\n")}\n`, /is not the table of the checkpoint at step 6: rows up to it are missing/],
      ["", /:1: want the header/],
    ] as const) {
      fs.writeFileSync(file, damaged);
      await assert.rejects(run(99), (error: Error) => {
        assert.ok(error.message.startsWith(file), error.message);
        assert.match(error.message, says);
        return true;
      });
    }
    fs.rmSync(file);
    await assert.rejects(run(99), new RegExp(`${name}: no such file`));
    fs.writeFileSync(file, good);
  }
  await run(99);
  assertSameRun(folder);
});

test("a finished stage whose weights, tables or result were changed is refused by name", async () => {
  const finish = async () => {
    const model = tinyModel();
    const options = { runFolder: straight };
    await trainStage(model, TINY_DATA, TINY_SETTINGS, options).finally(() => model.dispose());
  };
  await finish();
  for (const name of [
    "final/weights.safetensors",
    "best/weights.safetensors",
    "losses.csv",
    "validation.csv",
    "final/result.json",
  ]) {
    const file = path.join(straight, "pretrain", name);
    const good = fs.readFileSync(file);
    const damaged = Buffer.from(good);
    damaged[name.endsWith(".json") ? damaged.indexOf("1") : damaged.length - 6] ^= 1;
    fs.writeFileSync(file, damaged);
    await assert.rejects(finish(), (error: Error) => {
      assert.ok(error.message.startsWith(`${file}: was altered`), error.message);
      assert.match(error.message, /put the file back, or delete .* to train the stage again$/);
      return true;
    });
    fs.writeFileSync(file, good);
  }
  await finish();
});

test("a lock is released, refused while its owner runs, and taken over from a dead process", () => {
  const folder = path.join(scratch, "locks");
  const unlock = lockRunFolder(folder);
  assert.throws(() => lockRunFolder(folder), /in use by process/);
  unlock();
  lockRunFolder(folder)();
  fs.writeFileSync(
    path.join(folder, "run.lock"),
    JSON.stringify({ pid: 2 ** 22 + 1, host: os.hostname(), began: null }),
  );
  lockRunFolder(folder)();
  const reused = { pid: process.pid, host: os.hostname(), began: "1" }; // same id, another process
  fs.writeFileSync(path.join(folder, "run.lock"), JSON.stringify(reused));
  if (fs.existsSync("/proc/self/stat")) lockRunFolder(folder)();
});
