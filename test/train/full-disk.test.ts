/** @file A disk that fills up while training: a plain refusal, and everything kept before it still serves. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { before, type TestContext, test } from "node:test";
import { ScoreJournal } from "../../src/eval/score-journal";
import { initBackend } from "../../src/tensor";
import { trainStage } from "../../src/train/loop";
import { messageOf } from "../../src/util/check";
import { temporaryFolder } from "../support/temporary-folder";
import { TINY_DATA, TINY_SETTINGS, tinyModel } from "./support/tiny-stage";

before(async () => {
  process.env.CLASS_IT_QUIET = "1";
  await initBackend();
});

/** The run that had all the room it wanted. */
async function straight(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t);
  const model = tinyModel();
  await trainStage(model, TINY_DATA, TINY_SETTINGS, { runFolder: folder });
  model.dispose();
  return folder;
}

/** Train into `folder` with checkpoints of every second update. When `fill` is called, that of update 4 is complete. */
async function train(folder: string, fill?: () => void): Promise<void> {
  const model = tinyModel();
  const onStep = ({ step }: { step: number }) => {
    if (step === 7) fill?.(); // the checkpoint of update 6 waited for that of update 4
  };
  try {
    await trainStage(model, TINY_DATA, TINY_SETTINGS, { runFolder: folder, checkpointEverySteps: 2, onStep });
  } finally {
    model.dispose();
  }
}

function assertSameWeights(a: string, b: string): void {
  const [x, y] = [a, b].map((folder) => fs.readFileSync(path.join(folder, "pretrain", "final", "weights.safetensors")));
  assert.ok(x.equals(y), "the weights differ from those of the run that had room");
}

test("a full file system stops the training by name; with room again it ends with the same bytes", async (t) => {
  const disk = temporaryFolder(t);
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk], { stdio: "pipe" });
  } catch (error) {
    return t.skip(`a small file system cannot be mounted here: ${messageOf(error).split("\n")[0]}`);
  }
  try {
    const filler = path.join(disk, "filler");
    const fill = () => {
      const fd = fs.openSync(filler, "w");
      try {
        for (;;) fs.writeSync(fd, Buffer.alloc(4096));
      } catch {
        fs.closeSync(fd); // full
      }
    };
    await assert.rejects(train(disk, fill), /no space left on the disk while (writing|adding to) .*pretrain.*;/);
    const names = fs.readdirSync(path.join(disk, "pretrain"));
    assert.ok(names.includes("checkpoint-00000004"), names.join());
    assert.deepEqual(
      names.filter((name) => name.endsWith(".tmp")),
      [],
    );
    fs.rmSync(filler);
    await train(disk);
    assertSameWeights(disk, await straight(t));
  } finally {
    execFileSync("umount", [disk]);
  }
});

test("a write that fails for want of room leaves the last checkpoint, whichever write it is", async (t) => {
  const wanted = await straight(t);
  const real = createRequire(__filename)("node:fs") as typeof fs;
  for (const file of ["weights.safetensors", "optimizer.safetensors", "state.json", "losses.csv"]) {
    const folder = temporaryFolder(t);
    const files = new Map<number, string>();
    const open = real.openSync;
    const write = real.writeSync;
    const makeFolder = real.mkdirSync;
    const isCheckpointFile = file.endsWith(".safetensors"); // written in a thread, which no mock reaches
    if (isCheckpointFile && !fs.existsSync("/dev/full")) continue;
    const fill = () => {
      if (isCheckpointFile) {
        t.mock.method(real, "mkdirSync", (name: string, options: fs.MakeDirectoryOptions) => {
          const made = makeFolder(name, options);
          const target = path.join(name, file);
          if (/checkpoint-\d+\.tmp$/.test(name) && !fs.existsSync(target)) fs.symlinkSync("/dev/full", target);
          return made;
        });
        return;
      }
      t.mock.method(real, "openSync", (name: string, flags: string) => {
        const fd = open(name, flags);
        files.set(fd, name);
        return fd;
      });
      t.mock.method(real, "writeSync", (fd: number, ...rest: [Buffer, number, number]) => {
        if (!files.get(fd)?.includes(file)) return write(fd, ...rest);
        if (rest[2] > 1024) return write(fd, rest[0], rest[1], 1024); // a disk takes what it can before it refuses
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      });
    };
    await assert.rejects(train(folder, fill), (error: Error) => {
      assert.match(error.message, /^no space left on the disk while/);
      assert.ok(error.message.includes(file), error.message);
      return true;
    });
    t.mock.restoreAll();
    assert.ok(fs.existsSync(path.join(folder, "pretrain", "checkpoint-00000004", "state.json")), file);
    await train(folder);
    assertSameWeights(folder, wanted);
  }
});

test("scores are kept whole or not at all when the disk is full", (t) => {
  if (!fs.existsSync("/dev/full")) return t.skip("there is no /dev/full here");
  const folder = temporaryFolder(t);
  const file = path.join(folder, "item-scores.jsonl");
  const journal = ScoreJournal.open(file, "x");
  journal.add([[0, { logProbs: [-1, -2], tokens: [1, 1] }]]);
  const before = fs.readFileSync(file, "utf8");
  fs.renameSync(file, `${file}.kept`);
  fs.symlinkSync("/dev/full", file);
  assert.throws(
    () => journal.add([[1, { logProbs: [-3, -4], tokens: [1, 1] }]]),
    /no space left on the disk while adding to .*item-scores\.jsonl/,
  );
  assert.equal(fs.readFileSync(`${file}.kept`, "utf8"), before);
});
