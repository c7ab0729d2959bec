/** @file Saves the model that protocol 2026 is compared on; see make_protocol_2026.py. */

import { saveHuggingFace } from "../../../src/model/checkpoint/hugging-face";
import { initBackend } from "../../../src/tensor";
import { protocolModel } from "../../eval/protocol-model";

async function main(): Promise<void> {
  await initBackend();
  const { model, tokenizer } = protocolModel();
  await saveHuggingFace(process.argv[2], model, tokenizer);
}

main();
