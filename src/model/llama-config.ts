/**
 * @file The shape of a LLaMA: Hugging Face's `LlamaConfig` in camelCase, read from and written to its `config.json`.
 *
 * Supported is the plain decoder of Touvron et al. 2023 (https://arxiv.org/abs/2302.13971) with grouped-query heads and
 * tied embeddings as options. Unsupported options that would change the numbers (biases, scaled rotary positions,
 * another activation) are refused, never ignored. Dropout matters only in training, so it is refused only there
 * (`requireNoDropout`).
 */

import * as path from "node:path";
import { brief, withRemedy } from "../util/check";
import { readJson } from "../util/jsonl";

export interface LlamaConfig {
  /** V */
  vocabSize: number;
  /** C, channels */
  hiddenSize: number;
  /** F, width of the feed-forward layer */
  intermediateSize: number;
  /** L */
  numHiddenLayers: number;
  /** H, query heads */
  numAttentionHeads: number;
  /** K, key and value heads; H is a multiple of it */
  numKeyValueHeads: number;
  /** D, even */
  headDim: number;
  /** Context length in tokens. Rotary positions have no limit, so a longer text can still be scored. */
  maxPositionEmbeddings: number;
  rmsNormEps: number;
  /** Base of the rotary frequencies. */
  ropeTheta: number;
  /** True: the embedding table is also the output matrix. */
  tieWordEmbeddings: boolean;
  /** Standard deviation of initial weights. */
  initializerRange: number;
  bosTokenId: number | null;
  eosTokenId: number | null;
  padTokenId: number | null;
  /** Attention dropout in training, if above 0; training such a model is not implemented. */
  attentionDropout?: number;
}

/** Fields with a default value. The five sizes have none and must be given. */
const DEFAULTS = {
  maxPositionEmbeddings: 2048, // [transformers LlamaConfig]
  rmsNormEps: 1e-6, //            [transformers LlamaConfig]
  ropeTheta: 10_000, //           [transformers LlamaConfig]
  tieWordEmbeddings: false, //    [transformers LlamaConfig]
  initializerRange: 0.02, //      [transformers LlamaConfig]
  bosTokenId: null,
  eosTokenId: null,
  padTokenId: null,
};

type Sizes = Pick<
  LlamaConfig,
  "vocabSize" | "hiddenSize" | "intermediateSize" | "numHiddenLayers" | "numAttentionHeads"
>;

/**
 * A complete, checked config from its sizes and the values that differ from the defaults. Key/value heads default to
 * the query heads, `headDim` to `hiddenSize / numAttentionHeads`.
 */
export function llamaConfig(given: Sizes & Partial<LlamaConfig>): LlamaConfig {
  const config: LlamaConfig = {
    ...DEFAULTS,
    numKeyValueHeads: given.numAttentionHeads,
    headDim: given.hiddenSize / given.numAttentionHeads,
    ...given,
  };
  checkConfig(config, "llamaConfig");
  return config;
}

/** Ten times the deepest known models: a damaged number must not create a huge list of tensors. */
const MOST_LAYERS = 2_000;

/** @throws Error `where: field is ..., want ...` for the first invalid field */
export function checkConfig(config: LlamaConfig, where: string): void {
  const sizes = [
    "vocabSize",
    "hiddenSize",
    "intermediateSize",
    "numHiddenLayers",
    "numAttentionHeads",
    "numKeyValueHeads",
    "headDim",
    "maxPositionEmbeddings",
  ] as const;
  for (const name of sizes) {
    const value = config[name];
    if (!Number.isSafeInteger(value) || value < 1 || value >= 2 ** 31) {
      throw new Error(`${where}: ${name} is ${value}, want a positive integer`);
    }
  }
  if (config.numHiddenLayers > MOST_LAYERS) {
    throw new Error(`${where}: numHiddenLayers is ${config.numHiddenLayers}, want at most ${MOST_LAYERS}`);
  }
  if (config.numAttentionHeads % config.numKeyValueHeads !== 0) {
    throw new Error(
      `${where}: ${config.numAttentionHeads} query heads cannot share ${config.numKeyValueHeads} key/value heads evenly`,
    );
  }
  if (config.headDim % 2 !== 0) {
    throw new Error(`${where}: headDim is ${config.headDim}, want an even number (rotary positions rotate pairs)`);
  }
  for (const name of ["rmsNormEps", "ropeTheta"] as const) {
    if (!(config[name] > 0 && Number.isFinite(config[name]))) {
      throw new Error(`${where}: ${name} is ${config[name]}, want a positive number`);
    }
  }
  const { attentionDropout = 0 } = config;
  if (!(attentionDropout >= 0 && attentionDropout < 1)) {
    throw new Error(`${where}: attentionDropout is ${attentionDropout}, want at least 0 and below 1`);
  }
  if (!(config.initializerRange >= 0)) {
    throw new Error(`${where}: initializerRange is ${config.initializerRange}, want at least 0`);
  }
  for (const name of ["bosTokenId", "eosTokenId", "padTokenId"] as const) {
    const id = config[name];
    if (id !== null && !(Number.isInteger(id) && id >= 0 && id < config.vocabSize)) {
      throw new Error(`${where}: ${name} is ${id}, want null or an id below the vocabulary size ${config.vocabSize}`);
    }
  }
}

/** @throws Error if training would need dropout in the attention, which is not implemented */
export function requireNoDropout(config: LlamaConfig, where: string): void {
  if (config.attentionDropout === undefined) return;
  throw new Error(
    `${where}: the model's attention_dropout is ${config.attentionDropout}, and dropout in the attention is not ` +
      `implemented in training. Set attention_dropout to 0 in its config.json to train without.`,
  );
}

/** Read a folder's `config.json`. @throws Error naming the file and the field */
export function readLlamaConfig(folder: string): LlamaConfig {
  const file = path.join(folder, "config.json");
  const remedy = "use a plain LLaMA with the config.json of transformers";
  return withRemedy(remedy, () => fromHuggingFace(readJson(file), file));
}

/**
 * From the fields of Hugging Face's `config.json`, as transformers 4 (`rope_theta`) or 5 (`rope_parameters`) writes it.
 *
 * @param where - the file, for errors
 * @throws Error if the model is not a plain LLaMA
 */
export function fromHuggingFace(json: unknown, where = "config.json"): LlamaConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new Error(`${where}: want an object of fields`);
  }
  const raw = json as Record<string, unknown>;
  if (raw.model_type !== "llama") {
    throw new Error(`${where}: model_type is ${brief(raw.model_type)}, only "llama" can be loaded`);
  }
  const number = (key: string, fallback?: number): number => {
    const value = raw[key] ?? fallback;
    if (typeof value !== "number") throw new Error(`${where}: ${key} is ${brief(raw[key])}, want a number`);
    return value;
  };
  refuse(raw, where, "hidden_act", "silu", "swish"); // two names of one function
  refuse(raw, where, "attention_bias", false);
  refuse(raw, where, "mlp_bias", false);
  refuse(raw, where, "partial_rotary_factor", 1);
  const attentionDropout = number("attention_dropout", 0);
  const config: LlamaConfig = {
    vocabSize: number("vocab_size"),
    hiddenSize: number("hidden_size"),
    intermediateSize: number("intermediate_size"),
    numHiddenLayers: number("num_hidden_layers"),
    numAttentionHeads: number("num_attention_heads"),
    numKeyValueHeads: number("num_key_value_heads", number("num_attention_heads")),
    headDim: number("head_dim", number("hidden_size") / number("num_attention_heads")),
    maxPositionEmbeddings: number("max_position_embeddings", DEFAULTS.maxPositionEmbeddings),
    rmsNormEps: number("rms_norm_eps", DEFAULTS.rmsNormEps),
    ropeTheta: ropeThetaOf(raw, where),
    tieWordEmbeddings: raw.tie_word_embeddings === true,
    initializerRange: number("initializer_range", DEFAULTS.initializerRange),
    bosTokenId: tokenId(raw, where, "bos_token_id"),
    eosTokenId: tokenId(raw, where, "eos_token_id"),
    padTokenId: tokenId(raw, where, "pad_token_id"),
    ...(attentionDropout !== 0 && { attentionDropout }),
  };
  checkConfig(config, where);
  return config;
}

/** The fields of `config.json`, in the form that both transformers 4 and 5 read. */
export function toHuggingFace(config: LlamaConfig): Record<string, unknown> {
  return {
    architectures: ["LlamaForCausalLM"],
    attention_bias: false,
    attention_dropout: config.attentionDropout ?? 0,
    bos_token_id: config.bosTokenId,
    dtype: "float32",
    eos_token_id: config.eosTokenId,
    head_dim: config.headDim,
    hidden_act: "silu",
    hidden_size: config.hiddenSize,
    initializer_range: config.initializerRange,
    intermediate_size: config.intermediateSize,
    max_position_embeddings: config.maxPositionEmbeddings,
    mlp_bias: false,
    model_type: "llama",
    num_attention_heads: config.numAttentionHeads,
    num_hidden_layers: config.numHiddenLayers,
    num_key_value_heads: config.numKeyValueHeads,
    pad_token_id: config.padTokenId,
    pretraining_tp: 1,
    rms_norm_eps: config.rmsNormEps,
    rope_parameters: { rope_theta: config.ropeTheta, rope_type: "default" },
    rope_scaling: null,
    rope_theta: config.ropeTheta,
    tie_word_embeddings: config.tieWordEmbeddings,
    torch_dtype: "float32",
    use_cache: true,
    vocab_size: config.vocabSize,
  };
}

/** Refuse a field that is present with a value that is not implemented. */
function refuse(raw: Record<string, unknown>, where: string, key: string, ...implemented: unknown[]): void {
  const value = raw[key];
  if (value !== undefined && value !== null && !implemented.includes(value)) {
    const list = implemented.map((one) => JSON.stringify(one)).join(" and ");
    throw new Error(`${where}: ${key} is ${brief(value)}; only ${list} is implemented`);
  }
}

/** @throws Error if the rotary positions are scaled, or the two places disagree */
function ropeThetaOf(raw: Record<string, unknown>, where: string): number {
  for (const key of ["rope_scaling", "rope_parameters"]) {
    const rope = raw[key] as Record<string, unknown> | null | undefined;
    if (rope === undefined || rope === null) continue;
    const kind = rope.rope_type ?? rope.type ?? "default";
    if (!isPlainRope(kind, rope)) {
      throw new Error(
        `${where}: ${key} asks for ${brief(kind)} rotary positions with factor ${brief(rope.factor ?? null)}, which are ` +
          `not implemented; only "default", and scaling without effect, is`,
      );
    }
    refuse(rope, `${where}: ${key}`, "partial_rotary_factor", 1);
  }
  const nested = (raw.rope_parameters as Record<string, unknown> | null | undefined)?.rope_theta;
  const flat = raw.rope_theta;
  if (typeof nested === "number" && typeof flat === "number" && nested !== flat) {
    throw new Error(`${where}: rope_theta is ${flat}, rope_parameters.rope_theta is ${nested}; which one is right?`);
  }
  const theta = nested ?? flat ?? DEFAULTS.ropeTheta;
  if (typeof theta !== "number") throw new Error(`${where}: rope_theta is ${brief(theta)}, want a number`);
  return theta;
}

/**
 * Whether scaling of this kind has no effect. [transformers 4.57 and 5.18] with factor 1, "linear", "llama3" and "yarn"
 * give the plain angles (llama3 up to rounding), but yarn may also scale the attention; "dynamic" affects texts beyond
 * the context length, whatever its factor. test/golden/model/rope-scaling.json has the numbers.
 */
function isPlainRope(kind: unknown, rope: Record<string, unknown>): boolean {
  if (kind === "default") return true;
  if (rope.factor !== 1) return false;
  return kind === "linear" || kind === "llama3" || (kind === "yarn" && (rope.attention_factor ?? 1) === 1);
}

/** An id or null. Newer configs may list several end tokens; the first one is the model's own. */
function tokenId(raw: Record<string, unknown>, where: string, key: string): number | null {
  const value = Array.isArray(raw[key]) ? (raw[key] as unknown[])[0] : raw[key];
  if (value === undefined || value === null) return null;
  if (typeof value !== "number") throw new Error(`${where}: ${key} is ${brief(value)}, want a number`);
  return value === -1 ? null : value; // transformers 4 wrote -1 for "none" in old LLaMA checkpoints
}
