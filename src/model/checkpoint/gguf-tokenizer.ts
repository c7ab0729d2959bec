/**
 * @file The tokenizer of a GGUF file, for llama.cpp: tokens, merges, special tokens around a text, and end tokens.
 *
 * Everything is queried from the loaded tokenizer, whichever post-processor or configuration defines it; config.json
 * only fills gaps. llama.cpp supports a few kinds of tokenizers and options; others are refused by name, because an
 * incomplete file would give other ids.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { CHAR_TO_BYTE } from "../../tokenizer/byte-alphabet";
import type { Json } from "../../tokenizer/json-part";
import { Tokenizer } from "../../tokenizer/tokenizer";
import { brief, messageOf } from "../../util/check";
import { readJson } from "../../util/jsonl";
import { readText } from "../../util/text-file";
import type { LlamaConfig } from "../llama-config";

/** A value of GGUF's header with its type. */
export type GgufValue =
  | { type: "u32"; value: number }
  | { type: "f32"; value: number }
  | { type: "bool"; value: boolean }
  | { type: "string"; value: string }
  | { type: "strings"; value: readonly string[] }
  | { type: "i32s"; value: readonly number[] };

/** llama.cpp's types of tokens. */
const NORMAL = 1;
const CONTROL = 3;
const USER_DEFINED = 4;
const UNUSED = 5;

/**
 * The header's entries for the tokenizer of `folder`.
 *
 * @throws Error naming the file and the option that llama.cpp does not support, and what to do
 */
export function ggufTokenizerKeys(folder: string, config: LlamaConfig): [string, GgufValue][] {
  const file = path.join(folder, "tokenizer.json");
  const tokenizer = Tokenizer.load(folder);
  try {
    const json = tokenizer.toJson();
    refuseOptions(json, tokenizer);
    return [
      ...vocabularyKeys(json, config),
      ...textKeys(tokenizer, config, endTokens(folder)),
      ...templateKeys(folder),
    ];
  } catch (error) {
    throw new Error(`${file}: ${messageOf(error)}`);
  }
}

/** llama.cpp splits and merges as GPT-2: refuse every option that changes this. */
function refuseOptions(json: Json, tokenizer: Tokenizer): void {
  const pre = json.pre_tokenizer as Json | null | undefined;
  const model = json.model as Json;
  const cannot = (option: string, value: unknown, holds: string): never => {
    throw new Error(
      `a GGUF file does not support ${option} ${brief(value)}: ${holds}; use the folder itself, or a tokenizer without it`,
    );
  };
  if (pre?.type === "Metaspace" || model.byte_fallback === true) {
    cannot(
      "the SentencePiece-like kind with",
      pre?.type ?? "byte_fallback",
      "llama.cpp merges every pair whose join is a token, tokenizer.json only the pairs it lists (train with kind byte-level)",
    );
  }
  if (json.normalizer) cannot("the normalizer", json.normalizer, "llama.cpp does not change byte-level text");
  if (pre?.type !== "ByteLevel" || pre.use_regex === false) {
    cannot("the pre_tokenizer", pre ?? null, "only GPT-2's words (ByteLevel with its own pattern) are written");
  }
  if (pre?.add_prefix_space === true)
    cannot("add_prefix_space", true, "llama.cpp adds no blank before byte-level text");
  if (model.ignore_merges === true) cannot("ignore_merges", true, "with GPT-2's words llama.cpp always merges");
  const decoder = json.decoder as Json | null | undefined;
  if (decoder?.type !== "ByteLevel") cannot("the decoder", decoder ?? null, "llama.cpp joins the bytes of its tokens");
  const vocab = model.vocab as Json;
  const missing = [...CHAR_TO_BYTE.keys()].find((char) => !Object.hasOwn(vocab, char));
  if (missing !== undefined) {
    cannot("a vocabulary without", missing, "llama.cpp drops bytes without a token, so all 256 are needed");
  }
  const overlap = overlappingTokens((json.added_tokens as Json[]).map(({ content }) => content as string));
  if (overlap !== null) {
    cannot(
      "the added tokens",
      overlap,
      "if the two overlap in a text, llama.cpp takes the longer one and tokenizer.json the first one (rename one of them)",
    );
  }
  for (const token of json.added_tokens as Json[]) {
    for (const flag of ["lstrip", "rstrip", "single_word"]) {
      if (token[flag] === true) cannot(`${flag} of the added token`, token.content, "llama.cpp matches tokens exactly");
    }
  }
  if (tokenizer.splitsSpecialTokens) cannot("split_special_tokens", true, "llama.cpp decides that per call");
}

/**
 * A pair of tokens in which the end of the first is the start of a second one that is not shorter; null if there is
 * none. Runs of blanks are not such a pair: wherever the first would match, the longer one also starts there.
 */
function overlappingTokens(tokens: readonly string[]): [string, string] | null {
  for (const first of tokens) {
    for (const longer of tokens) {
      if (longer.length < first.length) continue;
      for (let from = 1; from < first.length; from++) {
        const both = first.slice(0, from) + longer;
        if (both.startsWith(first) && !both.startsWith(longer)) return [first, longer];
      }
    }
  }
  return null;
}

function vocabularyKeys(json: Json, config: LlamaConfig): [string, GgufValue][] {
  const { vocab, merges } = json.model as { vocab: Record<string, number>; merges: (string | [string, string])[] };
  const tokens = new Array<string>(config.vocabSize);
  const types = new Array<number>(config.vocabSize).fill(UNUSED);
  const names = new Set([
    ...Object.keys(vocab),
    ...(json.added_tokens as { content: string }[]).map(({ content }) => content),
  ]);
  for (let id = 0; id < tokens.length; id++) {
    // fill gaps as llama.cpp's converter does; a repeated name would crash llama.cpp
    let name = `[PAD${id}]`;
    while (names.has(name)) name += "]";
    tokens[id] = name;
  }
  const set = (id: number, token: string, kind: number) => {
    if (!(id >= 0 && id < tokens.length)) {
      throw new Error(
        `token ${brief(token)} has id ${id}, and config.json gives the model ${tokens.length} rows (vocab_size); ` +
          `resize the model's embeddings, or remove the token`,
      );
    }
    tokens[id] = token;
    types[id] = kind;
  };
  for (const [token, id] of Object.entries(vocab)) set(id, token, NORMAL);
  for (const { id, content, special } of json.added_tokens as { id: number; content: string; special?: boolean }[]) {
    set(id, content, special === true ? CONTROL : USER_DEFINED);
  }
  return [
    ["tokenizer.ggml.model", { type: "string", value: "gpt2" }],
    ["tokenizer.ggml.pre", { type: "string", value: "gpt-2" }],
    ["tokenizer.ggml.tokens", { type: "strings", value: tokens }],
    ["tokenizer.ggml.token_type", { type: "i32s", value: types }],
    [
      "tokenizer.ggml.merges",
      { type: "strings", value: merges.map((pair) => (typeof pair === "string" ? pair : pair.join(" "))) },
    ],
  ];
}

/** The special tokens around a text, the tokens with a role, and the tokens that end a reply. */
function textKeys(tokenizer: Tokenizer, config: LlamaConfig, ends: readonly number[]): [string, GgufValue][] {
  const { before, after } = aroundTexts(tokenizer);
  const { specialTokens } = tokenizer;
  const bos = role("bos", before, specialTokens.bos, config.bosTokenId);
  const eos = role("eos", after, specialTokens.eos, config.eosTokenId);
  const u32 = (name: string, value: number | null): [string, GgufValue][] =>
    value === null ? [] : [[`tokenizer.ggml.${name}_token_id`, { type: "u32", value }]];
  if (eos === null) {
    throw new Error(
      "a GGUF file does not support a tokenizer without an end token: llama.cpp would end every reply at token 11; " +
        "name one in tokenizer_config.json (eos_token)",
    );
  }
  const others = ends.filter((id) => id !== eos);
  if (others.length > 2) {
    throw new Error(
      `a GGUF file does not support the end tokens ${brief(ends)} of eos_token_id: it has fields for three; shorten the list`,
    );
  }
  return [
    ["tokenizer.ggml.add_bos_token", { type: "bool", value: before.length > 0 }],
    ["tokenizer.ggml.add_eos_token", { type: "bool", value: after.length > 0 }],
    ["tokenizer.ggml.add_space_prefix", { type: "bool", value: false }],
    ...u32("bos", bos),
    ...u32("eos", eos),
    ...u32("eot", others[0] ?? null),
    ...u32("eom", others[1] ?? null),
    ...u32("unknown", specialTokens.unk),
    ...u32("padding", specialTokens.pad ?? config.padTokenId),
  ];
}

/** The ids before and after a text, found by encoding one. @throws Error if there is more than one on a side */
function aroundTexts(tokenizer: Tokenizer): { before: number[]; after: number[] } {
  const probe = "a";
  const plain = tokenizer.encodeIds(probe, { addSpecialTokens: false });
  const whole = tokenizer.encode(probe);
  const from = whole.specialTokensMask.indexOf(0);
  const [before, after] = [whole.ids.slice(0, from), whole.ids.slice(from + plain.length)];
  const isPlain = JSON.stringify([...before, ...plain, ...after]) === JSON.stringify(whole.ids);
  if (!isPlain || before.length > 1 || after.length > 1) {
    throw new Error(
      `a GGUF file does not support a post_processor that makes ${brief(whole.ids)} of ${brief(plain)}: ` +
        `llama.cpp adds at most one token before a text and one after it; use the folder itself`,
    );
  }
  return { before, after };
}

/** Id of a role: the token added beside a text, else the tokenizer's, else config.json's. */
function role(
  name: "bos" | "eos",
  around: readonly number[],
  own: number | null,
  configured: number | null,
): number | null {
  const [id = own ?? configured] = around;
  if (own !== null && id !== own) {
    throw new Error(
      `a GGUF file does not support a post_processor that adds token ${id} where llama.cpp adds the ${name} token, which is ` +
        `${own}; name the same token in tokenizer_config.json (${name}_token) and in the post_processor`,
    );
  }
  return id;
}

/** Ids that end a reply besides the tokenizer's end token, from the lists in the model's own files; may be empty. */
export function endTokens(folder: string): number[] {
  const ids = ["config.json", "generation_config.json"].flatMap((name) => {
    const file = path.join(folder, name);
    const value = fs.existsSync(file) ? readJson<Json>(file).eos_token_id : undefined;
    return Array.isArray(value) ? value : []; // a single id only fills a gap
  });
  return [...new Set(ids.filter((id): id is number => Number.isInteger(id)))];
}

/** The Jinja chat template, with which llama.cpp formats a prompt as in training. */
function templateKeys(folder: string): [string, GgufValue][] {
  const own = path.join(folder, "chat_template.jinja");
  const config = path.join(folder, "tokenizer_config.json");
  const named = fs.existsSync(config) ? readJson<Json>(config).chat_template : undefined;
  const template = fs.existsSync(own) ? readText(own) : named;
  if (template === undefined || template === null) return [];
  if (typeof template !== "string") {
    throw new Error(
      `a GGUF file does not support the chat_template ${brief(template)} of tokenizer_config.json: want one text; ` +
        `keep the template for llama.cpp`,
    );
  }
  return [["tokenizer.chat_template", { type: "string", value: template }]];
}
