/** @file Free parts of one linear memory: best fit; neighbouring parts are joined when freed. */

interface Hole {
  from: number;
  bytes: number;
}

const ALIGNMENT = 64;

export class FreeList {
  /** by address; not adjacent */
  private readonly holes: Hole[] = [];

  /** Number of free bytes. */
  freeBytes = 0;

  /** Add `[from, from + bytes)`: new memory, or memory taken earlier with the same size. */
  give(from: number, bytes: number): void {
    const size = padded(bytes);
    let at = 0;
    for (let high = this.holes.length; at < high; ) {
      const middle = (at + high) >> 1;
      if (this.holes[middle].from < from) at = middle + 1;
      else high = middle;
    }
    const before = this.holes[at - 1];
    const after = this.holes[at];
    const joinsBefore = before !== undefined && before.from + before.bytes === from;
    const joinsAfter = after !== undefined && from + size === after.from;
    this.freeBytes += size;
    if (joinsBefore && joinsAfter) {
      before.bytes += size + after.bytes;
      this.holes.splice(at, 1);
    } else if (joinsBefore) before.bytes += size;
    else if (joinsAfter) {
      after.from = from;
      after.bytes += size;
    } else this.holes.splice(at, 0, { from, bytes: size });
  }

  /** Address of `bytes` bytes, aligned to 64, or null if no free part is large enough. */
  take(bytes: number): number | null {
    const size = padded(bytes);
    let best = -1;
    for (let i = 0; i < this.holes.length; i++) {
      const room = this.holes[i].bytes;
      if (room >= size && (best < 0 || room < this.holes[best].bytes)) best = i;
    }
    if (best < 0) return null;
    const hole = this.holes[best];
    const from = hole.from;
    hole.from += size;
    hole.bytes -= size;
    if (hole.bytes === 0) this.holes.splice(best, 1);
    this.freeBytes -= size;
    return from;
  }
}

function padded(bytes: number): number {
  return Math.max(ALIGNMENT, Math.ceil(bytes / ALIGNMENT) * ALIGNMENT);
}
