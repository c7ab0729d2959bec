/** @file Run as a process by the resume tests: the tiny stage in the folder given, slowed down so that it can be killed. */

import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { initBackend } from "../../../src/tensor";
import { TrainingStopped, trainStage } from "../../../src/train/loop";
import { TINY_DATA, TINY_SETTINGS, tinyModel } from "./tiny-stage";

const [runFolder, millisecondsPerStep, slowFile] = process.argv.slice(2);

async function main(): Promise<void> {
  await initBackend();
  process.stdout.write("ready\n");
  if (slowFile !== "") holdWriter();
  await trainStage(tinyModel(), TINY_DATA, TINY_SETTINGS, {
    runFolder,
    checkpointEverySteps: 2,
    onStep: (row) => {
      process.stdout.write(`step ${row.step}\n`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(millisecondsPerStep));
    },
  });
  process.stdout.write("finished\n");
}

/** Make the weights of the checkpoint after update 6 a pipe, which holds the thread that writes them. */
function holdWriter(): void {
  const real = createRequire(__filename)("node:fs") as typeof fs;
  const makeFolder = real.mkdirSync;
  real.mkdirSync = ((name: string, options: fs.MakeDirectoryOptions) => {
    const made = makeFolder(name, options);
    const target = path.join(name, "weights.safetensors");
    if (/checkpoint-00000006\.tmp$/.test(name) && !fs.existsSync(target)) fs.symlinkSync(slowFile, target);
    return made;
  }) as typeof fs.mkdirSync;
}

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(error instanceof TrainingStopped ? 3 : 1);
});
