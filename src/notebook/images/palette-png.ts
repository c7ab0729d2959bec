/**
 * @file Write a PNG with at most 256 colours: this reduces charts to a third of their size.
 *
 * Format: https://www.w3.org/TR/png-3/. Reads what a browser's canvas writes: 8 bits per channel, RGB or RGBA, not
 * interlaced. The most frequent colours are kept, each other pixel gets the nearest of them. Transparent pixels become white.
 */

import { crc32, deflateSync, inflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const MOST_COLOURS = 256;

/** @throws Error for any other kind of PNG */
export function palettePng(png: Buffer): Buffer {
  const { width, height, pixels } = decode(png);
  const palette = frequentColours(pixels);
  const indexOf = nearestIn(palette);
  const rows = Buffer.alloc((width + 1) * height); // pixel `at` of row y is byte at + y + 1: a row begins with its filter, 0
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      const isRepeated = x > 0 && pixels[at] === pixels[at - 1];
      rows[at + y + 1] = isRepeated ? rows[at + y] : indexOf(pixels[at]);
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3], 8); // bits per pixel; palette
  return Buffer.concat([
    SIGNATURE,
    chunk("IHDR", header),
    chunk("PLTE", Buffer.from(palette.flatMap((colour) => channels(colour)))),
    chunk("IDAT", deflateSync(rows, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** `pixels[y * width + x]` is `0xrrggbb`. */
function decode(png: Buffer): { width: number; height: number; pixels: Uint32Array } {
  const parts: Buffer[] = [];
  let header = Buffer.alloc(0);
  for (let at = SIGNATURE.length; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString("latin1", at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (type === "IHDR") header = Buffer.from(data);
    if (type === "IDAT") parts.push(data);
    at += 12 + length;
  }
  const [bits, kind, , , interlace] = header.subarray(8);
  if (bits !== 8 || (kind !== 2 && kind !== 6) || interlace !== 0) {
    throw new Error(`palettePng: want 8 bits, RGB or RGBA, not interlaced; got ${bits} bits, colour type ${kind}`);
  }
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const size = kind === 6 ? 4 : 3;
  const bytes = unfiltered(inflateSync(Buffer.concat(parts)), width * size, height, size);
  const pixels = new Uint32Array(width * height);
  for (let i = 0; i < pixels.length; i++) {
    const alpha = size === 4 ? bytes[i * size + 3] / 255 : 1;
    const channel = (c: number) => Math.round(255 + alpha * (bytes[i * size + c] - 255));
    pixels[i] = (channel(0) << 16) | (channel(1) << 8) | channel(2);
  }
  return { width, height, pixels };
}

/** Undo the filter of each row (https://www.w3.org/TR/png-3/#9Filters). */
function unfiltered(filtered: Buffer, rowBytes: number, height: number, pixelBytes: number): Uint8Array {
  const bytes = new Uint8Array(rowBytes * height);
  for (let y = 0; y < height; y++) {
    const filter = filtered[y * (rowBytes + 1)];
    if (filter === 0) {
      bytes.set(filtered.subarray(y * (rowBytes + 1) + 1, (y + 1) * (rowBytes + 1)), y * rowBytes);
      continue;
    }
    for (let i = 0; i < rowBytes; i++) {
      const at = y * rowBytes + i;
      const left = i >= pixelBytes ? bytes[at - pixelBytes] : 0;
      const up = y > 0 ? bytes[at - rowBytes] : 0;
      const corner = i >= pixelBytes && y > 0 ? bytes[at - rowBytes - pixelBytes] : 0;
      bytes[at] = filtered[y * (rowBytes + 1) + 1 + i] + predicted(filter, left, up, corner);
    }
  }
  return bytes;
}

function predicted(filter: number, left: number, up: number, corner: number): number {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return up;
    case 3:
      return (left + up) >> 1;
    default: {
      const [a, b, c] = [left, up, corner].map((value) => Math.abs(left + up - corner - value));
      return a <= b && a <= c ? left : b <= c ? up : corner;
    }
  }
}

/** Colours by frequency, the most frequent first; ties by value. */
function frequentColours(pixels: Uint32Array): number[] {
  const counts = new Map<number, number>();
  for (let from = 0, to = 0; from < pixels.length; from = to) {
    while (to < pixels.length && pixels[to] === pixels[from]) to++; // most pixels equal the previous one
    counts.set(pixels[from], (counts.get(pixels[from]) ?? 0) + to - from);
  }
  return [...counts]
    .sort(([a, countA], [b, countB]) => countB - countA || a - b)
    .slice(0, MOST_COLOURS)
    .map(([colour]) => colour);
}

function nearestIn(palette: readonly number[]): (pixel: number) => number {
  const known = new Map(palette.map((colour, i) => [colour, i]));
  const places = palette.map(channels);
  return (pixel) => {
    const found = known.get(pixel);
    if (found !== undefined) return found;
    const [r, g, b] = channels(pixel);
    const distances = places.map(([x, y, z]) => (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2);
    const best = distances.indexOf(Math.min(...distances));
    known.set(pixel, best);
    return best;
  };
}

function channels(colour: number): [number, number, number] {
  return [colour >> 16, (colour >> 8) & 255, colour & 255];
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}
