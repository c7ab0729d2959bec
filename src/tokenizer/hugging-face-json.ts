/**
 * @file The three files of a Hugging Face tokenizer: tokenizer.json, tokenizer_config.json and special_tokens_map.json.
 * Reads BPE models and refuses unsupported options by name.
 */

import * as path from "node:path";
import { brief } from "../util/check";
import { writeJson } from "../util/jsonl";
import type { AddedToken } from "./added-tokens";
import type { BpeOptions } from "./bpe";
import { addedTokensOf, type Json, malformed, notSupported } from "./json-part";
import { ROLES, type Role, type SpecialTokens, USUAL_NAMES } from "./special-tokens";

/** A validated tokenizer.json. */
export interface TokenizerJson {
  /** The JSON that `save` writes: as read, with the additions of its configuration. */
  raw: Json;
  vocab: ReadonlyMap<string, number>;
  merges: readonly (readonly [string, string])[];
  model: BpeOptions;
  addedTokens: readonly AddedToken[];
  normalizer: Json | null;
  preTokenizer: Json | null;
  postProcessor: Json | null;
  decoder: Json | null;
}

/** Validate the content of a tokenizer.json. @throws Error naming the part that is missing, wrong or not supported */
export function checkTokenizerJson(raw: Json): TokenizerJson {
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    malformed(`want the object of a tokenizer.json, got ${brief(raw)}`);
  }
  const model = raw.model as Json | undefined;
  if (typeof model !== "object" || model === null) malformed(`model: want an object, got ${brief(model)}`);
  // files of early versions have no type but merges
  if (model.type !== "BPE" && !(model.type === undefined && "merges" in model)) {
    notSupported(`the model "${String(model.type)}" is not supported; supported is BPE`);
  }
  for (const name of ["continuing_subword_prefix", "end_of_word_suffix"]) {
    if (model[name] != null && model[name] !== "")
      notSupported(`the model's ${name} ${brief(model[name])} is not supported`);
  }
  if (model.dropout != null && model.dropout !== 0)
    notSupported(`the model's dropout ${brief(model.dropout)} is not supported`);
  return {
    raw,
    vocab: readVocab(model.vocab),
    merges: readMerges(model.merges),
    model: {
      unkToken: (model.unk_token as string | null | undefined) ?? null,
      fuseUnk: model.fuse_unk === true,
      byteFallback: model.byte_fallback === true,
      ignoreMerges: model.ignore_merges === true,
    },
    addedTokens: readAddedTokens(raw),
    normalizer: (raw.normalizer as Json | undefined) ?? null,
    preTokenizer: (raw.pre_tokenizer as Json | undefined) ?? null,
    postProcessor: (raw.post_processor as Json | undefined) ?? null,
    decoder: (raw.decoder as Json | undefined) ?? null,
  };
}

function readVocab(vocab: unknown): Map<string, number> {
  if (typeof vocab !== "object" || vocab === null || Array.isArray(vocab)) {
    malformed(`model.vocab: want an object of token: id, got ${brief(vocab)}`);
  }
  const ids = new Map<string, number>();
  const tokenOf = new Map<number, string>();
  for (const [token, id] of Object.entries(vocab as Json)) {
    if (!Number.isInteger(id) || (id as number) < 0)
      malformed(`model.vocab: the id of ${brief(token)} is ${brief(id)}`);
    const other = tokenOf.get(id as number);
    if (other !== undefined) malformed(`model.vocab: ${brief(other)} and ${brief(token)} both have id ${id}`);
    ids.set(token, id as number);
    tokenOf.set(id as number, token);
  }
  return ids;
}

/** Pairs, written as `["a", "b"]` or, by older versions, as `"a b"`. */
function readMerges(merges: unknown): [string, string][] {
  if (!Array.isArray(merges)) return malformed(`model.merges: want an array, got ${brief(merges)}`);
  return merges.map((merge: unknown, rank) => {
    const parts = typeof merge === "string" ? merge.split(" ") : merge;
    if (!Array.isArray(parts) || parts.length !== 2 || !parts.every((p) => typeof p === "string")) {
      return malformed(`model.merges: entry ${rank} is ${brief(merge)}, want two tokens`);
    }
    return [parts[0], parts[1]];
  });
}

function readAddedTokens(json: Json): AddedToken[] {
  return addedTokensOf(json).map((token) => ({
    id: token.id as number,
    content: token.content as string,
    single_word: token.single_word === true,
    lstrip: token.lstrip === true,
    rstrip: token.rstrip === true,
    normalized: token.normalized === true,
    special: token.special === true,
  }));
}

/** Ids of the roles: as configured, otherwise by the usual names. @throws Error if a configured token does not exist */
export function resolveSpecialTokens(
  roles: Partial<Record<Role, string>>,
  idOf: (token: string) => number | undefined,
): SpecialTokens {
  const configured = Object.keys(roles).length > 0;
  const resolve = (role: Role): number | null => {
    const name = roles[role];
    if (name !== undefined) {
      const id = idOf(name);
      if (id === undefined) {
        throw new Error(
          `tokenizer_config.json calls ${brief(name)} the ${role} token, but tokenizer.json does not hold it; ` +
            `name one of its tokens, or null if there is none`,
        );
      }
      return id;
    }
    if (configured) return null;
    for (const usual of USUAL_NAMES[role]) {
      const id = idOf(usual);
      if (id !== undefined) return id;
    }
    return null;
  };
  return { bos: resolve("bos"), eos: resolve("eos"), unk: resolve("unk"), pad: resolve("pad") };
}

/** Write the three files, each atomically. */
export function writeTokenizerFiles(
  folder: string,
  json: Json,
  config: Json,
  roles: Readonly<Partial<Record<Role, string>>>,
): void {
  const named = Object.fromEntries(
    ROLES.flatMap((role) => (roles[role] === undefined ? [] : [[`${role}_token`, roles[role]]])),
  );
  writeJson(path.join(folder, "tokenizer.json"), json);
  const isOurs = config.tokenizer_class === undefined; // otherwise a setting that is absent means what its class says
  const preTokenizer = json.pre_tokenizer as Json | null | undefined;
  writeJson(path.join(folder, "tokenizer_config.json"), {
    ...named,
    ...((isOurs || "add_prefix_space" in config) && { add_prefix_space: preTokenizer?.add_prefix_space === true }),
    clean_up_tokenization_spaces: false,
    model_input_names: ["input_ids", "attention_mask"],
    padding_side: "right",
    tokenizer_class: "PreTrainedTokenizerFast",
    ...config,
  });
  writeJson(path.join(folder, "special_tokens_map.json"), named);
}
