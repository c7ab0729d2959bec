/**
 * @file Device copies of arrays that are kernel arguments but not tensors: ids, labels, positions, masks, tables of
 * angles.
 *
 * All layers of a batch use the same arrays, so copies are cached. An array is found by identity and compared with the
 * uploaded content, so a caller may change it between two batches. Tables of angles never change.
 */

import type { Block, DeviceMemory } from "./device-memory";
import { sameInts } from "./same-ints";

type Values = Int32Array | Float32Array;

interface Kept<Piece> {
  block: Block<Piece>;
  /** its 32-bit words; empty if the array is constant */
  content: Int32Array;
  /** turn of the last use */
  turn: number;
}

/** An array that is unused for this many turns is freed; an update or a scored batch has one or two turns. */
const KEEP_TURNS = 8;

interface Uploader<Piece> {
  readonly memory: DeviceMemory<Piece>;
  upload(piece: Piece, values: Values): void;
}

export class DeviceArguments<Piece> {
  private readonly device: Uploader<Piece>;
  private readonly byArray = new WeakMap<Values, Kept<Piece>>();
  private readonly kept = new Set<Kept<Piece>>();
  private turn = 0;

  constructor(device: Uploader<Piece>) {
    this.device = device;
  }

  /**
   * The array's content on the device, valid until the turn ends.
   *
   * @param isConstant - the caller never changes this array, so its content is not compared
   */
  piece(values: Values, isConstant = false): Piece {
    const before = this.byArray.get(values);
    if (before !== undefined && this.kept.has(before)) {
      if (isConstant || sameInts(before.content, wordsOf(values))) {
        before.turn = this.turn;
        return before.block.piece;
      }
      this.drop(before);
    }
    const block = this.device.memory.allocate(
      Math.max(4, values.byteLength),
      `an argument of ${values.length} numbers`,
    );
    this.device.upload(block.piece, values);
    const entry = { block, content: isConstant ? new Int32Array() : wordsOf(values).slice(), turn: this.turn };
    this.byArray.set(values, entry);
    this.kept.add(entry);
    return block.piece;
  }

  /** Call this when numbers are read, at the end of a batch. */
  endTurn(): void {
    this.turn++;
    for (const entry of this.kept) if (entry.turn + KEEP_TURNS < this.turn) this.drop(entry);
  }

  private drop(entry: Kept<Piece>): void {
    this.kept.delete(entry);
    this.device.memory.release(entry.block);
  }
}

function wordsOf(values: Values): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}
