import assert from "node:assert/strict";
import { test } from "node:test";
import { mapInParallel } from "../../src/util/pool";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test("results keep the order of the items, and never more than the width run at the same time", async () => {
  let running = 0;
  let most = 0;
  const results = await mapInParallel([30, 1, 20, 2, 10, 3], 3, async (ms, index) => {
    most = Math.max(most, ++running);
    await pause(ms);
    running--;
    return index * 100 + ms;
  });
  assert.deepEqual(results, [30, 101, 220, 302, 410, 503]);
  assert.equal(most, 3);
});

test("after a failure no call starts, running calls end, and the first failure is thrown", async () => {
  const ended: number[] = [];
  const started: number[] = [];
  const work = async (item: number) => {
    started.push(item);
    await pause(item === 1 ? 1 : 20);
    if (item === 1) throw new Error("first");
    ended.push(item);
  };
  await assert.rejects(mapInParallel([0, 1, 2, 3, 4], 2, work), /first/);
  assert.deepEqual([started, ended], [[0, 1], [0]]);
});

test("nothing to do is no failure; a width below 1 is", async () => {
  assert.deepEqual(await mapInParallel([], 2, async () => 1), []);
  await assert.rejects(
    mapInParallel([1], 0, async () => 1),
    /0 at the same time, want 1 or more/,
  );
});
