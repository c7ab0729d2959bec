/** @file Hashes that verify that a resumed run has the same inputs. */

import { createHash } from "node:crypto";
import type { Examples } from "./batch";

/** SHA-256 over ids, loss boundaries, sources and word counts, in order. */
export function fingerprintOfExamples(examples: Examples): string {
  const hash = createHash("sha256");
  for (const { ids, lossFrom, source, words } of examples) {
    hash.update(`${ids.length} ${lossFrom} ${words} ${source}\n`);
    const part = ids.slice(0, ids.length);
    const array = part instanceof Int32Array ? part : Int32Array.from(part);
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  return hash.digest("hex");
}

/** SHA-256 over names and values, in order. */
export function fingerprintOfValues(values: ReadonlyMap<string, Float32Array>): string {
  const hash = createHash("sha256");
  for (const [name, array] of values) {
    hash.update(`${name} ${array.length}\n`);
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  return hash.digest("hex");
}
