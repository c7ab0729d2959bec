/** @file Read parts of a tokenizer.json with errors that name the part. */

import { brief } from "../util/check";

/** What to do about an invalid tokenizer file. */
export const DAMAGED = "fetch the file again, or save it again with save_pretrained";

export type Json = { readonly [name: string]: unknown };

/** The `type` of a part. @throws Error if the part is not an object with a type */
export function kindOf(json: unknown, part: string): string {
  const type = (json as Json | null)?.type;
  if (typeof type !== "string") return malformed(`${part}: want an object with a type, got ${brief(json)}`);
  return type;
}

/** A field of a part. @throws Error saying which field of which part was expected and what was found */
export function field<T>(json: Json, name: string, is: (value: unknown) => boolean, wanted: string): T {
  const value = json[name];
  if (!is(value)) malformed(`${String(json.type)}: "${name}" must be ${wanted}, got ${brief(value)}`);
  return value as T;
}

/** The entries of `added_tokens`. @throws Error if one has no id or no content */
export function addedTokensOf(json: Json): Json[] {
  const tokens = json.added_tokens ?? [];
  if (!Array.isArray(tokens)) return malformed(`added_tokens: want an array, got ${brief(tokens)}`);
  for (const token of tokens) {
    if (!Number.isInteger(token?.id) || typeof token.content !== "string")
      malformed(`added_tokens: want an id and a content, got ${brief(token)}`);
  }
  return tokens;
}

/** Refuse a part of this type. Always throws an Error listing the supported types. */
export function unsupported(part: string, type: string, supported: readonly string[]): never {
  return notSupported(`the ${part} "${type}" is not supported; supported are ${supported.join(", ")}`);
}

/** Refuse an option that a tokenizer.json may have but that is not implemented here. */
export function notSupported(message: string): never {
  throw new Error(`${message}; use a tokenizer without it`);
}

/** Refuse content that no tokenizer.json has. */
export function malformed(message: string): never {
  throw new Error(`${message}; ${DAMAGED}`);
}
