import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, test } from "node:test";
import {
  fromBfloat16,
  fromFloat16,
  SafetensorsFile,
  toFloat16,
  writeSafetensors,
} from "../../../src/model/checkpoint/safetensors";
import { Rng } from "../../../src/util/rng";

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-safetensors-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** A file with this header (text or object) and so many bytes of zeros after it. */
function fileWith(header: unknown, dataBytes: number, headerLength?: bigint): string {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(headerLength ?? BigInt(json.length));
  const file = path.join(scratch, `made-${fs.readdirSync(scratch).length}.safetensors`);
  fs.writeFileSync(file, Buffer.concat([length, json, Buffer.alloc(dataBytes)]));
  return file;
}

test("what is written is read back, in order, with metadata", () => {
  const file = path.join(scratch, "round.safetensors");
  const a = { shape: [2, 3], values: Float32Array.from([1, -2, 3.5, 0, 1e-30, -1e30]) };
  const b = { shape: [], values: Float32Array.from([7]) };
  const c = { shape: [0, 4], values: new Float32Array() };
  writeSafetensors(
    file,
    [
      ["z", a],
      ["a é", b],
      ["empty", c],
    ],
    { format: "pt", note: "x" },
  );
  const read = SafetensorsFile.open(file);
  assert.deepEqual(read.names(), ["z", "a é", "empty"]);
  assert.deepEqual(read.metadata, { format: "pt", note: "x" });
  assert.deepEqual([read.read("z"), read.read("a é"), read.read("empty")], [a, b, c]);
  assert.throws(() => read.read("q"), /no tensor "q"/);
});

test("bfloat16 and float16 are read as the numbers they stand for", () => {
  const header = {
    b: { dtype: "BF16", shape: [2], data_offsets: [0, 4] },
    h: { dtype: "F16", shape: [4], data_offsets: [4, 12] },
    i: { dtype: "I32", shape: [1], data_offsets: [12, 16] },
  };
  const file = fileWith(header, 16);
  const bytes = fs.readFileSync(file);
  const data = bytes.subarray(bytes.length - 16);
  Buffer.from(Uint16Array.of(0x3fc0, 0xc2f7, 0x3555, 0xfbff, 0x0001, 0x7c00).buffer).copy(data);
  data.writeInt32LE(-5, 12);
  fs.writeFileSync(file, bytes);
  const read = SafetensorsFile.open(file);
  assert.deepEqual([...read.read("b").values], [1.5, -123.5]);
  assert.deepEqual([...read.read("h").values], [0.333251953125, -65504, 2 ** -24, Number.POSITIVE_INFINITY]);
  assert.deepEqual([...read.readIntegers("i").values], [-5]);
  assert.throws(() => read.read("i"), /i is of type I32, want a floating type/);
});

test("every float16 converted to float32 and back is unchanged; rounding is to nearest, ties to even", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, h) => h).filter(
    (h) => (h & 0x7c00) !== 0x7c00 || (h & 1023) === 0,
  );
  const again = toFloat16(fromFloat16(all));
  const changed = all.findIndex((h, i) => again[i] !== h);
  assert.equal(changed, -1, `0x${all[changed]?.toString(16)} becomes 0x${again[changed]?.toString(16)}`);
  const values = Float32Array.of(1 + 2 ** -11, 1 + 3 * 2 ** -11, 65519, 65520, 2 ** -25, 1.5 * 2 ** -24, -0, 2047.5);
  const halves = toFloat16(values); // halfway cases by hand: down to 1, up to 1 + 2^-9, largest, infinity, 0, 2^-23 ...
  assert.deepEqual([...halves], [0x3c00, 0x3c02, 0x7bff, 0x7c00, 0x0000, 0x0002, 0x8000, 0x6800]);
  const rng = Rng.fromSeed("halves");
  const random = Float32Array.from({ length: 20000 }, () => rng.normal() * 2 ** (rng.int(40) - 30));
  const back = fromFloat16(toFloat16(random));
  for (let i = 0; i < random.length; i++) {
    assert.ok(
      Math.abs(back[i] - random[i]) <= Math.max(2 ** -25, Math.abs(random[i]) * 2 ** -11) || !Number.isFinite(back[i]),
    );
  }
  assert.deepEqual([...fromBfloat16(Uint16Array.of(0, 0x8000, 0x3f80))], [0, -0, 1]);
});

test("files with false headers are refused by name before any value is read", () => {
  const tensor = (change: object) => ({ w: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...change } });
  const refused: [string, RegExp][] = [
    [fileWith("", 0, 0n), /not JSON/],
    [fileWith("{}", 0, 2n ** 40n), /header length 1099511627776 in a file of 10 bytes/],
    [fileWith("{}", 0, 2n ** 63n), /header length/],
    [fileWith("[]", 0), /not an object/],
    [fileWith("{'w'", 0), /not JSON/],
    [fileWith(tensor({}), 4), /w ends at byte .* cut off/],
    [fileWith(tensor({ shape: [3] }), 8), /w \[3\] of F32 needs 12 bytes, its offsets span 8/],
    [fileWith(tensor({ shape: [2 ** 30, 2 ** 30] }), 8), /needs/],
    [fileWith(tensor({ shape: [-1] }), 8), /shape \[-1\]/],
    [fileWith(tensor({ shape: "2" }), 8), /shape "2"/],
    [fileWith(tensor({ data_offsets: [8, 0] }), 8), /its offsets span -8/],
    [fileWith(tensor({ data_offsets: [-8, 0] }), 8), /offsets \[-8,0\]/],
    [fileWith(tensor({ dtype: "Q3" }), 8), /unknown type "Q3"/],
    [fileWith(tensor({ dtype: "constructor" }), 8), /unknown type "constructor"/],
    [fileWith({ ...tensor({}), v: { dtype: "F32", shape: [2], data_offsets: [4, 12] } }, 12), /w and v overlap/],
    [fileWith({ w: null }, 8), /w is not described/],
  ];
  for (const [file, message] of refused) {
    assert.throws(
      () => SafetensorsFile.open(file),
      (error: Error) => {
        assert.ok(error.message.includes(file), error.message);
        assert.match(error.message, message);
        return true;
      },
    );
  }
  assert.throws(() => SafetensorsFile.open(path.join(scratch, "absent")), /cannot be read/);
  fs.writeFileSync(path.join(scratch, "short"), "abc");
  assert.throws(() => SafetensorsFile.open(path.join(scratch, "short")), /3 bytes, too short/);
});

test("any single damaged byte of the header is refused or leaves a tensor of the checked size", () => {
  const file = path.join(scratch, "fuzz.safetensors");
  writeSafetensors(file, [["w", { shape: [2, 2], values: Float32Array.of(1, 2, 3, 4) }]]);
  const good = fs.readFileSync(file);
  const rng = Rng.fromSeed("fuzz");
  for (let n = 0; n < 400; n++) {
    const bytes = Buffer.from(good);
    bytes[rng.int(good.length - 16)] = rng.int(256);
    fs.writeFileSync(file, bytes);
    try {
      const read = SafetensorsFile.open(file);
      for (const name of read.names()) {
        if (read.dtype(name) !== "F32") continue;
        const { shape, values } = read.read(name);
        assert.equal(
          values.length,
          shape.reduce((a, b) => a * b, 1),
        );
      }
    } catch (error) {
      assert.ok((error as Error).message.includes(file), String(error));
    }
  }
});
