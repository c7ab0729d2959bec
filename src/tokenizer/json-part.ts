/** @file Reading parts of a tokenizer.json with errors that name the part. */

export type Json = { readonly [name: string]: unknown };

/** The `type` of a part. @throws Error if the part is not an object with a type */
export function kindOf(json: unknown, part: string): string {
  const type = (json as Json | null)?.type;
  if (typeof type !== "string") throw new Error(`${part}: want an object with a type, got ${brief(json)}`);
  return type;
}

/** @throws Error saying which field of which part was wanted and what came */
export function field<T>(json: Json, name: string, is: (value: unknown) => boolean, wanted: string): T {
  const value = json[name];
  if (!is(value)) throw new Error(`${String(json.type)}: "${name}" must be ${wanted}, got ${brief(value)}`);
  return value as T;
}

export function unsupported(part: string, type: string, supported: readonly string[]): never {
  throw new Error(`the ${part} "${type}" is not supported; supported are ${supported.join(", ")}`);
}

export function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
