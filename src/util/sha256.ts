/** @file SHA-256 of texts and files, in hexadecimal. */

import { createHash } from "node:crypto";
import * as fs from "node:fs";

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** SHA-256 of a file of any size, read in pieces. */
export function sha256File(file: string): string {
  const hash = createHash("sha256");
  const fd = fs.openSync(file, "r");
  try {
    const chunk = Buffer.allocUnsafe(1 << 20);
    for (;;) {
      const size = fs.readSync(fd, chunk, 0, chunk.length, null);
      if (size === 0) return hash.digest("hex");
      hash.update(chunk.subarray(0, size));
    }
  } finally {
    fs.closeSync(fd);
  }
}
