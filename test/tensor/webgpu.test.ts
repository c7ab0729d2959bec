/** The backend `webgpu` on a software adapter: every operation, and PyTorch's numbers. */

import { after, test } from "node:test";
import { startWebgpu, webgpuDevice } from "../../src/tensor/webgpu/register";
import type { WebgpuDevice } from "../../src/tensor/webgpu/webgpu-device";
import { testOperations } from "./support/operations-suite";
import { softwareAdapterMissing } from "./support/software-adapter";
import { checkTrainingRun, testAgainstTorch } from "./support/torch-suite";

const absent = softwareAdapterMissing();
if (absent !== false) test("the backend webgpu on a software adapter", { skip: absent }, () => {});
else {
  after(() => webgpuDevice()?.destroy());
  testOperations("webgpu", async () => {
    await startWebgpu();
    (webgpuDevice() as WebgpuDevice).chunkLogits = 2 ** 14; // several parts also of small losses
  });
  testAgainstTorch();
  test("a small training run gives PyTorch's losses", checkTrainingRun);
}
