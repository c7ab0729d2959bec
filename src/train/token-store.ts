/**
 * @file A file of training examples: texts are tokenized once, and training reads only the ids that an update needs.
 *
 * Memory holds 20 bytes per example (where it ends, where its loss begins, its words and its source) and one window of
 * ids. The file, little-endian: all ids in 16 bits where the vocabulary allows it, else in 32; padding to 8 bytes; the
 * end of each example in tokens (float64); three int32 per example (`lossFrom`, words, index of the source); a JSON
 * description with the SHA-256 of everything before it; the length of that JSON (8 bytes).
 */

import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { writeAll, writeAtomically } from "../util/atomic-file";
import { messageOf } from "../util/check";
import { sha256 } from "../util/sha256";
import { warnOnce } from "../util/warn";
import type { Examples, TokenIds, TrainingExample } from "./batch";

/** Content of a store. */
export interface StoreContent {
  /** Ids are in `[0, vocabSize)`. */
  vocabSize: number;
  /** Each is written before the next one is made. */
  examples: Iterable<TrainingExample>;
}

/** The JSON at the end of the file. */
interface Description {
  format: typeof FORMAT;
  bits: 16 | 32;
  examples: number;
  tokens: number;
  sources: string[];
  /** Hashes of the files that the examples were made from, by name. */
  inputs: Record<string, string>;
  dataSha256: string;
}

const FORMAT = "class-it tokens 1";
/** Tokens read at once: a short document, or the next rows of a long one. */
const WINDOW = 4096;
/** Tokens collected before they are written. */
const CHUNK = 1 << 18;

/**
 * Open the store, and write it first if it does not exist or was made from other inputs (with a warning that names them).
 *
 * @param inputs - hashes of everything that the examples depend on, by name
 * @param content - called only to write the store
 * @throws Error naming the file if it was altered or cut off
 */
export function openTokenStore(file: string, inputs: Record<string, string>, content: () => StoreContent): TokenStore {
  if (fs.existsSync(file)) {
    const store = TokenStore.open(file);
    const changed = [...new Set([...Object.keys(store.inputs), ...Object.keys(inputs)])]
      .filter((name) => store.inputs[name] !== inputs[name])
      .sort();
    if (changed.length === 0) return store;
    store.close();
    warnOnce(`${file}: was made from other inputs (${changed.join(", ")} changed); the texts are tokenized again`);
  }
  writeTokenStore(file, inputs, content());
  return TokenStore.open(file);
}

/** Write a store, atomically. @throws RangeError for an id outside the vocabulary */
export function writeTokenStore(
  file: string,
  inputs: Record<string, string>,
  { vocabSize, examples }: StoreContent,
): void {
  const bits = vocabSize <= 1 << 16 ? 16 : 32;
  const ends: number[] = [];
  const facts: number[] = [];
  const sources = new Map<string, number>();
  writeAtomically(file, (fd) => {
    const hash = createHash("sha256");
    const put = (array: Uint16Array | Int32Array | Float64Array) => {
      const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
      hash.update(bytes);
      writeAll(fd, bytes);
    };
    const chunk = bits === 16 ? new Uint16Array(CHUNK) : new Int32Array(CHUNK);
    let filled = 0;
    let tokens = 0;
    for (const example of examples) {
      const { ids, lossFrom, source, words } = example;
      for (const id of ids.slice(0, ids.length)) {
        if (!(id >= 0 && id < vocabSize)) {
          throw new RangeError(`${file}: example ${ends.length} has the id ${id}, want 0 to ${vocabSize - 1}`);
        }
        chunk[filled++] = id;
        if (filled < CHUNK) continue;
        put(chunk);
        filled = 0;
      }
      tokens += ids.length;
      ends.push(tokens);
      if (!sources.has(source)) sources.set(source, sources.size);
      facts.push(lossFrom, words, sources.get(source)!);
    }
    put(chunk.subarray(0, filled));
    put(new Uint16Array((indexStart(tokens, bits) - (tokens * bits) / 8) / 2)); // padding
    put(Float64Array.from(ends));
    put(Int32Array.from(facts));
    const description: Description = {
      format: FORMAT,
      bits,
      examples: ends.length,
      tokens,
      sources: [...sources.keys()],
      inputs,
      dataSha256: hash.digest("hex"),
    };
    const json = Buffer.from(JSON.stringify({ ...description, sha256: sha256(JSON.stringify(description)) }), "utf8");
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(json.length));
    writeAll(fd, json);
    writeAll(fd, length);
  });
}

/** An open store. */
export class TokenStore implements Examples {
  readonly length: number;
  readonly tokens: number;
  readonly inputs: Readonly<Record<string, string>>;
  private readonly fd: number;
  private readonly bits: 16 | 32;
  private readonly ends: Float64Array;
  private readonly facts: Int32Array;
  private readonly sources: readonly string[];
  /** The ids from `windowStart` on that were read last. */
  private window = new Int32Array(0);
  private windowStart = 0;

  private constructor(fd: number) {
    const { description, ends, facts } = readIndex(fd);
    this.fd = fd;
    this.length = description.examples;
    this.tokens = description.tokens;
    this.bits = description.bits;
    this.inputs = description.inputs;
    this.sources = description.sources;
    this.ends = ends;
    this.facts = facts;
  }

  /** Open and verify a file. @throws Error naming it if it was altered or cut off */
  static open(file: string): TokenStore {
    const fd = fs.openSync(file, "r");
    try {
      return new TokenStore(fd);
    } catch (error) {
      fs.closeSync(fd);
      throw new Error(`${file}: ${messageOf(error)}; delete it, and the same command tokenizes the texts again`);
    }
  }

  at(index: number): TrainingExample | undefined {
    if (!(Number.isInteger(index) && index >= 0 && index < this.length)) return undefined;
    const first = index === 0 ? 0 : this.ends[index - 1];
    const length = this.ends[index] - first;
    const ids: TokenIds = { length, slice: (from, to) => this.read(first + from, first + to) };
    const { facts, sources } = this;
    const fact = 3 * index;
    return { ids, lossFrom: facts[fact], words: facts[fact + 1], source: sources[facts[fact + 2]] };
  }

  *[Symbol.iterator](): Generator<TrainingExample> {
    for (let i = 0; i < this.length; i++) yield this.at(i)!;
  }

  /** The examples can no longer be read. */
  close(): void {
    fs.closeSync(this.fd);
  }

  /** A copy of the tokens `[from, to)` of the file. */
  private read(from: number, to: number): Int32Array {
    if (from < this.windowStart || to > this.windowStart + this.window.length) {
      const count = Math.min(Math.max(to - from, WINDOW), this.tokens - from);
      const bytes = readAt(this.fd, (from * this.bits) / 8, (count * this.bits) / 8);
      this.window = new Int32Array(this.bits === 16 ? new Uint16Array(bytes) : bytes);
      this.windowStart = from;
    }
    return this.window.slice(from - this.windowStart, to - this.windowStart);
  }
}

/** Verify the file. @throws Error saying what is wrong with it */
function readIndex(fd: number): { description: Description; ends: Float64Array; facts: Int32Array } {
  const size = fs.fstatSync(fd).size;
  const cut = `has ${size} bytes and is not a whole file of tokens (was it cut off?)`;
  if (size < 8) throw new Error(cut);
  const jsonLength = Number(Buffer.from(readAt(fd, size - 8, 8)).readBigUInt64LE());
  const dataEnd = size - 8 - jsonLength;
  if (!(jsonLength <= 1 << 20 && dataEnd >= 0)) throw new Error(cut);
  const description = parseDescription(Buffer.from(readAt(fd, dataEnd, jsonLength)).toString("utf8"), cut);
  const { bits, examples, tokens } = description;
  const start = indexStart(tokens, bits);
  if (start + 20 * examples !== dataEnd) throw new Error(cut);
  if (hashOf(fd, dataEnd) !== description.dataSha256) throw new Error("was altered (its SHA-256 differs)");
  return {
    description,
    ends: new Float64Array(readAt(fd, start, 8 * examples)),
    facts: new Int32Array(readAt(fd, start + 8 * examples, 12 * examples)),
  };
}

function parseDescription(text: string, cut: string): Description {
  let parsed: Description & { sha256?: unknown };
  try {
    parsed = JSON.parse(text);
  } catch {
    throw new Error(cut);
  }
  const { sha256: sum, ...description } = parsed;
  if (sum !== sha256(JSON.stringify(description))) throw new Error("was altered (its SHA-256 differs)");
  if (description.format !== FORMAT) throw new Error(`is in the format "${description.format}", want "${FORMAT}"`);
  return description;
}

/** Byte at which the index begins. */
const indexStart = (tokens: number, bits: 16 | 32) => 8 * Math.ceil((tokens * bits) / 64);

function hashOf(fd: number, end: number): string {
  const hash = createHash("sha256");
  for (let position = 0; position < end; position += 1 << 20) {
    hash.update(new Uint8Array(readAt(fd, position, Math.min(1 << 20, end - position))));
  }
  return hash.digest("hex");
}

function readAt(fd: number, position: number, length: number): ArrayBuffer {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const got = fs.readSync(fd, bytes, done, Math.min(length - done, 1 << 30), position + done);
    if (got === 0) throw new Error(`ended at byte ${position + done}, ${length - done} bytes early`);
    done += got;
  }
  return bytes.buffer;
}
