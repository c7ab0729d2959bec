/** @file Small model folders whose tokenizers say in different ways what goes around a text, for GGUF and llama.cpp. */

import * as fs from "node:fs";
import * as path from "node:path";
import { saveHuggingFace } from "../../../src/model/checkpoint/hugging-face";
import { Llama } from "../../../src/model/llama";
import { llamaConfig } from "../../../src/model/llama-config";
import { trainBpe } from "../../../src/tokenizer/bpe-train";
import { Rng } from "../../../src/util/rng";

type Json = Record<string, unknown>;

export interface GgufConfiguration {
  name: string;
  /** Parts of tokenizer.json that are replaced. */
  tokenizer?: Json;
  /** Tokens of the vocabulary that get another name. */
  renamed?: Record<string, string>;
  /** Entries of tokenizer_config.json that are replaced; null: no such file. */
  settings?: Json | null;
  /** Entries of config.json that are replaced. */
  model?: Json;
}

/** What llama.cpp makes of one of them: test/golden/model/gguf-tokens.json. */
export interface LlamaCppAnswer {
  name: string;
  /** SHA-256 of the header's entries for the tokenizer that llama.cpp was given. */
  keys: string;
  bos: number | null;
  eos: number | null;
  endOfTurn: number | null;
  prependsBos: boolean;
  appendsEos: boolean;
  /** Every id at which llama.cpp ends a reply. */
  ends: number[];
  /** Ids of the texts, without what goes around them. */
  ids: number[][];
}

export const TEXTS = ["The boat sails.", " a  small island\n", "say <|user|> hi, it's 12 o'clock", "café\n\n 漢字 x"];
export const VOCAB = 300;

const special = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
const text = { Sequence: { id: "A", type_id: 0 } };
const template = (single: Json[]) => ({
  type: "TemplateProcessing",
  single,
  pair: [...single, { Sequence: { id: "B", type_id: 1 } }],
  special_tokens: Object.fromEntries(["<s>", "</s>", "<unk>"].map((id, i) => [id, { id, ids: [i], tokens: [id] }])),
});
const token = (id: number, content: string, changes: Json = {}) => ({
  id,
  content,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...changes,
});
const SPECIAL = ["<s>", "</s>", "<unk>", "<pad>"].map((content, id) => token(id, content));
const BOS = { post_processor: template([special("<s>"), text]) };
const BYTE_LEVEL = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };

/** A tokenizer in which nothing says which token ends a text. */
const WITHOUT_ROLES: Omit<GgufConfiguration, "name"> = {
  tokenizer: { added_tokens: [token(0, "<begin>"), token(1, "<end>")] },
  renamed: { "<s>": "<begin>", "</s>": "<end>" },
  settings: null,
};

export const HELD: GgufConfiguration[] = [
  { name: "as trained" },
  { name: "begin token by a template", tokenizer: BOS },
  {
    name: "begin token by a template in a sequence",
    tokenizer: {
      post_processor: { type: "Sequence", processors: [{ ...BYTE_LEVEL, trim_offsets: false }, BOS.post_processor] },
    },
  },
  { name: "both ends by a template", tokenizer: { post_processor: template([special("<s>"), text, special("</s>")]) } },
  { name: "end token by a template", tokenizer: { post_processor: template([text, special("</s>")]) } },
  {
    name: "both ends by RoBERTa's class",
    tokenizer: {
      post_processor: {
        type: "RobertaProcessing",
        cls: ["<s>", 0],
        sep: ["</s>", 1],
        trim_offsets: true,
        add_prefix_space: false,
      },
    },
  },
  { name: "other ids in config.json", tokenizer: BOS, model: { bos_token_id: 1, eos_token_id: 2 } },
  {
    name: "no ids in config.json",
    tokenizer: BOS,
    model: { bos_token_id: null, eos_token_id: null, pad_token_id: null },
  },
  { name: "a list of end tokens", model: { eos_token_id: [3, 1] } },
  { name: "no configuration of the tokenizer", settings: null },
  {
    name: "further tokens",
    tokenizer: { added_tokens: [...SPECIAL, token(VOCAB, "<|user|>"), token(VOCAB + 1, "oclock", { special: false })] },
  },
  { name: "a further token in the configuration", settings: { additional_special_tokens: ["<|user|>"] } },
  {
    name: "a token called as a gap is filled",
    tokenizer: { added_tokens: [...SPECIAL, token(VOCAB + 1, `[PAD${VOCAB}]`, { special: false })] },
  },
  {
    name: "tokens of blanks",
    tokenizer: { added_tokens: [...SPECIAL, ...["  ", "    ", "   "].map((run, i) => token(VOCAB + i, run))] },
  },
  {
    name: "no roles but in config.json",
    ...WITHOUT_ROLES,
  },
];

const metaspace = { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true };
/** What a GGUF file does not support, each with the words of the refusal. */
export const REFUSED: (GgufConfiguration & { message: RegExp })[] = [
  {
    name: "Metaspace",
    tokenizer: { pre_tokenizer: metaspace },
    message: /SentencePiece-like kind.*"Metaspace".*kind byte-level/,
  },
  {
    name: "a normalizer",
    tokenizer: { normalizer: { type: "NFC" } },
    message: /does not support the normalizer .*NFC/,
  },
  {
    name: "another word pattern",
    tokenizer: { pre_tokenizer: { ...BYTE_LEVEL, use_regex: false } },
    message: /does not support the pre_tokenizer .*only GPT-2's words/,
  },
  {
    name: "a blank in front",
    tokenizer: { pre_tokenizer: { ...BYTE_LEVEL, add_prefix_space: true } },
    settings: { add_prefix_space: true },
    message: /does not support add_prefix_space true/,
  },
  {
    name: "GPT-2's class with a blank",
    settings: { tokenizer_class: "GPT2TokenizerFast", add_prefix_space: true },
    message: /add_prefix_space true/,
  },
  {
    name: "a token that takes in blanks",
    tokenizer: { added_tokens: [...SPECIAL, token(VOCAB, "<|user|>", { lstrip: true })] },
    message: /does not support lstrip of the added token "<\|user\|>"/,
  },
  {
    name: "split_special_tokens",
    settings: { split_special_tokens: true },
    message: /does not support split_special_tokens true/,
  },
  {
    name: "two tokens in front",
    tokenizer: { post_processor: template([special("<s>"), special("<unk>"), text]) },
    message: /post_processor that makes \[0,2,\d+\] of \[\d+\]: llama\.cpp adds at most one token/,
  },
  {
    name: "another token than the begin token in front",
    tokenizer: { post_processor: template([special("<unk>"), text]) },
    message: /adds token 2 where llama\.cpp adds the bos token, which is 0; name the same token/,
  },
  {
    name: "no end token",
    ...WITHOUT_ROLES,
    model: { eos_token_id: null },
    message: /does not support a tokenizer without an end token.*eos_token/,
  },
  { name: "another decoder", tokenizer: { decoder: null }, message: /does not support the decoder null/ },
  {
    name: "a byte without a token",
    renamed: { Ã: "no byte" },
    message: /does not support a vocabulary without "Ã".*all 256/,
  },
  {
    name: "added tokens that overlap",
    tokenizer: { added_tokens: [...SPECIAL, token(VOCAB, "abc"), token(VOCAB + 1, "bcde")] },
    message: /does not support the added tokens \["abc","bcde"\].*rename one/,
  },
  {
    name: "many end tokens",
    model: { eos_token_id: [1, 5, 6, 7] },
    message: /does not support the end tokens \[1,5,6,7\].*shorten the list/,
  },
  {
    name: "a token beyond the model",
    tokenizer: { added_tokens: [...SPECIAL, token(400, "<|user|>")] },
    message: /"<\|user\|>" has id 400, and config\.json gives the model 304 rows/,
  },
  {
    name: "several chat templates",
    settings: { chat_template: [{ name: "default", template: "x" }] },
    message: /does not support the chat_template .*keep the template/,
  },
];

/** Write the model's folder. */
export async function saveConfiguration(
  folder: string,
  { tokenizer: parts = {}, renamed = {}, settings = {}, model = {} }: GgufConfiguration,
): Promise<void> {
  const story = "The boat sails to a small island. It's a small boat, and the sails are small. Say hi to the island.\n";
  const tokenizer = trainBpe([story, story], { vocabSize: VOCAB, minFrequency: 1 });
  const config = llamaConfig({
    vocabSize: VOCAB + 4,
    hiddenSize: 32,
    intermediateSize: 32,
    numHiddenLayers: 1,
    numAttentionHeads: 2,
    numKeyValueHeads: 2,
    bosTokenId: 0,
    eosTokenId: 1,
    padTokenId: 3,
  });
  await saveHuggingFace(folder, Llama.init(config, Rng.fromSeed("gguf tokens")), tokenizer);
  fs.rmSync(path.join(folder, "SHA256SUMS")); // these folders are as another program would have written them
  change(path.join(folder, "tokenizer.json"), {
    ...parts,
    ...vocabularyWith(renamed, path.join(folder, "tokenizer.json")),
  });
  change(path.join(folder, "config.json"), model);
  if (settings !== null) change(path.join(folder, "tokenizer_config.json"), settings);
  else for (const name of ["tokenizer_config.json", "special_tokens_map.json"]) fs.rmSync(path.join(folder, name));
}

function vocabularyWith(renamed: Record<string, string>, file: string): Json {
  const { model } = JSON.parse(fs.readFileSync(file, "utf8")) as { model: { vocab: Record<string, number> } };
  const vocab = Object.fromEntries(Object.entries(model.vocab).map(([name, id]) => [renamed[name] ?? name, id]));
  return { model: { ...model, vocab } };
}

function change(file: string, entries: Json): void {
  const value = { ...JSON.parse(fs.readFileSync(file, "utf8")), ...entries };
  fs.writeFileSync(file, JSON.stringify(value));
}
