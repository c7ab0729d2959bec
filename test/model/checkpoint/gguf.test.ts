import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { convertToGguf, GGUF_TYPES, interleave, quantizeQ8 } from "../../../src/model/checkpoint/gguf";
import { saveHuggingFace } from "../../../src/model/checkpoint/hugging-face";
import { fromFloat16 } from "../../../src/model/checkpoint/safetensors";
import { Llama } from "../../../src/model/llama";
import { llamaConfig } from "../../../src/model/llama-config";
import { initBackend } from "../../../src/tensor";
import { trainBpe } from "../../../src/tokenizer/bpe-train";
import { jinjaChatTemplate } from "../../../src/tokenizer/chat-template";
import { Rng } from "../../../src/util/rng";

// llama.cpp itself (node-llama-cpp 3.22.1) was run by hand on the 2.1M-parameter reference model: its tokenizer gives the
// reference's ids, and F32 and F16 files the reference's 24 greedy tokens for 10 of 10 prompts; Q8_0 for 8, leaving the
// reference where its two best tokens are within 0.01.

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-gguf-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

let model: Llama;
let filled = 0;
before(async () => {
  await initBackend();
  const tokenizer = trainBpe(["the cat sat on the mat. the cat sat."], { vocabSize: 270 });
  filled = tokenizer.vocabSize;
  const config = llamaConfig({
    vocabSize: 272, // more rows than the tokenizer fills
    hiddenSize: 32,
    intermediateSize: 48, // no multiple of 32, so the down projection cannot be Q8_0
    numHiddenLayers: 1,
    numAttentionHeads: 4,
    numKeyValueHeads: 2,
    bosTokenId: 0,
    eosTokenId: 1,
    padTokenId: 3,
  });
  model = Llama.init(config, Rng.fromSeed("gguf"));
  await saveHuggingFace(path.join(scratch, "toy"), model, tokenizer);
});

/** A reader written from the format's description, for the tests only. */
function readGguf(file: string) {
  const bytes = fs.readFileSync(file);
  let at = 0;
  const pass = (size: number) => {
    const from = at;
    at += size;
    return from;
  };
  const u32 = () => bytes.readUInt32LE(pass(4));
  const u64 = () => Number(bytes.readBigUInt64LE(pass(8)));
  const text = () => {
    const length = u64();
    const from = pass(length);
    return bytes.toString("utf8", from, from + length);
  };
  const value = (type: number): unknown => {
    if (type === 4) return u32();
    if (type === 5) return bytes.readInt32LE(pass(4));
    if (type === 6) return bytes.readFloatLE(pass(4));
    if (type === 7) return bytes[pass(1)] === 1;
    if (type === 8) return text();
    assert.equal(type, 9);
    const element = u32();
    return Array.from({ length: u64() }, () => value(element));
  };
  assert.equal(bytes.toString("latin1", 0, 4), "GGUF");
  at = 4;
  assert.equal(u32(), 3);
  const tensorCount = u64();
  const keys = new Map<string, unknown>();
  for (let left = u64(); left > 0; left--) {
    const key = text();
    keys.set(key, value(u32()));
  }
  const infos = Array.from({ length: tensorCount }, () => {
    const name = text();
    const shape = Array.from({ length: u32() }, u64).reverse();
    return { name, shape, type: u32(), offset: u64() };
  });
  const start = 32 * Math.ceil(at / 32);
  const tensors = new Map(
    infos.map((t) => {
      assert.equal(t.offset % 32, 0);
      return [t.name, { ...t, bytes: new Uint8Array(bytes.subarray(start + t.offset)).slice() }];
    }),
  );
  return { keys, tensors, size: bytes.length };
}

test("a file holds the shape, the tokenizer and the weights, in each precision", async () => {
  const weights = await model.values();
  for (const type of GGUF_TYPES) {
    const file = path.join(scratch, `toy-${type}.gguf`);
    convertToGguf(path.join(scratch, "toy"), file, type);
    const { keys, tensors } = readGguf(file);
    assert.equal(keys.get("general.architecture"), "llama");
    assert.equal(keys.get("llama.attention.head_count_kv"), 2);
    assert.equal(keys.get("llama.rope.dimension_count"), 8);
    assert.equal(keys.get("tokenizer.ggml.add_bos_token"), false);
    assert.equal(keys.get("tokenizer.chat_template"), jinjaChatTemplate());
    const tokens = keys.get("tokenizer.ggml.tokens") as string[];
    const types = keys.get("tokenizer.ggml.token_type") as number[];
    assert.deepEqual([tokens.length, ...tokens.slice(0, 4)], [272, "<s>", "</s>", "<unk>", "<pad>"]);
    assert.deepEqual([types[0], types[3], types[4]], [3, 3, 1]);
    assert.equal(types.filter((t) => t === 5).length, 272 - filled, "the rows without a token are marked unused");
    assert.equal(tensors.size, 3 + 9);
    const number = { F32: 0, F16: 1, Q8_0: 8 }[type];
    assert.equal(tensors.get("token_embd.weight")?.type, number);
    assert.equal(tensors.get("blk.0.attn_norm.weight")?.type, 0, "norms stay F32");
    assert.equal(tensors.get("blk.0.ffn_down.weight")?.type, type === "Q8_0" ? 1 : number);
    const want = weights.get("lm_head.weight")!;
    const { bytes, shape } = tensors.get("output.weight")!;
    assert.deepEqual(shape, [272, 32]);
    let got: Float32Array;
    if (type === "F32") got = new Float32Array(bytes.buffer, 0, want.length);
    else if (type === "F16") got = fromFloat16(new Uint16Array(bytes.buffer, 0, want.length));
    else {
      got = new Float32Array(want.length);
      for (let i = 0; i < want.length; i++) {
        const block = 34 * Math.floor(i / 32);
        const scale = fromFloat16(Uint16Array.of(bytes[block] | (bytes[block + 1] << 8)))[0];
        got[i] = scale * ((bytes[block + 2 + (i % 32)] << 24) >> 24);
      }
    }
    const tolerance = { F32: 0, F16: 0.1 * 2 ** -11, Q8_0: (0.1 / 127) * 0.51 }[type];
    for (let i = 0; i < want.length; i++) assert.ok(Math.abs(got[i] - want[i]) <= tolerance, `${type} ${i}`);
  }
});

test("interleaved rows turned in pairs give the dot products of rows turned in halves", () => {
  const D = 4;
  const q = Float32Array.of(1, 2, 3, 4);
  const k = Float32Array.of(-1, 0.5, 2, 1);
  const angle = (position: number, i: number) => position / 100 ** i;
  const turn = (x: Float32Array, position: number, pair: (i: number) => [number, number]) => {
    const out = Float32Array.from(x);
    for (let i = 0; i < D / 2; i++) {
      const [a, b] = pair(i);
      const [c, s] = [Math.cos(angle(position, i)), Math.sin(angle(position, i))];
      out[a] = x[a] * c - x[b] * s;
      out[b] = x[b] * c + x[a] * s;
    }
    return out;
  };
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i], 0);
  const halves = (i: number): [number, number] => [i, i + D / 2];
  const pairs = (i: number): [number, number] => [2 * i, 2 * i + 1];
  const want = dot(turn(q, 5, halves), turn(k, 2, halves));
  const got = dot(turn(interleave(q, 1, [D, 1]), 5, pairs), turn(interleave(k, 1, [D, 1]), 2, pairs));
  assert.ok(Math.abs(got - want) < 1e-5);
  const two = Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13); // two heads of four rows, one column
  assert.deepEqual([...interleave(two, 2, [8, 1])], [0, 2, 1, 3, 10, 12, 11, 13]);
});

test("Q8_0 by hand: scale is the largest over 127, values are rounded half away from zero", () => {
  const values = new Float32Array(32);
  values.set([127, -63.5, 0.5, -0.5, 0.49, 1]);
  const bytes = quantizeQ8(values);
  assert.equal(bytes.length, 34);
  assert.deepEqual([bytes[0], bytes[1]], [0x00, 0x3c]); // float16 of 1
  assert.deepEqual([...new Int8Array(bytes.buffer, bytes.byteOffset + 2, 6)], [127, -64, 1, -1, 0, 1]);
  assert.ok(
    quantizeQ8(new Float32Array(32)).every((b) => b === 0),
    "zeros have the scale 0",
  );
});

test("no file is written if GGUF does not support the tokenizer", () => {
  const folder = path.join(scratch, "toy");
  const file = path.join(folder, "tokenizer.json");
  const good = fs.readFileSync(file, "utf8");
  fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(good), normalizer: { type: "NFKC" } }));
  assert.throws(() => convertToGguf(folder, path.join(scratch, "x.gguf"), "F32"), /does not support the normalizer/);
  fs.writeFileSync(file, good);
  assert.equal(fs.existsSync(path.join(scratch, "x.gguf")), false);
});
