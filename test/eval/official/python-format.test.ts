import assert from "node:assert/strict";
import { test } from "node:test";
import {
  PythonFloat,
  parsePythonJson,
  pythonFixed,
  pythonJson,
  pythonRepr,
  pythonStem,
} from "../../../src/eval/official/python-format";
import { golden } from "../../support/reference";

test("fixed digits, shortest digits and JSON are what Python writes", () => {
  const g = golden<{
    numbers: { bits: string; fixed2: string; fixed4: string; repr: string }[];
    strings: { text: string; json: string }[];
    stems: { name: string; stem: string }[];
  }>("eval/python-format.json");
  for (const { bits, fixed2, fixed4, repr } of g.numbers) {
    const value = new DataView(Uint8Array.from(Buffer.from(bits, "hex")).buffer).getFloat64(0);
    assert.equal(pythonFixed(value, 2), fixed2);
    assert.equal(pythonFixed(value, 4), fixed4);
    assert.equal(pythonRepr(value), repr);
  }
  for (const { text, json } of g.strings) assert.equal(pythonJson(text), json);
  for (const { name, stem } of g.stems) assert.equal(pythonStem(name), stem, name);
});

test("exact binary ties round to even: 0.125 is 0.12, 0.375 is 0.38, 2.5 is 2", () => {
  assert.deepEqual([pythonFixed(0.125, 2), pythonFixed(0.375, 2), pythonFixed(2.5, 0)], ["0.12", "0.38", "2"]);
});

test("pythonJson: blanks after separators, floats with a point, NaN bare, order kept", () => {
  const value = new Map<string, unknown>([
    ["b", [1, new PythonFloat(1), new PythonFloat(Number.NaN)]],
    ["a", { x: null, y: true, z: [] }],
  ]);
  assert.equal(pythonJson(value), '{"b": [1, 1.0, NaN], "a": {"x": null, "y": true, "z": []}}');
  assert.equal(pythonJson({ a: [1] }, 2), '{\n  "a": [\n    1\n  ]\n}');
  assert.throws(() => pythonJson(0.5), /wrap it in PythonFloat/);
});

test("parsePythonJson reads bare NaN and infinities, and leaves the word in strings alone", () => {
  const value = parsePythonJson('{"a": NaN, "b": [-Infinity, Infinity], "NaN": "so NaN, \\"NaN\\""}');
  assert.deepEqual(value, { a: Number.NaN, b: [-Infinity, Infinity], NaN: 'so NaN, "NaN"' });
});
