/**
 * @file Is a fresh run of a notebook what is committed? Text with a tolerance for numbers, figures deeply, errors by name.
 *
 * Pictures are not compared: they are drawn from the figures, by whatever browser is there. A cell may widen the
 * tolerance of its numbers by a tag such as `rtol=0.02` (a number that depends on the machine's arithmetic), and may be
 * expected to fail by the tag `raises-exception`.
 */

import { joinStreams, withoutColours } from "./clean-notebook";
import { cellName, joined, type Notebook, type NotebookCell, type Output } from "./notebook-file";

export interface Tolerance {
  rtol: number;
  atol: number;
}

/** [ours] a change of one part in a thousand in a score is found; the last digit of a float64 sum is not. */
export const TOLERANCE: Tolerance = { rtol: 1e-6, atol: 1e-9 };

export interface Difference {
  /** Of the cell, from 0; -1 for the notebook as a whole. */
  cell: number;
  message: string;
  /** Both figures, where a figure changed. */
  figures?: { committed: unknown; fresh: unknown };
}

/** @returns nothing where the fresh run is good and equals the committed one */
export function compareNotebooks(committed: Notebook, fresh: Notebook): Difference[] {
  if (committed.cells.length !== fresh.cells.length) {
    return [{ cell: -1, message: `has ${committed.cells.length} cells, the fresh run ${fresh.cells.length}` }];
  }
  return fresh.cells.flatMap((cell, i) => (cell.cell_type === "code" ? compareCells(committed.cells[i], cell, i) : []));
}

function compareCells(committed: NotebookCell, fresh: NotebookCell, index: number): Difference[] {
  const name = cellName(fresh, index);
  const differences: Difference[] = [];
  const say = (message: string, figures?: Difference["figures"]): void => {
    differences.push({ cell: index, message: `${name}: ${message}`, ...(figures === undefined ? {} : { figures }) });
  };
  const tags = fresh.metadata.tags ?? [];
  const empty = joined(fresh.source).trim() === "";
  const expectsError = tags.includes("raises-exception");
  const before = normalised(committed.outputs ?? []);
  const after = normalised(fresh.outputs ?? []);
  const error = after.find((o) => o.output_type === "error");

  if (error !== undefined && !expectsError) say(`${error.ename}: ${error.evalue}`);
  if (error === undefined && expectsError && !empty) say("was expected to fail, and did not");
  if (fresh.execution_count == null && !empty) say("did not run");
  const warning = after.find((o) => o.output_type === "stream" && o.name === "stderr");
  if (warning !== undefined) say(`warns: ${joined(warning.text).trim().slice(0, 300)}`);
  if (committed.execution_count == null && !empty) say("is committed without having been run");
  else if (committed.execution_count !== fresh.execution_count) {
    say(`is committed as number ${committed.execution_count}, a fresh run makes it ${fresh.execution_count}: stale`);
  }
  if (differences.length > 0) return differences;

  if (before.length !== after.length) {
    say(`${before.length} outputs are committed, a fresh run makes ${after.length}: ${after.map(kind).join(", ")}`);
    return differences;
  }
  const tolerance = toleranceOf(tags);
  before.forEach((output, k) => {
    const difference = compareOutputs(output, after[k], tolerance);
    if (difference !== null) say(`output ${k + 1}: ${difference.message}`, difference.figures);
  });
  return differences;
}

function toleranceOf(tags: readonly string[]): Tolerance {
  const tag = tags.find((t) => t.startsWith("rtol="));
  if (tag === undefined) return TOLERANCE;
  const rtol = Number(tag.slice("rtol=".length));
  if (!(rtol > 0 && rtol < 1)) throw new Error(`tag "${tag}": want a number between 0 and 1, as in rtol=0.02`);
  return { rtol, atol: rtol };
}

/** Streams joined, pictures left out. */
function normalised(outputs: readonly Output[]): Output[] {
  return joinStreams(outputs).map((output) => {
    if (output.data === undefined) return output;
    const data = Object.fromEntries(Object.entries(output.data).filter(([mime]) => !mime.startsWith("image/")));
    return { ...output, data };
  });
}

function kind(output: Output): string {
  return output.output_type === "stream" ? `${output.name}` : (Object.keys(output.data ?? {})[0] ?? output.output_type);
}

function compareOutputs(
  a: Output,
  b: Output,
  tolerance: Tolerance,
): { message: string; figures?: Difference["figures"] } | null {
  if (a.output_type !== b.output_type || a.name !== b.name) return { message: `was ${kind(a)}, became ${kind(b)}` };
  if (a.output_type === "stream") return asMessage(diffText(joined(a.text), joined(b.text), tolerance));
  if (a.output_type === "error") return asMessage(a.ename === b.ename ? null : `was ${a.ename}, became ${b.ename}`);
  const [before, after] = [a.data ?? {}, b.data ?? {}];
  for (const mime of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (!(mime in before)) return { message: `${mime} is new` };
    if (!(mime in after)) return { message: `${mime} is gone` };
    if (mime.endsWith("json")) {
      const message = diffJson(before[mime], after[mime], tolerance);
      if (message !== null) return { message, figures: { committed: before[mime], fresh: after[mime] } };
    }
  }
  for (const mime of Object.keys(before)) {
    if (mime.endsWith("json")) continue;
    const message = diffText(joined(before[mime] as string), joined(after[mime] as string), tolerance);
    if (message !== null) return { message };
  }
  return null;
}

function asMessage(message: string | null): { message: string } | null {
  return message === null ? null : { message };
}

const NUMBER = /[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?/g;

/**
 * The first difference of two texts, or null. Numbers may differ within the tolerance; runs of blanks and table rules,
 * whose width moves with the digits, count as one.
 */
export function diffText(before: string, after: string, tolerance: Tolerance = TOLERANCE): string | null {
  const [a, b] = [withoutColours(before), withoutColours(after)];
  const frame = (text: string) =>
    text
      .replace(NUMBER, "#")
      .replace(/[ \t─═]+/g, " ")
      .trim();
  if (frame(a) !== frame(b)) return `text changed\n  - ${firstChange(a, b)}\n  + ${firstChange(b, a)}`;
  const [x, y] = [a.match(NUMBER) ?? [], b.match(NUMBER) ?? []];
  for (let i = 0; i < x.length; i++) {
    if (!isNear(toNumber(x[i]), toNumber(y[i]), tolerance)) return `number ${i + 1}: ${x[i]} became ${y[i]}`;
  }
  return null;
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

/** The path of the first difference of two JSON values and both sides, or null. */
export function diffJson(a: unknown, b: unknown, tolerance: Tolerance = TOLERANCE, at = "$"): string | null {
  if (typeof a === "number" && typeof b === "number") return isNear(a, b, tolerance) ? null : `${at}: ${a} became ${b}`;
  if (typeof a === "string" && typeof b === "string") {
    return diffText(a, b, tolerance) === null ? null : `${at}: ${short(a)} became ${short(b)}`;
  }
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") {
    return a === b ? null : `${at}: ${short(a)} became ${short(b)}`;
  }
  const [before, after] = [a as Record<string, unknown>, b as Record<string, unknown>];
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (!(key in before)) return `${at}.${key}: is new`;
    if (!(key in after)) return `${at}.${key}: is gone`;
    const difference = diffJson(before[key], after[key], tolerance, `${at}.${key}`);
    if (difference !== null) return difference;
  }
  return null;
}

function short(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 80);
}

function isNear(a: number, b: number, { rtol, atol }: Tolerance): boolean {
  return Object.is(a, b) || Math.abs(a - b) <= atol + rtol * Math.max(Math.abs(a), Math.abs(b));
}
