/**
 * @file Writes NumPy's `.npy` files, version 1.0, little-endian: arrays of 32- and 64-bit integers and 64-bit floats.
 */

import { writeAll, writeAtomically } from "./atomic-file";

const TYPES = {
  int32: { dtype: "<i4", bytes: 4 },
  int64: { dtype: "<i8", bytes: 8 },
  float64: { dtype: "<f8", bytes: 8 },
};

/**
 * Write an array, row by row.
 *
 * @param shape - its product is the number of values
 * @param values - in C order; whole numbers below 2^53 for the integer types
 * @throws Error if there are more or fewer values than the shape has
 */
export function writeNpy(
  file: string,
  type: keyof typeof TYPES,
  shape: readonly number[],
  values: Iterable<number>,
): void {
  const { dtype, bytes } = TYPES[type];
  const all = shape.reduce((product, n) => product * n, 1);
  const dimensions = `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
  const dictionary = `{'descr': '${dtype}', 'fortran_order': False, 'shape': ${dimensions}, }`;
  // Magic, version and length take 10 bytes; the header ends with a line break at a multiple of 64.
  const header = `${dictionary.padEnd(Math.ceil((dictionary.length + 11) / 64) * 64 - 11)}\n`;
  const length = Buffer.from([header.length & 255, header.length >> 8]);
  writeAtomically(file, (fd) => {
    writeAll(fd, Buffer.concat([Buffer.from("\x93NUMPY\x01\x00", "latin1"), length, Buffer.from(header, "latin1")]));
    const buffer = Buffer.alloc(bytes << 16);
    let written = 0;
    let at = 0;
    const flush = () => {
      writeAll(fd, buffer.subarray(0, at));
      at = 0;
    };
    for (const value of values) {
      if (at === buffer.length) flush();
      if (type === "int32") buffer.writeInt32LE(value, at);
      else if (type === "int64") buffer.writeBigInt64LE(BigInt(value), at);
      else buffer.writeDoubleLE(value, at);
      at += bytes;
      written++;
    }
    flush();
    if (written !== all) throw new Error(`${file}: ${written} values do not fill the shape ${dimensions}`);
  });
}
