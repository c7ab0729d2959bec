/** @file The tokenizer.json of a tokenizer trained here, byte-level or SentencePiece-like. */

import type { Json } from "./json-part";
import { METASPACE } from "./sentence-piece";

/** Token strings with ids 0, 1, ..., their merges in order, and the special tokens, which have the first ids. */
export interface TrainedBpe {
  tokens: readonly string[];
  merges: readonly (readonly [string, string])[];
  specialTokens: readonly string[];
}

/** The tokenizer.json of byte-level BPE without prefix space that adds nothing around a text. */
export function byteLevelJson(trained: TrainedBpe): Json {
  const byteLevel = (trimOffsets: boolean, addPrefixSpace: boolean) => ({
    type: "ByteLevel",
    add_prefix_space: addPrefixSpace,
    trim_offsets: trimOffsets,
    use_regex: true,
  });
  return bpeJson(trained, {
    pre_tokenizer: byteLevel(true, false),
    post_processor: byteLevel(false, true),
    decoder: byteLevel(true, true),
    hasByteTokens: false,
  });
}

/** The tokenizer.json of SentencePiece-like BPE (`sentence-piece.ts`). If `<s>` is a special token, every text begins with it. */
export function sentencePieceJson(trained: TrainedBpe): Json {
  const bos = trained.specialTokens.indexOf("<s>");
  const special = (typeId: number) => ({ SpecialToken: { id: "<s>", type_id: typeId } });
  const sequence = (id: string, typeId: number) => ({ Sequence: { id, type_id: typeId } });
  return bpeJson(trained, {
    pre_tokenizer: { type: "Metaspace", replacement: METASPACE, prepend_scheme: "always", split: true },
    post_processor:
      bos < 0
        ? null
        : {
            type: "TemplateProcessing",
            single: [special(0), sequence("A", 0)],
            pair: [special(0), sequence("A", 0), special(1), sequence("B", 1)],
            special_tokens: { "<s>": { id: "<s>", ids: [bos], tokens: ["<s>"] } },
          },
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: METASPACE }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
        { type: "Strip", content: " ", start: 1, stop: 0 },
      ],
    },
    hasByteTokens: true,
  });
}

/** The parts of a tokenizer.json in which kinds of BPE differ. */
interface BpeParts {
  pre_tokenizer: Json;
  post_processor: Json | null;
  decoder: Json;
  /** Whether a character without a token is spelt in byte tokens (`byte_fallback`), as LLaMA 2 does. */
  hasByteTokens: boolean;
}

/** The tokenizer.json of a trained BPE model without a normalizer. */
function bpeJson({ tokens, merges, specialTokens }: TrainedBpe, { hasByteTokens, ...parts }: BpeParts): Json {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    ...parts,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: specialTokens.includes("<unk>") ? "<unk>" : null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: hasByteTokens,
      byte_fallback: hasByteTokens,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges,
    },
  };
}
