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

/**
 * Train a shape's tokenizer, or return immediately if it was done before. @throws Error if the text gives too few
 * tokens
 */
export async function trainTokenizer(workspace: Workspace, model: ModelName): Promise<void> {
  const folder = tokenizerFolder(workspace, model);
  const { vocabSize } = MODELS[workspace.scale][model];
  const text = path.join(preparedFolder(workspace), "documents-train.jsonl");
  const files = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"];
  await once(path.join(folder, "done.json"), { vocabSize, text: sha256File(text) }, files, async () => {
    const tokenizer = trainBpe(lines(workspace), { vocabSize });
    if (tokenizer.vocabSize !== vocabSize) {
      throw new Error(
        `the text gives ${tokenizer.vocabSize} tokens, the ${model} model at scale ${workspace.scale} wants ${vocabSize}; ` +
          `give more text or choose a smaller scale`,
      );
    }
    tokenizer.save(folder);
  });
}

/** Load the tokenizer saved by `trainTokenizer`. */
export const loadTokenizer = (workspace: Workspace, model: ModelName): Tokenizer =>
  Tokenizer.load(tokenizerFolder(workspace, model));

function* lines(workspace: Workspace): Generator<string> {
  for (const { text } of readDocuments(workspace, "train")) {
    for (const line of text.split("\n")) yield `${line}\n`;
  }
}
