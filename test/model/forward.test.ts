import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { before, test } from "node:test";
import { loadHuggingFace } from "../../src/model/checkpoint/hugging-face";
import { SafetensorsFile } from "../../src/model/checkpoint/safetensors";
import type { Llama } from "../../src/model/llama";
import { LlamaLanguageModel } from "../../src/model/llama-language-model";
import { padRows } from "../../src/model/token-batch";
import { initBackend } from "../../src/tensor";
import { assertAllClose, isClose } from "../support/close";
import { golden, referencePath, skipWithout } from "../support/reference";
import { tinyModel } from "../train/support/tiny-stage";

/** Outputs of transformers 5.18 on PyTorch 2.13; tolerances as measured against float64 there. */
const skip = skipWithout("oracles/forward.json");
const oracle = () => SafetensorsFile.open(path.join(referencePath("oracles") ?? "", "forward.safetensors"));

interface BatchInfo {
  name: string;
  padding_side: "left" | "right";
  shape: [number, number];
  logit_positions: number[] | null;
}

let model: Llama;
const batches: BatchInfo[] = [];
before(async () => {
  if (skip !== false) return;
  await initBackend();
  model = loadHuggingFace(path.join(referencePath("oracles") ?? "", "model"));
  const info = JSON.parse(fs.readFileSync(referencePath("oracles/forward.json") ?? "", "utf8"));
  batches.push(...(info.batches as BatchInfo[]));
});

/** The real tokens of each row of a padded reference batch. */
function rowsOf(info: BatchInfo): { rows: number[][]; starts: number[] } {
  const ids = oracle().readIntegers(`${info.name}.input_ids`).values;
  const attended = oracle().readIntegers(`${info.name}.attention_mask`).values;
  const [B, S] = info.shape;
  const rows: number[][] = [];
  const starts: number[] = [];
  for (let b = 0; b < B; b++) {
    const positions = Array.from({ length: S }, (_, t) => b * S + t).filter((i) => attended[i] === 1);
    rows.push(positions.map((i) => ids[i]));
    starts.push(positions[0] - b * S);
  }
  return { rows, starts };
}

test("hidden states and logits agree with transformers, padded on either side", { skip }, async () => {
  for (const info of batches) {
    const [, S] = info.shape;
    const { rows, starts } = rowsOf(info);
    for (const side of ["right", "left"] as const) {
      if (side === "left" && S > 64) continue; // the long ones once
      const batch = padRows(rows, side);
      const hidden = model.hidden(batch);
      const got = await hidden.data();
      hidden.dispose();
      const C = model.config.hiddenSize;
      const want = oracle().read(`${info.name}.hidden`).values;
      rows.forEach((ids, b) => {
        const offset = side === "right" ? 0 : batch.T - ids.length;
        assertAllClose(
          got.subarray((b * batch.T + offset) * C, (b * batch.T + offset + ids.length) * C),
          want.subarray((b * S + starts[b]) * C, (b * S + starts[b] + ids.length) * C),
          { atol: 2e-4, rtol: 0 },
          `${info.name} row ${b} ${side}`,
        );
      });
    }
    if (info.logit_positions !== null) continue;
    const batch = padRows(rows);
    const logits = model.logits(batch);
    const got = await logits.data();
    logits.dispose();
    const V = model.config.vocabSize;
    const want = oracle().read(`${info.name}.logits`).values;
    rows.forEach((ids, b) => {
      assertAllClose(
        got.subarray(b * batch.T * V, (b * batch.T + ids.length) * V),
        want.subarray((b * S + starts[b]) * V, (b * S + starts[b] + ids.length) * V),
        { atol: 2e-4, rtol: 0 },
        `${info.name} logits of row ${b}`,
      );
    });
  }
});

test("log-probabilities agree with float64, scored alone, together, and with shared prefixes", { skip }, async () => {
  const lm = new LlamaLanguageModel(model, { name: "oracle", tokensPerBatch: 1024 });
  for (const info of batches) {
    const [, S] = info.shape;
    const { rows, starts } = rowsOf(info);
    const want = oracle().read(`${info.name}.target_logprob_f64`).values;
    const together = await lm.score(rows.map((ids) => ({ ids, from: 1 })));
    for (const [b, ids] of rows.entries()) {
      const expected = want.subarray(b * (S - 1) + starts[b], b * (S - 1) + starts[b] + ids.length - 1);
      assertAllClose(together[b], expected, { atol: 1e-4, rtol: 0 }, `${info.name} row ${b}`);
    }
    if (S > 64) continue;
    const ids = rows[0];
    const [alone] = await lm.score([{ ids, from: 1 }]);
    const forks = ids.map((_, t) => ({ ids: [...ids.slice(0, t + 1), 300 + t], from: t + 1 })); // one fork at each token
    const forked = await lm.score([...forks, { ids, from: 1 }]);
    assertAllClose(forked[ids.length], alone, { atol: 1e-5, rtol: 0 }, "beside its forks");
    for (const [t, fork] of forks.entries()) {
      const [single] = await lm.score([fork]);
      assert.ok(isClose(forked[t][0], single[0], { atol: 1e-5 }), `fork at token ${t}`);
    }
  }
});

/** logits.json was made by transformers; see make_logits.py there. */
test("a small model: padded on either side, scored alone, together and beside forks, as transformers computes", async () => {
  await initBackend();
  const small = tinyModel("golden");
  const { ids: rows, logits } = golden<{ ids: number[][]; logits: number[][] }>("model/logits.json");
  const V = small.config.vocabSize;
  for (const side of ["right", "left"] as const) {
    const batch = padRows(rows, side);
    const tensor = small.logits(batch);
    const got = await tensor.data();
    tensor.dispose();
    for (const [b, ids] of rows.entries()) {
      const start = b * batch.T + (side === "right" ? 0 : batch.T - ids.length);
      assertAllClose(got.subarray(start * V, (start + ids.length) * V), logits[b], { atol: 1e-5 }, `row ${b} ${side}`);
    }
  }
  // log softmax of transformers' scores, in float64
  const logProb = (row: readonly number[], t: number, next: number) => {
    const scores = row.slice((t - 1) * V, t * V);
    return scores[next] - Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0));
  };
  const lm = new LlamaLanguageModel(small, { name: "small", tokensPerBatch: 64 });
  const scored = rows.map((ids, b) => ({ ids, row: logits[b] })).filter(({ ids }) => ids.length > 1);
  for (const { ids, row } of scored) {
    const forks = ids.slice(1).map((_, t) => ({ ids: [...ids.slice(0, t + 1), (ids[t + 1] + 1) % V], from: t + 1 }));
    const results = await lm.score([...forks, { ids, from: 1 }]);
    const want = ids.slice(1).map((next, t) => logProb(row, t + 1, next));
    assertAllClose(results[forks.length], want, { atol: 2e-5, rtol: 0 }, "beside its forks");
    for (const [t, fork] of forks.entries()) {
      assert.ok(isClose(results[t][0], logProb(row, t + 1, fork.ids[t + 1]), { atol: 2e-5 }), `fork at token ${t + 1}`);
    }
    const [alone] = await lm.score([{ ids, from: 1 }]);
    assertAllClose(alone, want, { atol: 2e-5, rtol: 0 }, "alone");
  }
  small.dispose();
});
