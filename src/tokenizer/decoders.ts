/** @file Decoders of tokenizer.json: token strings back to text. */

import { CHAR_TO_BYTE } from "./byte-alphabet";
import { field, type Json, kindOf, unsupported } from "./json-part";
import { readPattern } from "./normalizers";
import { prependScheme } from "./pre-tokenizers";

/** Turns token strings into parts of the text, which are then joined. */
export type Decoder = (tokens: readonly string[]) => string[];

/** Build the decoder that a tokenizer.json describes. @throws Error naming a decoder that is not supported */
export function readDecoder(json: Json): Decoder {
  const type = kindOf(json, "decoder");
  switch (type) {
    case "Sequence": {
      const parts = field<Json[]>(json, "decoders", Array.isArray, "an array").map(readDecoder);
      return (tokens) => parts.reduce((t, decode) => decode(t), [...tokens]);
    }
    case "ByteLevel":
      return (tokens) => [bytesOf(tokens)];
    case "Metaspace": {
      const replacement = field<string>(json, "replacement", (v) => typeof v === "string", "a character");
      const dropsFirst = prependScheme(json) !== "never";
      return (tokens) =>
        tokens.map((token, i) => {
          const text = i === 0 && dropsFirst ? token.replaceAll(replacement, "") : token;
          return text.replaceAll(replacement, " ");
        });
    }
    case "Replace": {
      const pattern = readPattern(json);
      const content = field<string>(json, "content", (v) => typeof v === "string", "a string");
      return (tokens) => tokens.map((token) => token.replace(pattern, () => content));
    }
    case "ByteFallback":
      return joinByteTokens;
    case "Fuse":
      return (tokens) => [tokens.join("")];
    case "Strip": {
      const content = field<string>(json, "content", (v) => typeof v === "string", "a character");
      const start = field<number>(json, "start", Number.isInteger, "an integer");
      const stop = field<number>(json, "stop", Number.isInteger, "an integer");
      return (tokens) => tokens.map((token) => stripToken(token, content, start, stop));
    }
    default:
      return unsupported("decoder", type, [
        "Sequence",
        "ByteLevel",
        "Metaspace",
        "Replace",
        "ByteFallback",
        "Fuse",
        "Strip",
      ]);
  }
}

/** Decode byte characters to bytes; a token with any other character as its own UTF-8. Invalid UTF-8 becomes U+FFFD. */
function bytesOf(tokens: readonly string[]): string {
  const pieces = tokens.map((token) => {
    const bytes: number[] = [];
    for (const char of token) {
      const byte = CHAR_TO_BYTE.get(char);
      if (byte === undefined) return Buffer.from(token, "utf8");
      bytes.push(byte);
    }
    return Buffer.from(bytes);
  });
  return Buffer.concat(pieces).toString("utf8");
}

/** Decode runs of tokens such as `<0xE2>`; a run that is not UTF-8 becomes one U+FFFD per token. */
function joinByteTokens(tokens: readonly string[]): string[] {
  const out: string[] = [];
  let run: number[] = [];
  const endRun = () => {
    if (run.length === 0) return;
    try {
      out.push(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(run)));
    } catch {
      for (let i = 0; i < run.length; i++) out.push("\ufffd");
    }
    run = [];
  };
  for (const token of tokens) {
    const hex = /^<0x([0-9a-fA-F]{2})>$/.exec(token);
    if (hex !== null) {
      run.push(Number.parseInt(hex[1], 16));
    } else {
      endRun();
      out.push(token);
    }
  }
  endRun();
  return out;
}

function stripToken(token: string, content: string, start: number, stop: number): string {
  const chars = [...token];
  let from = 0;
  while (from < start && chars[from] === content) from++;
  let to = chars.length;
  while (to > from && chars.length - to < stop && chars[to - 1] === content) to--;
  return chars.slice(from, to).join("");
}
