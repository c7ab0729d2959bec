/** @file Compare printed text and JSON: numbers within a tolerance, everything else exactly. */

import { withoutColours } from "./clean-notebook";

export interface Tolerance {
  rtol: number;
  atol: number;
}

/** [ours] Detects a change of one part in a thousand in a score, but allows for the last digits of a float64 sum. */
export const TOLERANCE: Tolerance = { rtol: 1e-6, atol: 1e-9 };
/** Tolerance for numbers that must be equal on every machine. */
export const EXACT: Tolerance = { rtol: 0, atol: 0 };

const NUMBER = /[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?/g;
/** Characters shown on each side of a changed number. */
const CONTEXT = 40;

/**
 * The first difference of two texts, or null. Numbers may differ within the tolerance; runs of blanks and table rules,
 * whose width depends on the digits, count as one.
 */
export function diffText(before: string, after: string, tolerance: Tolerance = TOLERANCE): string | null {
  const [a, b] = [withoutColours(before), withoutColours(after)];
  const frame = (text: string) =>
    text
      .replace(NUMBER, "#")
      .replace(/[ \t─═]+/g, " ")
      .trim();
  if (frame(a) !== frame(b)) return `text changed\n  - ${firstChange(a, b)}\n  + ${firstChange(b, a)}`;
  const [x, y] = [[...a.matchAll(NUMBER)], [...b.matchAll(NUMBER)]];
  for (let i = 0; i < x.length; i++) {
    if (isNear(toNumber(x[i][0]), toNumber(y[i][0]), tolerance)) continue;
    return `${x[i][0]} became ${y[i][0]} in "${around(a, x[i].index, x[i][0].length)}"`;
  }
  return null;
}

/** Whether two printed cells or labels agree, numbers within the tolerance. */
export function sameText(before: string, after: string, tolerance: Tolerance): boolean {
  return diffText(before, after, tolerance) === null;
}

export interface JsonDifference {
  /** Keys and positions from the top. */
  path: readonly (string | number)[];
  /** Undefined if the key was added or removed. */
  before: unknown;
  after: unknown;
}

/** All differences between two JSON values, in the order of the first value. */
export function diffJson(
  before: unknown,
  after: unknown,
  tolerance: Tolerance = TOLERANCE,
  path: readonly (string | number)[] = [],
): JsonDifference[] {
  const differs = [{ path, before, after }];
  if (typeof before === "number" && typeof after === "number") return isNear(before, after, tolerance) ? [] : differs;
  if (typeof before === "string" && typeof after === "string") return sameText(before, after, tolerance) ? [] : differs;
  const isContainer = (value: unknown): value is object => typeof value === "object" && value !== null;
  if (!isContainer(before) || !isContainer(after)) return before === after ? [] : differs;
  if (Array.isArray(before) !== Array.isArray(after)) return differs;
  const [a, b] = [before as Record<string, unknown>, after as Record<string, unknown>];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((key) =>
    diffJson(a[key], b[key], tolerance, [...path, Array.isArray(before) ? Number(key) : key]),
  );
}

/** Whether two numbers agree within the tolerance; NaN agrees with NaN. */
function isNear(a: number, b: number, { rtol, atol }: Tolerance): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= atol + rtol * Math.max(Math.abs(a), Math.abs(b));
}

function toNumber(printed: string): number {
  return Number(printed.replace(/,/g, "").replace("−", "-"));
}

/** The line of `a` that first differs from `b`'s. */
function firstChange(a: string, b: string): string {
  const [la, lb] = [a.split("\n"), b.split("\n")];
  const i = la.findIndex((line, k) => line !== lb[k]);
  return (i < 0 ? "(nothing)" : la[i]).slice(0, 200);
}

function around(text: string, at: number, length: number): string {
  const [from, to] = [Math.max(0, at - CONTEXT), Math.min(text.length, at + length + CONTEXT)];
  const middle = text.slice(from, to).replace(/\s+/g, " ").trim();
  return `${from > 0 ? "…" : ""}${middle}${to < text.length ? "…" : ""}`;
}
