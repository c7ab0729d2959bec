/**
 * @file What llama.cpp makes of our GGUF files: its ids, what it puts around a text, and where it ends a reply.
 *
 *     npm i --no-save node-llama-cpp@3.22.1
 *     node --import tsx test/golden/model/make_gguf_tokens.ts
 *
 * Writes gguf-tokens.json beside itself. A path to node-llama-cpp may be given where it is installed elsewhere.
 */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { convertToGguf } from "../../../src/model/checkpoint/gguf";
import { ggufTokenizerKeys } from "../../../src/model/checkpoint/gguf-tokenizer";
import { readLlamaConfig } from "../../../src/model/llama-config";
import { initBackend } from "../../../src/tensor";
import { projectRoot } from "../../../src/util/project-root";
import { sha256 } from "../../../src/util/sha256";
import { HELD, type LlamaCppAnswer, saveConfiguration, TEXTS, VOCAB } from "../../model/checkpoint/gguf-configurations";

async function main(): Promise<void> {
  const { getLlama, LlamaLogLevel } = await import(process.argv[2] ?? "node-llama-cpp");
  await initBackend("cpu");
  const backend = await getLlama({ build: "never", skipDownload: true, gpu: false, logLevel: LlamaLogLevel.error });
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "gguf-tokens-"));
  const answers: LlamaCppAnswer[] = [];
  for (const [i, configuration] of HELD.entries()) {
    const folder = path.join(scratch, String(i));
    await saveConfiguration(folder, configuration);
    convertToGguf(folder, `${folder}.gguf`, "F32");
    const model = await backend.loadModel({ modelPath: `${folder}.gguf` });
    const { bos, eos, eot, shouldPrependBosToken, shouldAppendEosToken } = model.tokens;
    answers.push({
      name: configuration.name,
      keys: sha256(JSON.stringify(ggufTokenizerKeys(folder, readLlamaConfig(folder)))),
      bos,
      eos,
      endOfTurn: eot,
      prependsBos: shouldPrependBosToken,
      appendsEos: shouldAppendEosToken,
      ends: Array.from({ length: VOCAB + 4 }, (_, id) => id).filter((id) => model.isEogToken(id)),
      ids: TEXTS.map((text) => [...model.tokenize(text, true)]),
    });
    await model.dispose();
  }
  await backend.dispose();
  fs.rmSync(scratch, { recursive: true });
  const file = path.join(projectRoot(), "test", "golden", "model", "gguf-tokens.json");
  const lines = answers.map((answer) => JSON.stringify(answer));
  fs.writeFileSync(file, `{"nodeLlamaCpp":"3.22.1","answers":[\n${lines.join(",\n")}\n]}\n`);
}

void main();
