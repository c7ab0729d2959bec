import { test } from "node:test";
import { initBackend } from "../../src/tensor/index";
import { messageOf } from "../../src/util/check";
import { checkTrainingRun } from "./support/torch-suite";

test("a small training run on WebGPU gives PyTorch's losses", async (t) => {
  try {
    t.diagnostic((await initBackend("webgpu")).reason);
  } catch (error) {
    t.skip(messageOf(error)); // reported, because nothing else tests this backend
    return;
  }
  await checkTrainingRun();
});
