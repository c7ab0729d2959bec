/**
 * @file Writes GGUF (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), the format of llama.cpp: one file with
 * the model's shape, the tokenizer and the weights as F32, F16 or Q8_0.
 *
 * llama.cpp's rotary positions rotate neighbouring channels, Hugging Face's rotate halves, so the rows of the query and
 * key matrices are reordered.
 */

import * as path from "node:path";
import { writeAll, writeAtomically } from "../../util/atomic-file";
import type { LlamaConfig } from "../llama-config";
import { readLlamaConfig } from "../llama-config";
import { type GgufValue, ggufTokenizerKeys } from "./gguf-tokenizer";
import { openHuggingFace } from "./hugging-face";
import { toFloat16 } from "./safetensors";

export type GgufType = "F32" | "F16" | "Q8_0";

export const GGUF_TYPES: readonly GgufType[] = ["F32", "F16", "Q8_0"];

/** ggml's numbers for tensor types and file types. */
const TENSOR_TYPE: Record<GgufType, number> = { F32: 0, F16: 1, Q8_0: 8 };
const FILE_TYPE: Record<GgufType, number> = { F32: 0, F16: 1, Q8_0: 7 };
const ALIGNMENT = 32; // bytes
const BLOCK = 32; //     values that share a scale in Q8_0

/**
 * Convert a Hugging Face folder (weights, `config.json`, `tokenizer.json`) to one GGUF file.
 *
 * Norms stay F32; a matrix whose rows are not a multiple of 32 values is F16 in a Q8_0 file, as in llama.cpp.
 *
 * @throws Error naming the file and the option that GGUF does not support, such as a tokenizer other than plain
 *   byte-level BPE with GPT-2's words
 */
export function convertToGguf(folder: string, file: string, type: GgufType): void {
  const config = readLlamaConfig(folder);
  const name = path.basename(path.resolve(folder));
  const keys = [...modelKeys(config, name, type), ...ggufTokenizerKeys(folder, config)];
  const weights = openHuggingFace(folder);
  const tensors = ggufTensors(config, type);
  const head = header(keys, tensors);
  writeAtomically(file, (fd) => {
    writeAll(fd, head);
    for (const tensor of tensors) {
      const values = weights.read(tensor.source);
      const bytes = encode(
        tensor.heads === null ? values : interleave(values, tensor.heads, tensor.shape),
        tensor.type,
      );
      writeAll(fd, bytes);
      writeAll(fd, new Uint8Array(padding(bytes.length)));
    }
  });
}

interface GgufTensor {
  name: string;
  /** Hugging Face's tensor name. */
  source: string;
  /** `[rows, columns]` or `[columns]`. */
  shape: number[];
  type: GgufType;
  /** Number of heads whose rows are interleaved; null for other tensors. */
  heads: number | null;
}

function ggufTensors(config: LlamaConfig, type: GgufType): GgufTensor[] {
  const { vocabSize: V, hiddenSize: C, intermediateSize: F, headDim: D, numAttentionHeads: H } = config;
  const K = config.numKeyValueHeads;
  const matrix = (name: string, source: string, shape: number[], heads: number | null = null): GgufTensor => {
    const fits = type !== "Q8_0" || shape[1] % BLOCK === 0;
    return { name: `${name}.weight`, source: `${source}.weight`, shape, type: fits ? type : "F16", heads };
  };
  const norm = (name: string, source: string): GgufTensor => ({ ...matrix(name, source, [C]), type: "F32" });
  const tensors = [matrix("token_embd", "model.embed_tokens", [V, C])];
  for (let l = 0; l < config.numHiddenLayers; l++) {
    const [to, from] = [`blk.${l}`, `model.layers.${l}`];
    tensors.push(
      norm(`${to}.attn_norm`, `${from}.input_layernorm`),
      matrix(`${to}.attn_q`, `${from}.self_attn.q_proj`, [H * D, C], H),
      matrix(`${to}.attn_k`, `${from}.self_attn.k_proj`, [K * D, C], K),
      matrix(`${to}.attn_v`, `${from}.self_attn.v_proj`, [K * D, C]),
      matrix(`${to}.attn_output`, `${from}.self_attn.o_proj`, [C, H * D]),
      norm(`${to}.ffn_norm`, `${from}.post_attention_layernorm`),
      matrix(`${to}.ffn_gate`, `${from}.mlp.gate_proj`, [F, C]),
      matrix(`${to}.ffn_up`, `${from}.mlp.up_proj`, [F, C]),
      matrix(`${to}.ffn_down`, `${from}.mlp.down_proj`, [C, F]),
    );
  }
  tensors.push(norm("output_norm", "model.norm"));
  if (!config.tieWordEmbeddings) tensors.push(matrix("output", "lm_head", [V, C]));
  return tensors;
}

function modelKeys(config: LlamaConfig, name: string, type: GgufType): [string, GgufValue][] {
  const u32 = (value: number): GgufValue => ({ type: "u32", value });
  return [
    ["general.architecture", { type: "string", value: "llama" }],
    ["general.name", { type: "string", value: name }],
    ["general.file_type", u32(FILE_TYPE[type])],
    ["llama.block_count", u32(config.numHiddenLayers)],
    ["llama.context_length", u32(config.maxPositionEmbeddings)],
    ["llama.embedding_length", u32(config.hiddenSize)],
    ["llama.feed_forward_length", u32(config.intermediateSize)],
    ["llama.attention.head_count", u32(config.numAttentionHeads)],
    ["llama.attention.head_count_kv", u32(config.numKeyValueHeads)],
    ["llama.attention.key_length", u32(config.headDim)],
    ["llama.attention.value_length", u32(config.headDim)],
    ["llama.attention.layer_norm_rms_epsilon", { type: "f32", value: config.rmsNormEps }],
    ["llama.rope.freq_base", { type: "f32", value: config.ropeTheta }],
    ["llama.rope.dimension_count", u32(config.headDim)],
    ["llama.vocab_size", u32(config.vocabSize)],
  ];
}

/** All bytes before the first tensor's values. */
function header(keys: readonly [string, GgufValue][], tensors: readonly GgufTensor[]): Uint8Array {
  const out = new Bytes();
  out.raw(Buffer.from("GGUF"));
  out.u32(3); // version
  out.u64(tensors.length);
  out.u64(keys.length);
  for (const [key, value] of keys) {
    out.string(key);
    out.value(value);
  }
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    out.string(name);
    out.u32(shape.length);
    for (const size of [...shape].reverse()) out.u64(size); // ggml counts the fastest axis first
    out.u32(TENSOR_TYPE[type]);
    out.u64(offset);
    const size = byteLength(shape, type);
    offset += size + padding(size);
  }
  out.raw(new Uint8Array(padding(out.length)));
  return out.all();
}

function byteLength(shape: readonly number[], type: GgufType): number {
  const size = shape.reduce((product, n) => product * n, 1);
  return type === "F32" ? 4 * size : type === "F16" ? 2 * size : (size / BLOCK) * (2 + BLOCK);
}

function padding(length: number): number {
  return (ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT;
}

function encode(values: Float32Array, type: GgufType): Uint8Array {
  if (type === "Q8_0") return quantizeQ8(values);
  const array = type === "F32" ? values : toFloat16(values);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/**
 * Q8_0: of each 32 values a float16 scale `max|x| / 127` and the 32 nearest multiples of it, as signed bytes. Computed in
 * float32 with halves rounded away from zero, as ggml's reference does.
 */
export function quantizeQ8(values: Float32Array): Uint8Array {
  const out = Buffer.alloc(byteLength([values.length], "Q8_0"));
  const { fround, abs, sign, floor } = Math;
  for (let block = 0; block * BLOCK < values.length; block++) {
    const x = values.subarray(block * BLOCK, (block + 1) * BLOCK);
    let most = 0;
    for (const value of x) most = Math.max(most, abs(value));
    const scale = fround(most / 127);
    const inverse = scale === 0 ? 0 : fround(1 / scale);
    const at = block * (2 + BLOCK);
    out.writeUInt16LE(toFloat16(Float32Array.of(scale))[0], at);
    for (let i = 0; i < BLOCK; i++) {
      const q = fround(x[i] * inverse);
      out.writeInt8(sign(q) * floor(abs(q) + 0.5), at + 2 + i);
    }
  }
  return out;
}

/** Rows of each head from (first halves, second halves) to pairs: row `2i + s` of a head was row `s·D/2 + i`. */
export function interleave(values: Float32Array, heads: number, [rows, columns]: number[]): Float32Array {
  const out = new Float32Array(values.length);
  const D = rows / heads;
  for (let h = 0; h < heads; h++) {
    for (let i = 0; i < D / 2; i++) {
      for (let s = 0; s < 2; s++) {
        const from = h * D + (s * D) / 2 + i;
        out.set(values.subarray(from * columns, (from + 1) * columns), (h * D + 2 * i + s) * columns);
      }
    }
  }
  return out;
}

/** Little-endian bytes in pieces. */
class Bytes {
  length = 0;
  private readonly pieces: Uint8Array[] = [];

  raw(piece: Uint8Array): void {
    this.pieces.push(piece);
    this.length += piece.length;
  }

  u32(value: number): void {
    const piece = Buffer.alloc(4);
    piece.writeUInt32LE(value);
    this.raw(piece);
  }

  u64(value: number): void {
    const piece = Buffer.alloc(8);
    piece.writeBigUInt64LE(BigInt(value));
    this.raw(piece);
  }

  string(text: string): void {
    const piece = Buffer.from(text, "utf8");
    this.u64(piece.length);
    this.raw(piece);
  }

  /** Type number, then the value. */
  value({ type, value }: GgufValue): void {
    if (type === "u32") {
      this.u32(4);
      this.u32(value);
    } else if (type === "f32") {
      this.u32(6);
      this.raw(new Uint8Array(Float32Array.of(value).buffer));
    } else if (type === "bool") {
      this.u32(7);
      this.raw(Uint8Array.of(value ? 1 : 0));
    } else if (type === "string") {
      this.u32(8);
      this.string(value);
    } else {
      this.u32(9);
      this.u32(type === "strings" ? 8 : 5);
      this.u64(value.length);
      if (type === "strings") for (const text of value) this.string(text);
      else this.raw(new Uint8Array(Int32Array.from(value).buffer));
    }
  }

  all(): Uint8Array {
    return Buffer.concat(this.pieces);
  }
}
