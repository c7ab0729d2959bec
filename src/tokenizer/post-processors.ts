/** @file Post-processors of tokenizer.json: special tokens around the text, spaces removed from the offsets. */

import { brief } from "../util/check";
import { WHITE_SPACE_SOURCE } from "../util/unicode";
import { BYTE_TO_CHAR } from "./byte-alphabet";
import { field, type Json, kindOf, malformed, unsupported } from "./json-part";

/** A sequence of tokens that the post-processors work on. */
export interface Segment {
  ids: number[];
  /** `[start, end)` in code points; empty where only ids are wanted. */
  offsets: [number, number][];
  /** The text that added tokens matched, by index, including spaces that lstrip and rstrip consumed. */
  written?: Map<number, string>;
  /** 0 or 1 for the first or second text, null for special tokens. */
  sequence: 0 | 1 | null;
}

export interface PostProcessor {
  /** Number of tokens that it adds to one text or to a pair. */
  addedTokens(isPair: boolean): number;
  process(segments: Segment[], addSpecialTokens: boolean): Segment[];
}

/** The spelling of a token, for the trimming of offsets. */
type SpellingOf = (id: number) => string;

/** Build the post-processor that a tokenizer.json describes. @throws Error naming one that is not supported */
export function readPostProcessor(json: Json, spellingOf: SpellingOf): PostProcessor {
  const type = kindOf(json, "post_processor");
  switch (type) {
    case "Sequence": {
      const parts = field<Json[]>(json, "processors", Array.isArray, "an array").map((p) =>
        readPostProcessor(p, spellingOf),
      );
      return {
        addedTokens: (isPair) => parts.reduce((sum, part) => sum + part.addedTokens(isPair), 0),
        process: (segments, add) => parts.reduce((s, part) => part.process(s, add), segments),
      };
    }
    case "ByteLevel":
      return {
        addedTokens: () => 0,
        process: (segments) => {
          if (json.trim_offsets !== false)
            for (const s of segments) trimOffsets(s, json.add_prefix_space !== false, spellingOf);
          return segments;
        },
      };
    case "TemplateProcessing":
      return readTemplate(json);
    case "RobertaProcessing":
    case "BertProcessing": {
      const isRoberta = type === "RobertaProcessing";
      const cls = specialId(json, "cls");
      const sep = specialId(json, "sep");
      const special = (id: number): Segment => ({ ids: [id], offsets: [[0, 0]], sequence: null });
      return {
        addedTokens: (isPair) => (isPair ? (isRoberta ? 4 : 3) : 2),
        process: (segments, add) => {
          if (isRoberta && json.trim_offsets !== false) {
            for (const s of segments) trimOffsets(s, json.add_prefix_space !== false, spellingOf);
          }
          if (!add) return segments;
          return segments.flatMap((s, i) => [
            ...(i === 0 ? [special(cls)] : isRoberta ? [special(sep)] : []),
            s,
            special(sep),
          ]);
        },
      };
    }
    default:
      return unsupported("post_processor", type, [
        "Sequence",
        "ByteLevel",
        "TemplateProcessing",
        "RobertaProcessing",
        "BertProcessing",
      ]);
  }
}

function readTemplate(json: Json): PostProcessor {
  type TemplatePart = { ids: number[] } | { sequence: 0 | 1 };
  const specials = (json.special_tokens ?? {}) as Record<string, { ids?: number[] } | undefined>;
  const read = (name: "single" | "pair"): TemplatePart[] =>
    field<Json[]>(json, name, Array.isArray, "an array").map((piece): TemplatePart => {
      const sequence = (piece.Sequence as Json | undefined)?.id;
      if (sequence === "A" || sequence === "B") return { sequence: sequence === "A" ? 0 : 1 };
      const special = (piece.SpecialToken as Json | undefined)?.id;
      const ids = typeof special === "string" ? specials[special]?.ids : undefined;
      if (ids === undefined)
        return malformed(`TemplateProcessing: "${name}" holds ${brief(piece)}, not a sequence or a listed token`);
      return { ids };
    });
  const templates = { single: read("single"), pair: read("pair") };
  const added = (parts: TemplatePart[]) => parts.reduce((sum, p) => sum + ("ids" in p ? p.ids.length : 0), 0);
  return {
    addedTokens: (isPair) => added(isPair ? templates.pair : templates.single),
    process: (segments, add) =>
      (segments.length === 2 ? templates.pair : templates.single).flatMap((piece): Segment[] => {
        if (!("ids" in piece)) return [segments[piece.sequence]];
        if (!add) return [];
        return [{ ids: [...piece.ids], offsets: piece.ids.map((): [number, number] => [0, 0]), sequence: null }];
      }),
  };
}

function specialId(json: Json, name: "cls" | "sep"): number {
  const isPair = (v: unknown) => Array.isArray(v) && v.length === 2 && Number.isInteger(v[1]);
  return field<[string, number]>(json, name, isPair, "a token and its id")[1];
}

const SPACE = new RegExp(`[${WHITE_SPACE_SOURCE}${BYTE_TO_CHAR[32]}]`, "u");

/** Exclude leading and trailing spaces of tokens from their offsets. */
function trimOffsets(segment: Segment, addPrefixSpace: boolean, spellingOf: SpellingOf): void {
  segment.offsets.forEach((offset, i) => {
    const token = segment.written?.get(i) ?? spellingOf(segment.ids[i]);
    let leading = 0; // white space is one code unit each
    while (leading < token.length && SPACE.test(token[leading])) leading++;
    let trailing = leading === token.length ? leading : 0;
    if (trailing === 0) while (SPACE.test(token[token.length - 1 - trailing])) trailing++;
    // [reference] a single space at the very start may be the prepended one, so it is not removed
    if (leading === 1 && addPrefixSpace && (i === 0 || offset[0] === 0)) leading = 0;
    if (leading > 0) offset[0] = Math.min(offset[0] + leading, offset[1]);
    if (trailing > 0 && offset[1] >= trailing) offset[1] = Math.max(offset[1] - trailing, offset[0]);
  });
}
