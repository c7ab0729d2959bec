import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { askTeacher } from "../../../src/augmentation/ask-teacher";
import type { Article } from "../../../src/augmentation/teacher";
import { AnswerCache } from "../../../src/augmentation/teachers/answer-cache";
import { hasLlamaCpp, llamaCppTeacher } from "../../../src/augmentation/teachers/llama-cpp-teacher";
import { convertToGguf } from "../../../src/model/checkpoint/gguf";
import { saveHuggingFace } from "../../../src/model/checkpoint/hugging-face";
import { Llama } from "../../../src/model/llama";
import { llamaConfig } from "../../../src/model/llama-config";
import { initBackend } from "../../../src/tensor";
import { trainBpe } from "../../../src/tokenizer/bpe-train";
import { Rng } from "../../../src/util/rng";

const ARTICLES: Article[] = ["Owl", "Crane"].map((title, i) => ({
  id: `simple_wiki/${i}`,
  title,
  text: `The ${title.toLowerCase()} lives in old willows. It eats fish and frogs at night. Farmers like its song.`,
}));

/** A model with random weights, exported by us. It knows nothing, so only the grammar gives its answers their shape. */
async function tinyGguf(folder: string): Promise<string> {
  await initBackend("cpu");
  const tokenizer = trainBpe(["The owl lives in old willows.\n"], { vocabSize: 262 });
  const config = llamaConfig({
    vocabSize: tokenizer.vocabSize,
    hiddenSize: 32,
    intermediateSize: 64,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    maxPositionEmbeddings: 8192,
  });
  const llama = Llama.init(config, Rng.fromSeed("tiny"));
  await saveHuggingFace(folder, llama, tokenizer);
  llama.dispose();
  const file = path.join(folder, "tiny.gguf");
  convertToGguf(folder, file, "F32");
  return file;
}

test("A model exported by us runs as a teacher in llama.cpp; the second run needs no model", {
  timeout: 300_000,
}, async (t) => {
  if (!(await hasLlamaCpp())) {
    t.skip('NOT TESTED: node-llama-cpp is not installed; "npm i --no-save node-llama-cpp" adds it');
    return;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "llama-cpp-teacher-"));
  try {
    const gguf = await tinyGguf(folder);
    const run = async () => {
      const cache = AnswerCache.open(path.join(folder, "answers.jsonl"));
      const teacher = llamaCppTeacher({
        gguf,
        cache,
        contextSize: 4096,
        threads: 1,
        sampling: { temperature: 1, maxTokens: 400, seed: 1 },
      });
      const lessons = await askTeacher(teacher, ARTICLES, { concurrency: 2 });
      const use = teacher.use();
      await teacher.dispose();
      cache.close();
      return { lessons, use };
    };
    const first = await run();
    const lines = fs.readFileSync(path.join(folder, "answers.jsonl"), "utf8").trim().split("\n");
    for (const line of lines) {
      const { text, model, completionTokens } = JSON.parse(line);
      assert.match(text, /^\{\s*"pairs"\s*:\s*\[/, "the grammar holds");
      assert.match(model, /^tiny@[0-9a-f]{12}$/);
      assert.ok(completionTokens > 10);
    }
    assert.equal(first.use.asked, lines.length);
    // random words are rejected, and what was said is kept with the reason
    assert.ok(first.lessons.every(({ accepted, rejected }) => accepted.length === 0 && rejected.length > 0));
    const second = await run();
    assert.equal(second.use.asked, 0);
    assert.deepEqual(second.lessons, first.lessons);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test("A missing model file is reported immediately", () => {
  assert.throws(() => llamaCppTeacher({ gguf: "none.gguf", cache: null as never }), /none\.gguf: no such file/);
});
