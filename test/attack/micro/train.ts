/** @file A training stage as a process: `FOLDER pretrain | instruct`. Checkpoints every second update. */

import { initBackend } from "../../../src/tensor";
import { TrainingStopped, trainStage } from "../../../src/train/loop";
import { messageOf } from "../../../src/util/check";
import { TINY_DATA, TINY_SETTINGS, tinyModel } from "../../train/support/tiny-stage";

const [runFolder, kind] = process.argv.slice(2);

const SETTINGS = {
  pretrain: TINY_SETTINGS,
  instruct: { ...TINY_SETTINGS, name: "instruct-1", packing: "examples", finalWeights: "best", validateEverySteps: 3 },
} as const;

async function main(): Promise<void> {
  await initBackend();
  const settings = SETTINGS[kind as keyof typeof SETTINGS];
  await trainStage(tinyModel(), TINY_DATA, settings, {
    runFolder,
    checkpointEverySteps: 2,
    onStep: () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 15),
  });
}

main().catch((error) => {
  process.stderr.write(`error: ${messageOf(error)}\n`);
  process.exit(error instanceof TrainingStopped ? 3 : 1);
});
