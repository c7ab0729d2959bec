import assert from "node:assert/strict";
import { test } from "node:test";
import { cutLongLine, restoreLineBreaks } from "../../src/corpus/lost-line-breaks";

test("CHILDES is cut before speakers and tiers and around headings", () => {
  const text =
    "a wooden spoon. *MOT: is it yours? *CHI: mine. %add: BRO *BR2: no! = = = childes/X/1.cha = = = *CHI: up. it's 5*3: no";
  assert.deepEqual(cutLongLine(text, "childes"), [
    "a wooden spoon.",
    "*MOT: is it yours?",
    "*CHI: mine.",
    "%add: BRO",
    "*BR2: no!",
    "= = = childes/X/1.cha = = =",
    "*CHI: up. it's 5*3: no",
  ]);
});

test("Switchboard is cut before speakers, an encyclopaedia only around headings", () => {
  assert.deepEqual(cutLongLine("and so on. A: Yes. B: It is 4 A. M.", "switchboard"), [
    "and so on.",
    "A: Yes.",
    "B: It is 4 A. M.",
  ]);
  assert.deepEqual(
    cutLongLine(
      "end. = = = Wolf = = = A wolf runs. It eats. = = = Owl (bird) = = = = = = Fox = = = Red.",
      "simple_wiki",
    ),
    ["end.", "= = = Wolf = = =", "A wolf runs. It eats.", "= = = Owl (bird) = = =", "= = = Fox = = =", "Red."],
  );
});

test("prose is cut after sentences, nothing is lost", () => {
  const sentence = "The miller walked to the river because the wheel had stopped.";
  const text = Array.from({ length: 40 }, () => sentence).join(" ");
  const lines = cutLongLine(text, "gutenberg");
  assert.equal(lines.join(" "), text);
  assert.ok(lines.every((line) => line.endsWith(".") && line.length < 300));
});

test("short lines pass untouched; only a line of over 20,000 characters is cut", () => {
  const short = "*MOT: hello *CHI: not cut here";
  const long = Array.from({ length: 3000 }, (_, i) => `*MOT: word ${i}`).join(" ");
  const counts = { restored: 0 };
  const pieces = [
    { text: short, continues: false },
    { text: long.slice(0, 15_005), continues: true },
    { text: long.slice(15_005), continues: false },
    { text: short, continues: false },
  ];
  const lines = [...restoreLineBreaks(pieces, "childes", counts)];
  assert.equal(lines.length, 3002);
  assert.equal(counts.restored, 3000);
  assert.equal(lines[0], short);
  assert.equal(lines.slice(1, -1).join(" "), long);
});
