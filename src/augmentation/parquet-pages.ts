/**
 * @file Validate the pages of a Parquet file before decoding (https://parquet.apache.org/docs/file-format).
 *
 * The decoder trusts the file: a damaged count makes it allocate gigabytes or run for hours. This module compares every
 * count, size and offset of the wanted columns with the actual bytes, page by page: rows with pages, pages with levels
 * and values, dictionary indices with the dictionary, and texts with UTF-8. A file that passes decodes in time and
 * memory proportional to its size. Other columns are not checked.
 *
 * Supported: flat text columns in plain or dictionary encoding, as Arrow and the Hugging Face Hub write instruction
 * data. Any other undamaged file is refused as `UnsupportedParquet`. A damaged letter that is still valid UTF-8 is not
 * detected here; only a checksum detects it.
 */

import { isUtf8 } from "node:buffer";
import type { FileMetaData } from "hyparquet";
import { decompressZstd, compressors as libraryCompressors } from "hyparquet-compressors";

/** Limit on the decompressed bytes of one page; Arrow writes pages of one megabyte. */
const MAX_PAGE_BYTES = 1 << 28;
/** The published set has 130 thousand rows. */
const MAX_ROWS = 20_000_000;

/** An undamaged file that is not supported: another type, encoding, codec or location of its data. */
export class UnsupportedParquet extends Error {}

const ENCODINGS: Readonly<Record<number, string>> = {
  3: "RLE",
  4: "BIT_PACKED",
  5: "DELTA_BINARY_PACKED",
  6: "DELTA_LENGTH_BYTE_ARRAY",
  7: "DELTA_BYTE_ARRAY",
  9: "BYTE_STREAM_SPLIT",
};

/** Decompressors whose output never exceeds the page's stated size. */
export const compressors: typeof libraryCompressors = {
  ...libraryCompressors,
  ZSTD: (input, length) => decompressZstd(input, new Uint8Array(length)),
};

type SchemaElement = FileMetaData["schema"][number];

/**
 * The columns of a file's table by name. A nested column counts as one; a column of nulls only is left out (Arrow gives
 * it the logical type Null).
 */
export function parquetColumns(metadata: FileMetaData): Map<string, SchemaElement> {
  const [root, ...elements] = metadata.schema;
  const columns = new Map<string, SchemaElement>();
  let at = 0;
  const skip = (): void => {
    const { num_children: children = 0 } = elements[at++] ?? {};
    for (let i = 0; i < children && at < elements.length; i++) skip();
  };
  for (let i = 0; i < (root.num_children ?? 0) && at < elements.length; i++) {
    const element = elements[at];
    skip();
    if (element.logical_type?.type !== "NULL") columns.set(element.name, element);
  }
  return columns;
}

/**
 * Compare the metadata of these columns with the file's bytes.
 *
 * @param columns - names of flat text columns, which the file must have
 * @throws UnsupportedParquet naming the column and its form, if the file may be undamaged but is not supported
 * @throws Error naming the wrong count, size or text and its place
 */
export function checkParquetPages(bytes: Uint8Array, metadata: FileMetaData, columns: readonly string[]): void {
  const found = parquetColumns(metadata);
  const rows = whole(metadata.num_rows, MAX_ROWS, "the number of rows");
  let sum = 0;
  for (const [g, group] of metadata.row_groups.entries()) {
    const groupRows = whole(group.num_rows, rows - sum, `the number of rows in group ${g}`);
    sum += groupRows;
    for (const name of columns) {
      const where = `column ${name}, row group ${g}`;
      const element = found.get(name);
      if (element === undefined) throw new Error(`there is no column ${name}`);
      if (element.type !== "BYTE_ARRAY" || element.repetition_type === "REPEATED") {
        const form = element.num_children
          ? "nested"
          : element.repetition_type === "REPEATED"
            ? "a list"
            : (element.type ?? "of an unknown type");
        throw new UnsupportedParquet(`column ${name} is ${form}, want text`);
      }
      const chunks = group.columns.filter(({ meta_data: meta }) => {
        return meta?.path_in_schema.length === 1 && meta.path_in_schema[0] === name;
      });
      if (chunks.length !== 1) throw new Error(`${where}: ${chunks.length} chunks of data, want 1`);
      const { meta_data: meta, file_path: elsewhere } = chunks[0];
      if (elsewhere) throw new UnsupportedParquet(`${where}: its data is in another file, ${elsewhere}`);
      if (meta === undefined) throw new Error(`${where}: the metadata does not say where its data is`);
      if (meta.type !== "BYTE_ARRAY") throw new Error(`${where}: is ${meta.type ?? "of an unknown type"}, want text`);
      if (whole(meta.num_values, MAX_ROWS, `${where}: its number of values`) !== groupRows) {
        throw new Error(`${where}: ${meta.num_values} values in ${groupRows} rows`);
      }
      const end = bytes.length - 8 - metadata.metadata_length;
      const start = whole(meta.dictionary_page_offset || meta.data_page_offset, end, `${where}: its place`);
      const size = whole(meta.total_compressed_size, end - start, `${where}: its size`);
      const optional = element.repetition_type === "OPTIONAL";
      checkChunk(bytes.subarray(start, start + size), meta.codec, groupRows, optional, where);
    }
  }
  if (sum !== rows) throw new Error(`${rows} rows, but ${sum} in the row groups`);
}

/** Check pages until all values of the chunk have been seen. */
function checkChunk(chunk: Uint8Array, codec: string, values: number, optional: boolean, where: string): void {
  const cursor = new Cursor(chunk);
  let dictionary: number | null = null; // entries
  let seen = 0;
  for (let page = 0; seen < values; page++) {
    const at = `${where}, page ${page}`;
    if (cursor.offset >= chunk.length) throw new Error(`${at}: the data ends after ${seen} of ${values} values`);
    const header = cursor.struct();
    const unpacked = whole(header[2], MAX_PAGE_BYTES, `${at}: its size`);
    const packed = cursor.take(whole(header[3], chunk.length - cursor.offset, `${at}: its size in the file`));
    const [data, dictionaryHeader, data2] = [header[5], header[7], header[8]].map((h) => h as Thrift | undefined);
    if (header[1] === 2 && dictionaryHeader !== undefined) {
      const text = unpack(packed, unpacked, codec, at);
      dictionary = whole(dictionaryHeader[1], text.length / 4, `${at}: the dictionary's size`);
      checkTexts(text, dictionary, at);
      continue;
    }
    const n = whole((data ?? data2)?.[1], values - seen, `${at}: its number of values`);
    let present = n;
    let body: Uint8Array;
    if (header[1] === 0 && data !== undefined) {
      body = unpack(packed, unpacked, codec, at);
      if (optional) {
        if (body.length < 4) throw new Error(`${at}: too short`);
        const size = new DataView(body.buffer, body.byteOffset).getUint32(0, true);
        present = countPresent(body.subarray(4, 4 + whole(size, body.length - 4, `${at}: its levels`)), n, at);
        body = body.subarray(4 + size);
      }
    } else if (header[1] === 3 && data2 !== undefined) {
      if (whole(data2[3], n, `${at}: its rows`) !== n || whole(data2[6], 0, `${at}: its repetition levels`) !== 0) {
        throw new Error(`${at}: want one value per row`);
      }
      const levels = whole(data2[5], Math.min(packed.length, unpacked), `${at}: its levels`);
      if (optional) present = countPresent(packed.subarray(0, levels), n, at);
      else if (levels !== 0) throw new Error(`${at}: has definition levels, but the column allows no nulls`);
      if (whole(data2[2], n, `${at}: its nulls`) !== n - present)
        throw new Error(`${at}: the number of nulls is wrong`);
      const rest = packed.subarray(levels);
      body = data2[7] === false ? rest : unpack(rest, unpacked - levels, codec, at);
    } else throw new Error(`${at}: is of kind ${header[1]}, want data or a dictionary`);
    checkValues(body, (data ?? data2)?.[data === undefined ? 4 : 2], present, dictionary, at);
    seen += n;
  }
}

function unpack(packed: Uint8Array, size: number, codec: string | undefined, where: string): Uint8Array {
  const decompress = compressors[codec as keyof typeof compressors];
  if (codec !== "UNCOMPRESSED" && decompress === undefined) {
    throw new UnsupportedParquet(
      `${where}: compressed with ${codec ?? "an unknown method"}, want ${Object.keys(compressors).join(", ")}`,
    );
  }
  const out =
    codec === "UNCOMPRESSED" ? packed : (decompress as (p: Uint8Array, n: number) => Uint8Array)(packed, size);
  if (out.length !== size) throw new Error(`${where}: ${out.length} bytes, its header says ${size}`);
  return out;
}

function checkValues(body: Uint8Array, encoding: unknown, n: number, dictionary: number | null, where: string): void {
  if (encoding === 0) {
    checkTexts(body, n, where); // PLAIN
    return;
  }
  if (encoding !== 2 && encoding !== 8) {
    const name = ENCODINGS[encoding as number];
    if (name !== undefined)
      throw new UnsupportedParquet(`${where}: has the encoding ${name}, want PLAIN or a dictionary`);
    throw new Error(`${where}: its encoding is ${String(encoding)}, which does not exist`);
  }
  if (dictionary === null) throw new Error(`${where}: refers to a dictionary that does not exist`);
  if (n === 0) return;
  if (body.length === 0) throw new Error(`${where}: no values`);
  const width = whole(body[0], 32, `${where}: bits per index`);
  runs(body.subarray(1), width, n, dictionary, where);
}

/** Check that length-prefixed texts fill the bytes exactly. */
function checkTexts(body: Uint8Array, n: number, where: string): void {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  let offset = 0;
  for (let i = 0; i < n; i++) {
    if (offset + 4 > body.length) throw new Error(`${where}: ends within text ${i + 1} of ${n}`);
    const length = view.getUint32(offset, true);
    offset += 4;
    if (length > body.length - offset) throw new Error(`${where}: text ${i + 1} of ${n} has ${length} bytes`);
    if (!isUtf8(body.subarray(offset, offset + length))) throw new Error(`${where}: text ${i + 1} is not UTF-8`);
    offset += length;
  }
  if (offset !== body.length) throw new Error(`${where}: ${body.length - offset} bytes after its last text`);
}

/** Number of non-null values, from definition levels of one bit. */
function countPresent(levels: Uint8Array, n: number, where: string): number {
  return runs(levels, 1, n, 2, `${where}: its levels`);
}

/**
 * Read `n` numbers of the RLE/bit-packing hybrid encoding.
 *
 * @returns their sum
 * @throws Error if a number is not below `limit`, or if there are too few or too many
 */
function runs(bytes: Uint8Array, width: number, n: number, limit: number, where: string): number {
  const cursor = new Cursor(bytes);
  let sum = 0;
  const count = (value: number) => {
    if (value >= limit) throw new Error(`${where}: has the number ${value}, want all below ${limit}`);
    sum += value;
  };
  for (let seen = 0; seen < n; ) {
    const header = cursor.varint();
    const length = header % 2 === 1 ? ((header - 1) / 2) * 8 : header / 2;
    if (length === 0 || length > n - seen + 7 || (header % 2 === 0 && length > n - seen)) {
      throw new Error(`${where}: has a run of ${length} values, but only ${n - seen} are left`);
    }
    if (header % 2 === 0) {
      let value = 0;
      const packed = cursor.take((width + 7) >> 3);
      for (let i = packed.length - 1; i >= 0; i--) value = value * 256 + packed[i];
      count(value);
      sum += value * (length - 1);
    } else {
      const packed = cursor.take((length / 8) * width);
      for (let i = 0; i < Math.min(length, n - seen); i++) {
        let value = 0;
        for (let b = width - 1; b >= 0; b--) {
          const bit = i * width + b;
          value = value * 2 + ((packed[bit >> 3] >> (bit & 7)) & 1);
        }
        count(value);
      }
    }
    seen += length;
  }
  return sum;
}

/** A struct of Thrift's compact protocol: its values by field number. */
type Thrift = { [field: number]: unknown };

/** Reads forward, never past the end. */
class Cursor {
  offset = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  take(length: number): Uint8Array {
    if (length > this.bytes.length - this.offset) throw new Error(`ends at byte ${this.bytes.length}, more is needed`);
    this.offset += length;
    return this.bytes.subarray(this.offset - length, this.offset);
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 49; shift += 7) {
      const [byte] = this.take(1);
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw new Error("a number of over 49 bits");
  }

  /** Reads the field types that page headers use: booleans, numbers, bytes, structs. */
  struct(depth = 0): Thrift {
    if (depth > 8) throw new Error("a header is nested too deep");
    const out: Thrift = {};
    for (let field = 0; ; ) {
      const [byte] = this.take(1);
      if (byte === 0) return out;
      field = byte >> 4 === 0 ? unzigzag(this.varint()) : field + (byte >> 4);
      out[field] = this.element(byte & 15, depth);
    }
  }

  private element(type: number, depth: number): unknown {
    switch (type) {
      case 1:
        return true;
      case 2:
        return false;
      case 3:
        return this.take(1)[0];
      case 4:
      case 5:
        return unzigzag(this.varint());
      case 6:
        return this.long();
      case 8:
        return this.take(this.varint());
      case 12:
        return this.struct(depth + 1);
      default:
        throw new Error(`a header field has the type ${type}`);
    }
  }

  /** Skips a 64-bit number of the statistics; the value is not used. */
  private long(): null {
    for (let i = 0; i < 10; i++) if (this.take(1)[0] < 128) return null;
    throw new Error("a number of over 64 bits");
  }
}

function unzigzag(n: number): number {
  return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
}

/** @throws Error unless `value` is a whole number from 0 to `most` */
function whole(value: unknown, most: number, what: string): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (!Number.isSafeInteger(number) || (number as number) < 0 || (number as number) > most) {
    throw new Error(`${what} is ${value === undefined ? "missing" : String(value)}, want 0 to ${Math.floor(most)}`);
  }
  return number as number;
}
