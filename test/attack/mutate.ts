/** @file Seeded damage to a file: bytes, lines, numbers and JSON values. The same seed gives the same damage. */

import type { Rng } from "../../src/util/rng";

export interface Mutant {
  /** What was done, for the table. */
  name: string;
  bytes: Buffer;
}

type Mutation = (bytes: Buffer, rng: Rng) => Buffer;

const BYTES: Record<string, Mutation> = {
  "flip a bit": (bytes, rng) => changed(bytes, rng, (byte) => byte ^ (1 << rng.int(8))),
  "replace a byte": (bytes, rng) => changed(bytes, rng, () => rng.int(256)),
  "flip ten bits": (bytes, rng) => {
    let out = bytes;
    for (let i = 0; i < 10; i++) out = changed(out, rng, (byte) => byte ^ (1 << rng.int(8)));
    return out;
  },
  truncate: (bytes, rng) => bytes.subarray(0, rng.int(bytes.length + 1)),
  "cut the last byte": (bytes) => bytes.subarray(0, -1),
  empty: () => Buffer.alloc(0),
  "remove a part": (bytes, rng) => spliced(bytes, rng, () => Buffer.alloc(0)),
  "double a part": (bytes, rng) => spliced(bytes, rng, (part) => Buffer.concat([part, part])),
  "zero a part": (bytes, rng) => spliced(bytes, rng, (part) => Buffer.alloc(part.length)),
  "insert noise": (bytes, rng) => inserted(bytes, rng, noise(rng, 1 + rng.int(64))),
  "insert NUL": (bytes, rng) => inserted(bytes, rng, Buffer.of(0)),
  "insert what is no UTF-8": (bytes, rng) => inserted(bytes, rng, Buffer.of(0xc3, 0x28, 0xff)),
  "append noise": (bytes, rng) => Buffer.concat([bytes, noise(rng, 1 + rng.int(64))]),
  "swap halves": (bytes) => Buffer.concat([bytes.subarray(bytes.length >> 1), bytes.subarray(0, bytes.length >> 1)]),
  "prepend a byte-order mark": (bytes) => Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), bytes]),
};

const NUMBERS = ["-1", "0", "1e400", "1e308", "9007199254740993", "4294967296", "-0.5", "NaN", "null", '"x"', "[]", ""];

const TEXT: Record<string, Mutation> = {
  "remove a line": (bytes, rng) => lines(bytes, (list) => list.filter((_, i) => i !== rng.int(list.length))),
  "double a line": (bytes, rng) =>
    lines(bytes, (list) => {
      const at = rng.int(list.length);
      return [...list.slice(0, at + 1), ...list.slice(at)];
    }),
  "swap two lines": (bytes, rng) =>
    lines(bytes, (list) => {
      const [a, b] = [rng.int(list.length), rng.int(list.length)];
      return list.map((line, i) => (i === a ? list[b] : i === b ? list[a] : line));
    }),
  "carriage returns": (bytes) => Buffer.from(bytes.toString("latin1").replaceAll("\n", "\r\n"), "latin1"),
  "replace a number": (bytes, rng) => {
    const text = bytes.toString("latin1");
    const found = [...text.matchAll(/-?\d+(\.\d+)?([eE][+-]?\d+)?/g)];
    if (found.length === 0) return bytes;
    const { index, 0: old } = rng.pick(found);
    return Buffer.from(text.slice(0, index) + rng.pick(NUMBERS) + text.slice(index + old.length), "latin1");
  },
};

const VALUES = [null, true, 0, -1, 1e308, "", "x", "\u202e</script>\u0000", [], {}, [[[[]]]], "a".repeat(100_000)];

const JSON_VALUES: Record<string, Mutation> = {
  "replace a value": (bytes, rng) => json(bytes, (root) => replaceOne(root, rng, () => rng.pick(VALUES))),
  "remove a field": (bytes, rng) => json(bytes, (root) => replaceOne(root, rng, () => undefined)),
  "swap two values": (bytes, rng) =>
    json(bytes, (root) => {
      const values = places(root);
      return values.length === 0 ? root : replaceOne(root, rng, () => rng.pick(values).value);
    }),
  "nest deeply": (bytes, rng) => json(bytes, (root) => replaceOne(root, rng, () => nested(2000))),
  "add __proto__": (bytes) => Buffer.from(bytes.toString("utf8").replace("{", '{"__proto__":{"x":1},')),
};

/** Which mutations a file gets. */
export type Kind = "bytes" | "text" | "json";

/** One mutant of a file. A mutation that changes nothing is drawn again. */
export function mutate(bytes: Buffer, kind: Kind, rng: Rng): Mutant {
  const table = { ...BYTES, ...(kind === "bytes" ? {} : TEXT), ...(kind === "json" ? JSON_VALUES : {}) };
  for (let attempt = 0; attempt < 20; attempt++) {
    const name = rng.pick(Object.keys(table));
    const out = table[name](bytes, rng);
    if (!out.equals(bytes)) return { name, bytes: out };
  }
  return { name: "empty", bytes: Buffer.alloc(0) };
}

function changed(bytes: Buffer, rng: Rng, change: (byte: number) => number): Buffer {
  if (bytes.length === 0) return bytes;
  const out = Buffer.from(bytes);
  const at = rng.int(out.length);
  out[at] = change(out[at]);
  return out;
}

function spliced(bytes: Buffer, rng: Rng, change: (part: Buffer) => Buffer): Buffer {
  if (bytes.length === 0) return bytes;
  const from = rng.int(bytes.length);
  const to = Math.min(bytes.length, from + 1 + rng.int(64));
  return Buffer.concat([bytes.subarray(0, from), change(bytes.subarray(from, to)), bytes.subarray(to)]);
}

function inserted(bytes: Buffer, rng: Rng, part: Buffer): Buffer {
  const at = rng.int(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), part, bytes.subarray(at)]);
}

function noise(rng: Rng, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => rng.int(256)));
}

function lines(bytes: Buffer, change: (lines: string[]) => string[]): Buffer {
  return Buffer.from(change(bytes.toString("latin1").split("\n")).join("\n"), "latin1");
}

interface Place {
  parent: Record<string, unknown>;
  key: string;
  value: unknown;
}

/** Every value of a JSON document with its place. */
function places(root: unknown): Place[] {
  const found: Place[] = [];
  const visit = (value: unknown) => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      found.push({ parent: value as Record<string, unknown>, key, value: inner });
      visit(inner);
    }
  };
  visit(root);
  return found;
}

function replaceOne(root: unknown, rng: Rng, value: () => unknown): unknown {
  const all = places(root);
  if (all.length === 0) return value();
  const { parent, key } = rng.pick(all);
  const wanted = value();
  if (wanted === undefined) delete parent[key];
  else parent[key] = wanted;
  return root;
}

/** The whole document, or one of its lines where each line is one. */
function json(bytes: Buffer, change: (root: unknown) => unknown): Buffer {
  const text = bytes.toString("utf8");
  try {
    return Buffer.from(JSON.stringify(change(JSON.parse(text)), null, 2));
  } catch {
    const all = text.split("\n");
    const at = all.findIndex((line) => line.startsWith("{") || line.startsWith("["));
    if (at < 0) return bytes;
    try {
      all[at] = JSON.stringify(change(JSON.parse(all[at])));
    } catch {
      return bytes;
    }
    return Buffer.from(all.join("\n"));
  }
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}
