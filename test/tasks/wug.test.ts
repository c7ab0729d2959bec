import assert from "node:assert/strict";
import { test } from "node:test";
import { WUG_ADJ } from "../../src/tasks/wug";

test("a wug row holds two forms with a tab between and the human share of the first", () => {
  const item = WUG_ADJ.toItem({ sentences: "x wuggity\tx wugness", ratio: 0.25 }, "f");
  assert.deepEqual([item.sentences, item.humanRatio, item.uid], [["x wuggity", "x wugness"], 0.25, "wug_adj"]);
});

test("a wug row with one form, three forms or a ratio in words is refused", () => {
  assert.throws(() => WUG_ADJ.toItem({ sentences: "one form", ratio: 0.5 }, "f"), /1 option/);
  assert.throws(() => WUG_ADJ.toItem({ sentences: "a\tb\tc", ratio: 0.5 }, "f"), /3 parts/);
  assert.throws(() => WUG_ADJ.toItem({ sentences: "a\tb", ratio: "half" }, "f"), /want a finite number/);
});
