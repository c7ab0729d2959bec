/**
 * @file The special tokens and their ids.
 *
 * Ids 0, 1 and 3 are those of the published model's generation_config.json (bos 0, eos 1, pad 3); that 2 is the unknown
 * token is inferred. Byte-level BPE never produces `<unk>`; it exists because the configuration names it.
 */

/** In the order of their ids 0 to 3. */
export const SPECIAL_TOKENS = ["<s>", "</s>", "<unk>", "<pad>"] as const;

/** Ids of the tokens that have a role; null where a tokenizer has none. */
export interface SpecialTokens {
  bos: number | null;
  eos: number | null;
  unk: number | null;
  pad: number | null;
}

export const ROLES = ["bos", "eos", "unk", "pad"] as const;
export type Role = (typeof ROLES)[number];

/** Usual names of a role's token, used if the configuration files do not name it; the first one present is taken. */
export const USUAL_NAMES: Readonly<Record<Role, readonly string[]>> = {
  bos: ["<s>", "<|begin_of_text|>", "<|endoftext|>"],
  eos: ["</s>", "<|end_of_text|>", "<|endoftext|>"],
  unk: ["<unk>"],
  pad: ["<pad>"],
};
