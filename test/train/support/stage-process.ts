/** @file Run as a process by the resume tests: the tiny stage in the folder given, slowed down so that it can be killed. */

import { initBackend } from "../../../src/tensor";
import { TrainingStopped, trainStage } from "../../../src/train/loop";
import { TINY_DATA, TINY_SETTINGS, tinyModel } from "./tiny-stage";

const [runFolder, millisecondsPerStep] = process.argv.slice(2);

async function main(): Promise<void> {
  await initBackend();
  process.stdout.write("ready\n");
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

main().catch((error) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(error instanceof TrainingStopped ? 3 : 1);
});
