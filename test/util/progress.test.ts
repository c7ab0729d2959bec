/** @file How much time is left: at the pace of this process, and not before there is a pace. */

import assert from "node:assert/strict";
import test from "node:test";
import { timeLeftSince } from "../../src/util/progress";

test("a quarter in ten seconds leaves thirty seconds", () => {
  let now = 0;
  const left = timeLeftSince(0, 400, () => now);
  assert.equal(left(0), "");
  now = 10_000;
  assert.equal(left(100), "30 s left");
});

test("what a resumed run found done does not count as its pace", () => {
  let now = 0;
  const left = timeLeftSince(0, 400, () => now);
  assert.equal(left(200), ""); // done by an earlier process
  now = 10_000;
  assert.equal(left(300), "10 s left");
});

test("what is found done later does not count either", () => {
  let now = 0;
  const left = timeLeftSince(0, 400, () => now);
  assert.equal(left(0, 0), "");
  now = 10_000;
  assert.equal(left(300, 200), "10 s left");
});

test("nothing is promised before a hundredth is done or a minute has passed", () => {
  let now = 0;
  const left = timeLeftSince(0, 1000, () => now);
  left(0);
  now = 5_000;
  assert.equal(left(1), "");
  now = 60_000;
  assert.match(left(1), /left$/);
});
