/** @file Each shape's own tokenizer, trained on the training side of the corpus before pre-training [paper §4]. */

import * as path from "node:path";
import { MODELS } from "../experiments/models";
import type { ModelName } from "../results/schema";
import { trainBpe } from "../tokenizer/bpe-train";
import { Tokenizer } from "../tokenizer/tokenizer";
import { sha256File } from "../util/sha256";
import { once } from "./once";
import { readDocuments } from "./prepare";
import { preparedFolder, tokenizerFolder, type Workspace } from "./workspace";

export async function trainTokenizer(w: Workspace, model: ModelName): Promise<void> {
  const folder = tokenizerFolder(w, model);
  const { vocabSize } = MODELS[w.scale][model];
  const text = path.join(preparedFolder(w), "documents-train.jsonl");
  const files = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"];
  await once(path.join(folder, "done.json"), { vocabSize, text: sha256File(text) }, files, async () => {
    const tokenizer = trainBpe(lines(w), { vocabSize });
    if (tokenizer.vocabSize !== vocabSize) {
      throw new Error(
        `the text gives ${tokenizer.vocabSize} tokens, the ${model} model at scale ${w.scale} wants ${vocabSize}; ` +
          `give more text or choose a smaller scale`,
      );
    }
    tokenizer.save(folder);
  });
}

export const loadTokenizer = (w: Workspace, model: ModelName): Tokenizer => Tokenizer.load(tokenizerFolder(w, model));

function* lines(w: Workspace): Generator<string> {
  for (const { text } of readDocuments(w, "train")) {
    for (const line of text.split("\n")) yield `${line}\n`;
  }
}
