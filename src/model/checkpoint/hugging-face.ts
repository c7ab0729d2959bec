/**
 * @file Reads and writes model folders of transformers: `config.json`, `generation_config.json`, `model.safetensors`
 * (or shards with an index), tokenizer files, a model card.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import type { SpecialTokens } from "../../tokenizer/special-tokens";
import { writeFileAtomic } from "../../util/atomic-file";
import { brief, withRemedy } from "../../util/check";
import { jsonText, readJson, writeJson } from "../../util/jsonl";
import { checkFolder, dropManifest, MANIFEST, renewManifest } from "../../util/manifest";
import { sha256 } from "../../util/sha256";
import { parameterShapes } from "../count-parameters";
import { Llama } from "../llama";
import { type LlamaConfig, readLlamaConfig, toHuggingFace } from "../llama-config";
import { SafetensorsFile, writeSafetensors } from "./safetensors";

const WEIGHTS = "model.safetensors";
const INDEX = "model.safetensors.index.json";
const EMBEDDING = "model.embed_tokens.weight";
const OUTPUT = "lm_head.weight";
const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"];

/** What to do about an altered file. */
const CHANGED = `put the file back; if it was changed on purpose, delete ${MANIFEST} beside it`;

const ANEW = "fetch the model again, or save it again with save_pretrained";

/** Buffers that old LLaMA checkpoints store although the config determines them. */
const DERIVED = /(^|\.)rotary_emb\.inv_freq$/;

/**
 * Load a LLaMA from a folder; float16 and bfloat16 become float32. Weights in pickled `.bin` files are not read, since
 * unpickling can run code.
 *
 * @param note - receives a sentence if the folder is ambiguous; default: standard error
 * @throws Error naming the file, and every tensor that is missing, unexpected or of the wrong shape
 */
export function loadHuggingFace(folder: string, note: (sentence: string) => void = toStandardError): Llama {
  const { config, names, read } = openHuggingFace(folder, note);
  const values = new Map<string, Float32Array>();
  for (const name of names) values.set(name, read(name));
  return Llama.fromValues(config, values);
}

/** The config and the tensors of a folder, all checked; values are not read yet. @throws Error as `loadHuggingFace` */
export function openHuggingFace(
  folder: string,
  note: (sentence: string) => void = toStandardError,
): {
  config: LlamaConfig;
  names: string[];
  read: (name: string) => Float32Array;
} {
  checkFolder(folder, CHANGED);
  const config = readLlamaConfig(folder);
  const shapes = parameterShapes(config);
  const found = new Map<string, SafetensorsFile>();
  for (const file of weightFiles(folder)) {
    const tensors = SafetensorsFile.open(file);
    for (const name of tensors.names()) {
      if (found.has(name)) throw new Error(`${file}: ${name} is also in ${found.get(name)!.file}; ${ANEW}`);
      found.set(name, tensors);
    }
  }
  const unexpected = [...found.keys()].filter(
    (name) => !shapes.has(name) && !DERIVED.test(name) && !(config.tieWordEmbeddings && name === OUTPUT),
  );
  const missing = [...shapes.keys()].filter((name) => !found.has(name));
  if (missing.length > 0 || unexpected.length > 0) {
    throw new Error(
      `${folder}: the weights do not fit config.json; missing: ${missing.join(", ") || "none"}; ` +
        `unexpected: ${unexpected.join(", ") || "none"}; ${ANEW}`,
    );
  }
  for (const [name, shape] of shapes) {
    const tensors = found.get(name)!;
    const got = tensors.shape(name);
    if (got.length !== shape.length || got.some((n, i) => n !== shape[i])) {
      throw new Error(`${tensors.file}: ${name} is [${got}], config.json wants [${shape}]; ${ANEW}`);
    }
  }
  const read = (name: string) => finite(found.get(name)!, name);
  const stored = config.tieWordEmbeddings ? found.get(OUTPUT)?.read(OUTPUT).values : undefined;
  if (stored !== undefined && !isSame(stored, read(EMBEDDING))) {
    note(
      `${folder}: tie_word_embeddings is true in config.json, but ${OUTPUT} is stored and differs from ${EMBEDDING}. ` +
        `The embedding table is used for both, as transformers 4 does, which the official pipeline runs; ` +
        `transformers 5 would use ${OUTPUT}. To use it here, set tie_word_embeddings to false.`,
    );
  }
  return { config, names: [...shapes.keys()], read };
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

function toStandardError(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}

/** @throws Error naming file, tensor and position of a value that is not a finite number */
function finite(tensors: SafetensorsFile, name: string): Float32Array {
  const { values } = tensors.read(name);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    if ((bits[i] & 0x7f800000) !== 0x7f800000) continue; // an exponent of all ones is NaN or infinity
    throw new Error(
      `${tensors.file}: ${name} has ${values[i]} at place ${i}, want finite numbers; the file is damaged, or training diverged; ${ANEW}`,
    );
  }
  return values;
}

/**
 * Write a folder that transformers (4 and 5) loads. Each file is written atomically, `config.json` last; `SHA256SUMS` holds
 * their checksums, which are compared when the folder is read.
 *
 * @param tokenizer - saved along (`tokenizer.json` and its companions)
 * @param card - text of the model card, `README.md`
 */
export async function saveHuggingFace(
  folder: string,
  llama: Llama,
  tokenizer?: SavedTokenizer,
  card?: string,
): Promise<void> {
  const shapes = parameterShapes(llama.config);
  const values = await llama.values();
  dropManifest(folder);
  writeSafetensors(
    path.join(folder, WEIGHTS),
    [...values].map(([name, array]) => [name, { shape: shapes.get(name)!, values: array }]),
  );
  tokenizer?.save(folder);
  const config = withTokenIds(llama.config, tokenizer?.specialTokens);
  const { bosTokenId, eosTokenId, padTokenId } = config;
  writeJson(path.join(folder, "generation_config.json"), {
    ...(bosTokenId !== null && { bos_token_id: bosTokenId }),
    ...(eosTokenId !== null && { eos_token_id: eosTokenId }),
    ...(padTokenId !== null && { pad_token_id: padTokenId }),
  });
  if (card !== undefined) writeFileAtomic(path.join(folder, "README.md"), card);
  const listed = [WEIGHTS, "generation_config.json", ...(tokenizer === undefined ? [] : TOKENIZER_FILES)];
  const text = jsonText(toHuggingFace(config));
  renewManifest(
    folder,
    listed.filter((name) => fs.existsSync(path.join(folder, name))),
    { "config.json": sha256(text) },
  );
  writeFileAtomic(path.join(folder, "config.json"), text);
}

/** The part of a tokenizer that saving uses. */
interface SavedTokenizer {
  save(folder: string): void;
  specialTokens?: SpecialTokens;
}

/**
 * Fill in ids that the config leaves open from the tokenizer: without them, transformers and llama.cpp would not stop.
 */
function withTokenIds(config: LlamaConfig, tokens?: SpecialTokens): LlamaConfig {
  return {
    ...config,
    bosTokenId: config.bosTokenId ?? tokens?.bos ?? null,
    eosTokenId: config.eosTokenId ?? tokens?.eos ?? null,
    padTokenId: config.padTokenId ?? tokens?.pad ?? null,
  };
}

/** The safetensors files of a folder: one, or the shards that the index names. */
function weightFiles(folder: string): string[] {
  const single = path.join(folder, WEIGHTS);
  if (fs.existsSync(single)) return [single];
  const index = path.join(folder, INDEX);
  if (!fs.existsSync(index)) {
    const pickled = fs.existsSync(path.join(folder, "pytorch_model.bin"))
      ? ` There is a pytorch_model.bin, which is not read: save the model again with safe_serialization=True.`
      : "";
    throw new Error(
      `${folder}: there is no ${WEIGHTS} and no ${INDEX}.${pickled || " Give a folder that save_pretrained wrote."}`,
    );
  }
  const map = withRemedy(ANEW, () => readJson<{ weight_map?: Record<string, unknown> }>(index)).weight_map;
  if (typeof map !== "object" || map === null) throw new Error(`${index}: no weight_map; ${ANEW}`);
  const shards = [...new Set(Object.values(map))].sort();
  for (const shard of shards) {
    if (typeof shard !== "string" || path.basename(shard) !== shard || !shard.endsWith(".safetensors")) {
      throw new Error(`${index}: ${brief(shard)} is not the name of a safetensors file in this folder; ${ANEW}`);
    }
    if (!fs.existsSync(path.join(folder, shard))) {
      throw new Error(
        `${path.join(folder, shard)}: named by ${INDEX}, but absent; is the download complete? Fetch it again`,
      );
    }
  }
  return shards.map((shard) => path.join(folder, shard as string));
}
