/** @file What the attack knows of a format: a clean example, how it is read, and what a changed example may give. */

import { createHash } from "node:crypto";
import type { Kind } from "../mutate";

export interface Format {
  name: string;
  /** Write a clean example into an empty folder. @returns the files that are damaged, relative to it, and how */
  make(folder: string): Promise<Record<string, Kind>> | Record<string, Kind>;
  /** Read it as the package does. @returns what was read, for comparison with the clean example */
  read(folder: string): unknown;
  /**
   * A file of ours carries a checksum: other content is a finding. A foreign format has none: a damaged file that is still
   * valid holds other content, which `witness` (a second, plainer reader) must find too.
   */
  isChecked: boolean;
  witness?(folder: string): unknown;
  /** Damage made by hand, by name: writes into the folder. */
  special?: Record<string, (folder: string) => void>;
}

/** A hash of anything that was read: objects by their JSON, typed arrays by their bytes. */
export function digest(value: unknown): string {
  const hash = createHash("sha256");
  const visit = (item: unknown): void => {
    if (ArrayBuffer.isView(item)) hash.update(new Uint8Array(item.buffer, item.byteOffset, item.byteLength));
    else if (item instanceof Map) visit([...item]);
    else if (Array.isArray(item)) {
      hash.update(`[${item.length}`);
      for (const inner of item) visit(inner);
    } else if (typeof item === "object" && item !== null) {
      for (const key of Object.keys(item).sort()) {
        hash.update(`${key}:`);
        visit((item as Record<string, unknown>)[key]);
      }
    } else hash.update(`${typeof item}${Object.is(item, -0) ? "-0" : String(item)},`);
  };
  visit(value);
  return hash.digest("hex").slice(0, 16);
}
