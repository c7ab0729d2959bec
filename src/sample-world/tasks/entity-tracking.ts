/** @file Entity tracking (after Kim and Schuster 2023): 7 boxes, 0 to 5 operations on the queried box, 5 options. */

import type { Rng } from "../../util/rng";
import { NOUNS } from "../lexicon";

export interface EntityRow {
  sample_id: number;
  numops: number;
  input_prefix: string;
  options: string[];
  example_id: number;
}

const BOXES = 7;
const MAX_CONTENTS = 3;
export type EntityFile = "regular" | "ambiref" | "move_contents";

const THINGS = [...NOUNS.toy, ...NOUNS.tool, ...NOUNS.clothing, ...NOUNS.thing.slice(0, 19)]
  .map((n) => n.singular)
  .filter((w) => !w.includes(" "));
const SHADES = "red blue green yellow big small".split(" ");

const list = (items: readonly string[]): string =>
  items.length === 0 ? "nothing" : items.map((x) => `the ${x}`).join(" and ");

/** `perCount` rows for each number of operations, sorted by it as in the real files. */
export function entityTracking(file: EntityFile, rng: Rng, perCount: number): EntityRow[] {
  const rows: EntityRow[] = [];
  for (let numops = 0; numops <= 5; numops++) {
    const seen = new Set<string>();
    for (let i = 0; i < perCount; ) {
      const row = oneRow(file, rng.fork(`${numops}/${seen.size}`), numops);
      seen.add(row.input_prefix + seen.size);
      if (row.options.length < 5) continue;
      rows.push({ ...row, sample_id: numops * perCount + i, example_id: rows.length });
      i++;
    }
  }
  return rows;
}

function oneRow(file: EntityFile, rng: Rng, numops: number): EntityRow {
  const pool = file === "ambiref" ? describedThings(rng) : rng.shuffled(THINGS);
  const take = () => pool.pop() as string;
  const boxes: string[][] = Array.from({ length: BOXES }, () =>
    Array.from({ length: rng.int(MAX_CONTENTS) + (rng.chance(0.85) ? 1 : 0) }, take),
  );
  for (const b of boxes) b.splice(MAX_CONTENTS);
  const target = rng.int(BOXES);
  const start = boxes.map((b, i) => `Box ${i} contains ${list(b)}`).join(", ");
  const history: string[] = [];
  let touched = 0;
  while (touched < numops) {
    const other = (target + 1 + rng.int(BOXES - 1)) % BOXES;
    const onTarget = rng.chance(0.7);
    const done = onTarget
      ? operate(file, rng, boxes, target, other, take)
      : operate(file, rng, boxes, other, other, take);
    if (done === null) continue;
    history.push(done);
    if (onTarget) touched++;
  }
  const right = boxes[target];
  const wrong = distractors(rng, boxes, right, target);
  return {
    sample_id: 0,
    numops,
    input_prefix: `${start}. ${history.map((h) => `${h} `).join("")}Box ${target} contains `,
    options: [right, ...wrong].map((o) => `${list(o)}.`),
    example_id: 0,
  };
}

/** Apply one operation to box `a`; returns its sentence, or null if it is not possible. */
function operate(
  file: EntityFile,
  rng: Rng,
  boxes: string[][],
  a: number,
  b: number,
  take: () => string,
): string | null {
  const kind = rng.int(a === b ? 2 : 4);
  const here = boxes[a];
  if (kind === 0) {
    if (here.length >= MAX_CONTENTS) return null;
    const x = take();
    here.push(x);
    return `Put the ${x} into Box ${a}.`;
  }
  if (kind === 1) {
    if (here.length === 0) return null;
    const x = rng.pick(here);
    here.splice(here.indexOf(x), 1);
    return `Remove the ${x} from Box ${a}.`;
  }
  const [from, to] = kind === 2 ? [a, b] : [b, a];
  if (boxes[from].length === 0) return null;
  if (file === "move_contents" && rng.chance(0.5)) {
    if (boxes[from].length + boxes[to].length > MAX_CONTENTS) return null;
    boxes[to].push(...boxes[from].splice(0));
    return `Move the contents of Box ${from} to Box ${to}.`;
  }
  if (boxes[to].length >= MAX_CONTENTS) return null;
  const x = rng.pick(boxes[from]);
  boxes[from].splice(boxes[from].indexOf(x), 1);
  boxes[to].push(x);
  return `Move the ${x} from Box ${from} to Box ${to}.`;
}

/** Four wrong contents: other boxes' contents and single swaps, all different from the right one. */
function distractors(rng: Rng, boxes: string[][], right: string[], target: number): string[][] {
  const others = boxes.filter((_, i) => i !== target);
  const things = others.flat();
  const found: string[][] = [];
  const known = new Set([[...right].sort().join()]);
  const add = (option: string[]) => {
    const key = [...option].sort().join();
    if (known.has(key) || found.length === 4 || option.length === 0) return;
    known.add(key);
    found.push(option);
  };
  for (let i = 0; i < 100 && found.length < 4; i++) {
    const size = Math.max(1, right.length);
    if (right.length > 1 && rng.chance(0.5)) add(right.map((x, j) => (j === i % right.length ? rng.pick(things) : x)));
    else add(rng.sample(things, Math.min(size, things.length)));
  }
  return found;
}

/** Things that differ in an adjective: "red kite", "big kite". */
function describedThings(rng: Rng): string[] {
  const heads = rng.sample(THINGS, 14);
  return rng.shuffled(heads.flatMap((h) => rng.sample(SHADES, 3).map((s) => `${s} ${h}`)));
}
