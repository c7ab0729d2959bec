/** @file Read parts of a tokenizer.json with errors that name the part. */

export type Json = { readonly [name: string]: unknown };

/** The `type` of a part. @throws Error if the part is not an object with a type */
export function kindOf(json: unknown, part: string): string {
  const type = (json as Json | null)?.type;
  if (typeof type !== "string") throw new Error(`${part}: want an object with a type, got ${brief(json)}`);
  return type;
}

/** A field of a part. @throws Error saying which field of which part was expected and what was found */
export function field<T>(json: Json, name: string, is: (value: unknown) => boolean, wanted: string): T {
  const value = json[name];
  if (!is(value)) throw new Error(`${String(json.type)}: "${name}" must be ${wanted}, got ${brief(value)}`);
  return value as T;
}

/** Refuse a part of this type. @throws Error listing the supported types, always */
export function unsupported(part: string, type: string, supported: readonly string[]): never {
  throw new Error(`the ${part} "${type}" is not supported; supported are ${supported.join(", ")}`);
}

/** A value as JSON of at most 80 characters, for messages. */
export function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
