/** @file Saves the model whose logits are golden; see make_logits.py. */

import { saveHuggingFace } from "../../../src/model/checkpoint/hugging-face";
import { initBackend } from "../../../src/tensor";
import { tinyModel } from "../../train/support/tiny-stage";

async function main(): Promise<void> {
  await initBackend();
  await saveHuggingFace(process.argv[2], tinyModel("golden"));
}

main();
