/**
 * @file The safetensors format (https://github.com/huggingface/safetensors): an 8-byte little-endian header length, a
 * JSON header of names, types, shapes and offsets, then the values.
 *
 * Reading checks the header's length, every offset, overlaps and every shape before any value is read, and never runs
 * code. float32, float16 and bfloat16 are read and converted to float32; float32 is written.
 */

import * as fs from "node:fs";
import { writeAll, writeAtomically } from "../../util/atomic-file";
import { brief, messageOf, withRemedy } from "../../util/check";

export interface TensorData {
  shape: number[];
  values: Float32Array;
}

/** Bytes per value by type; integer types are only read raw (`readIntegers`). */
const WIDTH: Record<string, number> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};
/** What to do about an invalid safetensors file. */
const DAMAGED = "fetch the file again, or save it again with safetensors";

const MAX_HEADER = 100_000_000; // bytes; the limit of the reference implementation

interface Entry {
  dtype: string;
  shape: number[];
  /** Bytes from the start of the file. */
  start: number;
  end: number;
}

/** A checked header with the location of each tensor. Values are read one tensor at a time. */
export class SafetensorsFile {
  readonly file: string;
  readonly metadata: Record<string, string>;
  private readonly entries: Map<string, Entry>;

  private constructor(file: string, entries: Map<string, Entry>, metadata: Record<string, string>) {
    this.file = file;
    this.entries = entries;
    this.metadata = metadata;
  }

  /** @throws Error naming the file and the fault */
  static open(file: string): SafetensorsFile {
    return withRemedy(DAMAGED, () => SafetensorsFile.openUnadvised(file));
  }

  private static openUnadvised(file: string): SafetensorsFile {
    let size: number;
    let fd: number;
    try {
      size = fs.statSync(file).size;
      fd = fs.openSync(file, "r");
    } catch (error) {
      throw new Error(`${file}: cannot be read: ${messageOf(error)}`);
    }
    try {
      if (size < 8) throw new Error(`${file}: ${size} bytes, too short for a safetensors file`);
      const head = read(fd, 0, 8);
      const headerLength = Number(head.readBigUInt64LE(0));
      if (headerLength > Math.min(MAX_HEADER, size - 8)) {
        throw new Error(
          `${file}: header length ${headerLength} in a file of ${size} bytes; not a safetensors file, or cut off`,
        );
      }
      const { entries, metadata } = parseHeader(read(fd, 8, headerLength), 8 + headerLength, size, file);
      return new SafetensorsFile(file, entries, metadata);
    } finally {
      fs.closeSync(fd);
    }
  }

  names(): string[] {
    return [...this.entries.keys()];
  }

  shape(name: string): number[] {
    return [...this.entry(name).shape];
  }

  dtype(name: string): string {
    return this.entry(name).dtype;
  }

  /** Floating-point values as float32. @throws Error for a missing name or an integer tensor */
  read(name: string): TensorData {
    const entry = this.entry(name);
    const bytes = this.bytes(entry);
    const shape = [...entry.shape];
    switch (entry.dtype) {
      case "F32":
        return { shape, values: new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) };
      case "F64":
        return { shape, values: Float32Array.from(new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8)) };
      case "BF16":
        return { shape, values: fromBfloat16(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)) };
      case "F16":
        return { shape, values: fromFloat16(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)) };
      default:
        throw new Error(
          `${this.file}: ${name} is of type ${entry.dtype}, want a floating type; save the model as float32`,
        );
    }
  }

  /** Values of an int32 tensor. */
  readIntegers(name: string): { shape: number[]; values: Int32Array } {
    const entry = this.entry(name);
    if (entry.dtype !== "I32")
      throw new Error(`${this.file}: ${name} is of type ${entry.dtype}, want I32; save it again`);
    const bytes = this.bytes(entry);
    return { shape: [...entry.shape], values: new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) };
  }

  private entry(name: string): Entry {
    const entry = this.entries.get(name);
    if (entry === undefined) {
      throw new Error(
        `${this.file}: no tensor "${name}"; there are ${this.names().slice(0, 5).join(", ")}, ...; fetch the model again`,
      );
    }
    return entry;
  }

  /** A fresh copy of the tensor's bytes, aligned for any typed array. */
  private bytes(entry: Entry): Buffer {
    const fd = fs.openSync(this.file, "r");
    try {
      return read(fd, entry.start, entry.end - entry.start);
    } finally {
      fs.closeSync(fd);
    }
  }
}

/** Write float32 tensors atomically; tensors keep the given order and start at multiples of 8 bytes. */
export function writeSafetensors(
  file: string,
  tensors: Iterable<[string, TensorData]>,
  metadata?: Record<string, string>,
): void {
  const parts = safetensorsParts(tensors, metadata);
  writeAtomically(file, (fd) => {
    for (const { buffer, byteOffset, byteLength } of parts)
      writeAll(fd, new Uint8Array(buffer, byteOffset, byteLength));
  });
}

/** The content of such a file in order: header, then the values themselves, not copies (on little-endian machines). */
export function safetensorsParts(
  tensors: Iterable<[string, TensorData]>,
  metadata: Record<string, string> = { format: "pt" },
): (Uint8Array | Float32Array)[] {
  const list = [...tensors];
  const described: Record<string, unknown> = { __metadata__: metadata };
  let offset = 0;
  for (const [name, { shape, values }] of list) {
    const size = shape.reduce((product, n) => product * n, 1);
    if (size !== values.length) {
      throw new Error(`writeSafetensors: ${name} of shape [${shape}] wants ${size} values, got ${values.length}`);
    }
    if (name in described) throw new Error(`writeSafetensors: tensor "${name}" is given twice`);
    described[name] = { dtype: "F32", shape, data_offsets: [offset, offset + 4 * size] };
    offset += 4 * size;
  }
  const json = Buffer.from(JSON.stringify(described), "utf8");
  const padded = 8 * Math.ceil(json.length / 8);
  const header = Buffer.alloc(8 + padded, " ");
  header.writeBigUInt64LE(BigInt(padded));
  json.copy(header, 8);
  return [header, ...list.map(([, { values }]) => values)];
}

/** Check the header against the file's size. @throws Error naming file and tensor */
function parseHeader(
  bytes: Buffer,
  dataStart: number,
  fileSize: number,
  file: string,
): { entries: Map<string, Entry>; metadata: Record<string, string> } {
  let raw: unknown;
  try {
    raw = JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw new Error(`${file}: the header is not JSON: ${messageOf(error)}`);
  }
  if (typeof raw !== "object" || raw === null || Array.isArray(raw))
    throw new Error(`${file}: the header is not an object`);
  const entries = new Map<string, Entry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(raw)) {
    if (name === "__metadata__") {
      metadata = value as Record<string, string>;
      continue;
    }
    if (typeof value !== "object" || value === null) throw new Error(`${file}: ${name} is not described by an object`);
    const { dtype, shape, data_offsets } = value as { dtype: string; shape: number[]; data_offsets: number[] };
    const width = Object.hasOwn(WIDTH, dtype) ? WIDTH[dtype] : undefined;
    if (width === undefined) throw new Error(`${file}: ${name} is of unknown type ${brief(dtype)}`);
    const isSize = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;
    if (!Array.isArray(shape) || !shape.every(isSize)) {
      throw new Error(`${file}: ${name} has the shape ${brief(shape)}`);
    }
    if (!Array.isArray(data_offsets) || data_offsets.length !== 2 || !data_offsets.every(isSize)) {
      throw new Error(`${file}: ${name} has the offsets ${brief(data_offsets)}`);
    }
    const start = dataStart + data_offsets[0];
    const end = dataStart + data_offsets[1];
    if (end > fileSize) {
      throw new Error(`${file}: ${name} ends at byte ${end}, the file at ${fileSize}; was it cut off while copying?`);
    }
    const size = shape.reduce((product, n) => product * n, width);
    if (size !== end - start) {
      throw new Error(`${file}: ${name} [${shape}] of ${dtype} needs ${size} bytes, its offsets span ${end - start}`);
    }
    entries.set(name, { dtype, shape, start, end });
  }
  const inOrder = [...entries].sort((a, b) => a[1].start - b[1].start || a[1].end - b[1].end);
  for (let i = 1; i < inOrder.length; i++) {
    if (inOrder[i][1].start < inOrder[i - 1][1].end) {
      throw new Error(`${file}: ${inOrder[i - 1][0]} and ${inOrder[i][0]} overlap`);
    }
  }
  return { entries, metadata };
}

function read(fd: number, position: number, length: number): Buffer {
  const bytes = Buffer.from(new ArrayBuffer(length)); // separate memory, so that offset 0 is aligned
  for (let done = 0; done < length; ) {
    const got = fs.readSync(fd, bytes, done, Math.min(length - done, 1 << 30), position + done);
    if (got === 0) throw new Error(`the file ended at byte ${position + done}, ${length - done} bytes early`);
    done += got;
  }
  return bytes;
}

/** bfloat16 is the upper half of a float32. */
export function fromBfloat16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i] << 16;
  return values;
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
export function fromFloat16(halves: Uint16Array): Float32Array {
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) {
    const h = halves[i];
    const sign = h & 0x8000 ? -1 : 1;
    const exponent = (h >> 10) & 31;
    const fraction = h & 1023;
    if (exponent === 31) values[i] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    else if (exponent === 0) values[i] = sign * fraction * 2 ** -24;
    else values[i] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  }
  return values;
}

/** The nearest binary16, ties to even; infinity beyond its range. */
export function toFloat16(values: Float32Array): Uint16Array {
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
    const size = Math.abs(value);
    if (Number.isNaN(value)) halves[i] = 0x7e00;
    else if (size >= 65520) halves[i] = sign | 0x7c00;
    else if (size < 2 ** -14)
      halves[i] = sign | roundHalfEven(size * 2 ** 24); // subnormal; 1024 becomes the least normal
    else {
      const exponent = Math.floor(Math.log2(size));
      const exact = size / 2 ** exponent >= 2 ? exponent + 1 : size / 2 ** exponent < 1 ? exponent - 1 : exponent;
      halves[i] = sign | (((exact + 15) << 10) + (roundHalfEven((size / 2 ** exact) * 1024) - 1024)); // may carry up
    }
  }
  return halves;
}

function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
