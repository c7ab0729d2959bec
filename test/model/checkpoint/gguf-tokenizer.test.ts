import assert from "node:assert/strict";
import * as path from "node:path";
import { before, test } from "node:test";
import { convertToGguf } from "../../../src/model/checkpoint/gguf";
import { ggufTokenizerKeys } from "../../../src/model/checkpoint/gguf-tokenizer";
import { readLlamaConfig } from "../../../src/model/llama-config";
import { initBackend } from "../../../src/tensor";
import { Tokenizer } from "../../../src/tokenizer/tokenizer";
import { sha256 } from "../../../src/util/sha256";
import { assertInEnvironment } from "../../support/environment-table";
import { golden } from "../../support/reference";
import { temporaryFolder } from "../../support/temporary-folder";
import { HELD, type LlamaCppAnswer, REFUSED, saveConfiguration, TEXTS } from "./gguf-configurations";

before(async () => {
  await initBackend("cpu");
});

const { answers } = golden<{ answers: LlamaCppAnswer[] }>("model/gguf-tokens.json");

for (const configuration of HELD) {
  test(`llama.cpp encodes as the folder's tokenizer: ${configuration.name}`, async (t) => {
    const folder = temporaryFolder(t);
    await saveConfiguration(folder, configuration);
    const keys = ggufTokenizerKeys(folder, readLlamaConfig(folder));
    const answer = answers.find(({ name }) => name === configuration.name) as LlamaCppAnswer;
    assert.equal(
      sha256(JSON.stringify(keys)),
      answer.keys,
      "llama.cpp was asked about other entries: run test/golden/model/make_gguf_tokens.ts",
    );
    const tokenizer = Tokenizer.load(folder);
    TEXTS.forEach((text, i) => {
      const theirs = [
        ...(answer.prependsBos ? [answer.bos] : []),
        ...answer.ids[i],
        ...(answer.appendsEos ? [answer.eos] : []),
      ];
      assert.deepEqual(tokenizer.encodeIds(text), theirs, text);
    });
    const { bos, eos } = tokenizer.specialTokens;
    const fromConfig = configuration.name === "no roles but in config.json";
    assert.deepEqual([answer.bos, answer.eos], fromConfig ? [0, 1] : [bos, eos]);
    assert.deepEqual(answer.ends, configuration.name === "a list of end tokens" ? [1, 3] : [1]);
    assert.equal(answer.endOfTurn, configuration.name === "a list of end tokens" ? 3 : null);
  });
}

test("environment.md shows llama.cpp's ids and ends beside ours", async (t) => {
  const rows: string[][] = [];
  for (const configuration of HELD) {
    const answer = answers.find(({ name }) => name === configuration.name) as LlamaCppAnswer;
    const folder = temporaryFolder(t);
    await saveConfiguration(folder, configuration);
    const tokenizer = Tokenizer.load(folder);
    const around = [answer.prependsBos ? [answer.bos] : [], answer.appendsEos ? [answer.eos] : []];
    const theirs = [...around[0], ...answer.ids[0], ...around[1]].join(" ");
    const ours = tokenizer.encodeIds(TEXTS[0]).join(" ");
    rows.push([configuration.name, theirs, answer.ends.join(", "), ours]);
  }
  assertInEnvironment([["configuration", "llama.cpp", "ends a reply at", "ours"], ...rows]);
});

for (const configuration of REFUSED) {
  test(`what a GGUF file does not support is refused by name: ${configuration.name}`, async (t) => {
    const folder = temporaryFolder(t);
    await saveConfiguration(folder, configuration);
    const file = path.join(folder, "tokenizer.json");
    assert.throws(
      () => convertToGguf(folder, path.join(folder, "x.gguf"), "F32"),
      (error: Error) => error.message.startsWith(`${file}: `) && configuration.message.test(error.message),
    );
  });
}
