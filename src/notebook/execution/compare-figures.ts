/**
 * @file Compares two plotly figures and names a changed point by its task and model: "BLiMP, wide merged: 0.864 became
 * 0.862".
 */

import { diffJson, type JsonDifference, type Tolerance } from "./compare-values";

interface Traces {
  data?: Readonly<Record<string, unknown>>[];
  layout?: Readonly<Record<string, unknown>>;
}

/**
 * Every changed point once, by its name; any other difference by its path in the JSON. The words of a figure
 * (`layout.meta`) depend on its points, so they are compared only if no point differs.
 */
export function diffFigures(before: unknown, after: unknown, tolerance: Tolerance): string[] {
  const figure = before as Traces;
  const named = new Map<string, string>();
  const others: string[] = [];
  for (const difference of diffJson(before, after, tolerance)) {
    const name = pointName(figure, difference.path);
    if (name === null) {
      if (difference.path[1] !== "meta") others.push(`$.${difference.path.join(".")}${change(difference)}`);
    } else if (typeof difference.before === "number" || !named.has(name)) {
      named.set(name, `${name}${change(difference)}`);
    }
  }
  if (named.size + others.length > 0) return [...named.values(), ...others];
  return diffJson(before, after, tolerance).map((difference) => `$.${difference.path.join(".")}${change(difference)}`);
}

function change({ before, after }: JsonDifference): string {
  if (before === undefined) return " is new";
  if (after === undefined) return " is gone";
  const [was, is] =
    typeof before === "number" && typeof after === "number" ? apart(before, after) : [before, after].map(short);
  return `: ${was} became ${is}`;
}

/** Two numbers with three significant digits, or as many more as are needed to distinguish them. */
function apart(a: number, b: number): string[] {
  for (let digits = 3; digits <= 17; digits++) {
    const [x, y] = [a, b].map((value) => String(Number(value.toPrecision(digits))));
    if (x !== y) return [x, y];
  }
  return [String(a), String(b)];
}

function short(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 80);
}

/** `data.2.y.0` -> "BLiMP, wide merged"; null if the path is not a value of a trace. */
function pointName(figure: Traces, path: readonly (string | number)[]): string | null {
  const [top, index, ...inside] = path;
  const trace = top === "data" && typeof index === "number" ? figure.data?.[index] : undefined;
  const position = inside[inside.length - 1];
  if (trace === undefined || inside.length < 2 || typeof position !== "number") return null;
  const key = inside.slice(0, -1).join(".");
  const model = typeof trace.name === "string" ? trace.name : `trace ${Number(index) + 1}`;
  const label = pointLabel(figure, trace, key, position);
  return label === null ? `${model}, ${key}` : `${label}, ${model}${VALUES.has(key) ? "" : `, ${key}`}`;
}

/** Lists of a trace that contain values; other lists are named in the message. */
const VALUES = new Set(["x", "y", "z", "text", "customdata"]);

/** The point's own label ("BLiMP: 0.864 [0.85, 0.87]" -> "BLiMP"), else its position on the other axis. */
function pointLabel(figure: Traces, trace: Readonly<Record<string, unknown>>, key: string, at: number): string | null {
  for (const words of [trace.text, trace.customdata]) {
    const own = Array.isArray(words) ? (words[at] as unknown) : undefined;
    if (typeof own === "string" && own !== "") return own.split(": ")[0];
  }
  const across = key === "x" ? "y" : "x";
  const places = trace[across];
  const place = Array.isArray(places) ? (places[at] as unknown) : undefined;
  if (place === undefined || place === null) return null;
  const axisId = typeof trace[`${across}axis`] === "string" ? (trace[`${across}axis`] as string) : across;
  const axis = figure.layout?.[axisId.replace(/^([xy])/, "$1axis")] as Axis | undefined;
  const tick = axis?.tickvals?.indexOf(place) ?? -1;
  if (tick >= 0 && axis?.ticktext?.[tick] !== undefined) return axis.ticktext[tick];
  const title = axis?.title?.text ?? "";
  return title === "" ? String(place) : `${title} ${String(place)}`;
}

interface Axis {
  title?: { text?: string };
  tickvals?: unknown[];
  ticktext?: string[];
}
