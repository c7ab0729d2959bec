import assert from "node:assert/strict";
import { test } from "node:test";
import { Rng } from "../../src/util/rng";
import { isClose } from "../support/close";

test("a fork depends on the seed and the path of names, not on draws made elsewhere", () => {
  const a = Rng.fromSeed(7);
  const before = a.fork("x").next();
  a.next();
  a.fork("y").next();
  assert.equal(a.fork("x").next(), before);
  assert.notEqual(Rng.fromSeed(8).fork("x").next(), before);
  assert.notEqual(a.fork("y").next(), before);
});

test("a nested fork equals the stream of the joined name", () => {
  assert.equal(Rng.fromSeed(1).fork("a").fork("b").next(), Rng.fromSeed("1/a/b").next());
});

test("a restored stream continues bit for bit", () => {
  const rng = Rng.fromSeed("resume");
  for (let i = 0; i < 100; i++) rng.next();
  const twin = Rng.restore(JSON.parse(JSON.stringify(rng.save())));
  for (let i = 0; i < 100; i++) assert.equal(twin.uint32(), rng.uint32());
  assert.equal(twin.fork("z").next(), rng.fork("z").next());
});

test("uniform draws: mean 1/2, variance 1/12, all below 1 (100,000 draws, within 5 standard errors)", () => {
  const rng = Rng.fromSeed("uniform");
  const n = 100_000;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const x = rng.next();
    assert.ok(x >= 0 && x < 1);
    sum += x;
    squares += (x - 0.5) ** 2;
  }
  assert.ok(Math.abs(sum / n - 0.5) < 5 * Math.sqrt(1 / 12 / n));
  assert.ok(isClose(squares / n, 1 / 12, { rtol: 0.02 }));
});

test("normal draws: mean 0, variance 1, and 68 % within one standard deviation", () => {
  const rng = Rng.fromSeed("normal");
  const draws = Array.from({ length: 100_000 }, () => rng.normal());
  const mean = draws.reduce((a, b) => a + b, 0) / draws.length;
  const variance = draws.reduce((a, b) => a + (b - mean) ** 2, 0) / draws.length;
  assert.ok(Math.abs(mean) < 0.016);
  assert.ok(isClose(variance, 1, { rtol: 0.025 }));
  assert.ok(isClose(draws.filter((x) => Math.abs(x) < 1).length / draws.length, 0.6827, { rtol: 0.01 }));
});

test("shuffled keeps every element once, leaves the input alone, and finds every order of three equally often", () => {
  const rng = Rng.fromSeed("shuffle");
  const items = Object.freeze([1, 2, 3]);
  const counts = new Map<string, number>();
  for (let i = 0; i < 6000; i++) {
    const key = rng.shuffled(items).join("");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const [key, n] of counts) assert.ok(Math.abs(n - 1000) < 150, `${key}: ${n}`);
});

test("streams are fixed for ever: committed data and results depend on these values", () => {
  // Pinned on first use; a change here silently changes every data set and run.
  assert.deepEqual([Rng.fromSeed(42).uint32(), Rng.fromSeed("42/pretrain/epoch-0").uint32()], [2626566973, 2571148606]);
});

test("impossible requests are refused by name", () => {
  const rng = Rng.fromSeed(0);
  assert.throws(() => rng.int(0), /want a positive integer, got 0/);
  assert.throws(() => rng.pick([]), /nothing to pick from/);
  assert.throws(() => rng.sample([1], 2), /want 2 of 1/);
  assert.throws(() => Rng.restore({ name: "x", state: [1, 2, 3] }), /want four integers/);
});
