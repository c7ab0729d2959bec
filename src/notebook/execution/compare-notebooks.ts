/**
 * @file Compare a fresh run of a notebook with the committed one: text and numbers, tables by cell, figures by point, errors
 * by name, and each committed picture with its committed figure.
 *
 * A cell that trains has a tag such as `rtol=0.02`: its numbers depend on the arithmetic of the backend. On the native
 * kernels they are the same on every machine and are compared exactly. The tag `generated` marks a cell that shows text written
 * by a model trained in the notebook: it is compared on the native kernels alone. The tag `raises-exception` marks a cell that must
 * fail.
 */

import { PLOTLY_MIME } from "../display/show";
import { figurePictureFault } from "../images/picture-stamp";
import { joinStreams } from "./clean-notebook";
import { diffFigures } from "./compare-figures";
import { diffTables } from "./compare-tables";
import { diffJson, diffText, EXACT, TOLERANCE, type Tolerance } from "./compare-values";
import { cellName, joined, type Notebook, type NotebookCell, type Output } from "./notebook-file";

/** Maximum number of changes of one output in a message. */
const MOST_CHANGES = 8;

export interface CompareOptions {
  /** Compare the numbers of training cells exactly, for runs on the native kernels. Default false. */
  exactTraining?: boolean;
}

export interface Difference {
  /** Index of the cell, from 0; -1 for the notebook as a whole. */
  cell: number;
  message: string;
  /** Both figures, if a figure changed. */
  figures?: { committed: unknown; fresh: unknown };
}

/** @returns the differences; an empty array if the fresh run has no errors and equals the committed one */
export function compareNotebooks(committed: Notebook, fresh: Notebook, options: CompareOptions = {}): Difference[] {
  if (committed.cells.length !== fresh.cells.length) {
    return [{ cell: -1, message: `has ${committed.cells.length} cells, the fresh run ${fresh.cells.length}` }];
  }
  return fresh.cells.flatMap((cell, i) =>
    cell.cell_type === "code" ? compareCells(committed.cells[i], cell, i, options) : [],
  );
}

function compareCells(
  committed: NotebookCell,
  fresh: NotebookCell,
  index: number,
  { exactTraining = false }: CompareOptions,
): Difference[] {
  const name = cellName(fresh, index);
  const differences: Difference[] = [];
  const report = (message: string, figures?: Difference["figures"]): void => {
    differences.push({ cell: index, message: `${name}: ${message}`, ...(figures === undefined ? {} : { figures }) });
  };
  const tags = fresh.metadata.tags ?? [];
  const empty = joined(fresh.source).trim() === "";
  const expectsError = tags.includes("raises-exception");
  const before = normalised(committed.outputs ?? []);
  const after = normalised(fresh.outputs ?? []);
  const error = after.find((o) => o.output_type === "error");

  if (error !== undefined && !expectsError) report(`${error.ename}: ${error.evalue}`);
  if (error === undefined && expectsError && !empty) report("was expected to fail, and did not");
  if (fresh.execution_count == null && !empty) report("did not run");
  const warning = after.find((o) => o.output_type === "stream" && o.name === "stderr");
  if (warning !== undefined) report(`warns: ${joined(warning.text).trim().slice(0, 300)}`);
  if (committed.execution_count == null && !empty) report("is committed without having been run");
  else if (committed.execution_count !== fresh.execution_count) {
    report(`is committed as number ${committed.execution_count}, a fresh run makes it ${fresh.execution_count}: stale`);
  }
  if (differences.length > 0) return differences;

  if (before.length !== after.length) {
    report(`${before.length} outputs are committed, a fresh run makes ${after.length}: ${after.map(kind).join(", ")}`);
    return differences;
  }
  if (tags.includes("generated") && !exactTraining) return differences;
  const tolerance = toleranceOf(tags, exactTraining);
  before.forEach((output, k) => {
    const difference = compareOutputs(output, after[k], tolerance);
    if (difference !== null) report(`output ${k + 1}: ${difference.message}`, difference.figures);
  });
  for (const output of committed.outputs ?? []) {
    const fault = output.data?.[PLOTLY_MIME] === undefined ? null : figurePictureFault(output.data);
    if (fault !== null) report(`${fault}; run the notebook again ("npm run class-it -- notebooks run")`);
  }
  return differences;
}

/** Tolerance from the tag `rtol=`, if the cell has one. */
function toleranceOf(tags: readonly string[], exactTraining: boolean): Tolerance {
  const tag = tags.find((t) => t.startsWith("rtol="));
  if (tag === undefined) return TOLERANCE;
  const rtol = Number(tag.slice("rtol=".length));
  if (!(rtol > 0 && rtol < 1)) throw new Error(`tag "${tag}": want a number between 0 and 1, as in rtol=0.02`);
  return exactTraining ? EXACT : { rtol, atol: rtol };
}

/** Join streams and leave out pictures, which are compared with their figures, not with each other. */
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

type OutputDifference = Pick<Difference, "message" | "figures">;

function compareOutputs(a: Output, b: Output, tolerance: Tolerance): OutputDifference | null {
  if (a.output_type !== b.output_type || a.name !== b.name) return { message: `was ${kind(a)}, became ${kind(b)}` };
  if (a.output_type === "stream") return asMessage(diffText(joined(a.text), joined(b.text), tolerance));
  if (a.output_type === "error") return asMessage(a.ename === b.ename ? null : `was ${a.ename}, became ${b.ename}`);
  const [before, after] = [a.data ?? {}, b.data ?? {}];
  for (const mime of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (!(mime in before)) return { message: `${mime} is new` };
    if (!(mime in after)) return { message: `${mime} is gone` };
  }
  for (const mime of Object.keys(before).sort(byDetail)) {
    const changes = compareMime(mime, before[mime], after[mime], tolerance);
    if (changes.length === 0) continue;
    const message = listed(changes);
    return mime === PLOTLY_MIME ? { message, figures: { committed: before[mime], fresh: after[mime] } } : { message };
  }
  return null;
}

/** Figures and tables first, because their differences have names. */
function byDetail(a: string, b: string): number {
  const rank = (mime: string) => (mime.endsWith("json") ? 0 : mime === "text/html" ? 1 : 2);
  return rank(a) - rank(b);
}

function compareMime(mime: string, before: unknown, after: unknown, tolerance: Tolerance): string[] {
  if (mime === PLOTLY_MIME) return diffFigures(before, after, tolerance);
  if (mime.endsWith("json")) {
    return diffJson(before, after, tolerance).map(({ path }) => `$.${path.join(".")} changed`);
  }
  const [a, b] = [joined(before as string), joined(after as string)];
  const changes = mime === "text/html" ? diffTables(a, b, tolerance) : null;
  if (changes !== null && changes.length > 0) return changes;
  const change = diffText(a, b, tolerance);
  return change === null ? [] : [change];
}

function listed(changes: readonly string[]): string {
  const more = changes.length > MOST_CHANGES ? `\n  and ${changes.length - MOST_CHANGES} more` : "";
  return `${changes.slice(0, MOST_CHANGES).join("\n  ")}${more}`;
}

function asMessage(message: string | null): OutputDifference | null {
  return message === null ? null : { message };
}
