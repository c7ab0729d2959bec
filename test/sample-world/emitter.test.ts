import assert from "node:assert/strict";
import { test } from "node:test";
import { Emitter, normalized } from "../../src/sample-world/emitter";

test("a held-out sentence is drawn again, alone or inside a longer text, with any capitals", () => {
  const emitter = new Emitter(new Set([normalized("Mara hurt herself.")]));
  const draws = ["Mara hurt herself.", "It rained. mara hurt herself.", "Mara slept all day long."];
  assert.equal(
    emitter.fresh(() => draws.shift() ?? ""),
    "Mara slept all day long.",
  );
});

test("a long sentence is not used twice while another can be drawn; a short answer may be", () => {
  const emitter = new Emitter(new Set());
  const one = "The owl sleeps in the old barn.";
  assert.equal(
    emitter.fresh(() => one),
    one,
  );
  const draws = [one, one, "The crow sleeps in the old barn."];
  assert.equal(
    emitter.fresh(() => draws.shift() ?? ""),
    "The crow sleeps in the old barn.",
  );
  for (let i = 0; i < 2; i++)
    assert.equal(
      emitter.fresh(() => "Yes, she did."),
      "Yes, she did.",
    );
});

test("a template whose every sentence is held out is an error, not an endless loop", () => {
  const emitter = new Emitter(new Set(["no way out"]));
  assert.throws(() => emitter.fresh(() => "No way out!"), /200 draws were all held out/);
});
