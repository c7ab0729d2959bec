/**
 * @file Converts rows to a danfojs DataFrame or an arquero table, with every cell equal.
 *
 * danfojs reads an array of objects by position, so a missing column shifts the values of a row; here every row gets
 * every column, and an empty cell is null. Three of its methods handle empty cells wrongly (`describe` throws,
 * `sortValues` misplaces NaN, `groupby` counts null as 0). They are replaced by versions that behave like pandas when
 * danfojs is loaded, on the first call, because loading takes a second.
 */

import { type ColumnTable, table } from "arquero";
import type { DataFrame } from "danfojs-node";
import { max, mean, median, min, sampleStandardDeviation, sampleVariance } from "simple-statistics";

/** A danfojs DataFrame; columns in order of first appearance. */
export function asDataFrame(rows: readonly object[]): DataFrame {
  const columns = columnsOf(rows);
  const cells = (rows as readonly Record<string, Cell>[]).map((row) => columns.map((c) => row[c] ?? null));
  return new (danfojs().DataFrame)(cells, { columns });
}

/** An arquero table; columns in order of first appearance, an empty cell is null. */
export function asTable(rows: readonly object[]): ColumnTable {
  const columns = columnsOf(rows);
  return table(columns.map((c) => [c, (rows as readonly Record<string, Cell>[]).map((row) => row[c] ?? null)]));
}

type Cell = number | string | boolean | null;

function columnsOf(rows: readonly object[]): string[] {
  return [...new Set(rows.flatMap((row) => Object.keys(row)))];
}

let loaded: typeof import("danfojs-node") | null = null;

function danfojs(): typeof import("danfojs-node") {
  if (loaded === null) {
    loaded = require("danfojs-node") as typeof import("danfojs-node");
    // danfojs returns parts of a frame as the class below its public one, which has the methods
    repair(Object.getPrototypeOf(loaded.DataFrame));
  }
  return loaded;
}

function repair(frame: typeof DataFrame): void {
  const present = (values: readonly unknown[]) =>
    values.filter((v) => v !== null && v !== undefined && !Number.isNaN(v)) as number[];

  frame.prototype.describe = function describe(this: DataFrame) {
    const index = ["count", "mean", "std", "min", "median", "max", "variance"];
    const numeric = this.columns.filter((_, i) => this.dtypes[i] !== "string");
    const columns = numeric.map((name) => {
      const values = present(this.column(name).values as unknown[]).map(Number);
      const few = values.length < 2;
      return values.length === 0
        ? [0, ...Array(6).fill(Number.NaN)]
        : [
            values.length,
            mean(values),
            few ? Number.NaN : sampleStandardDeviation(values),
            min(values),
            median(values),
            max(values),
            few ? Number.NaN : sampleVariance(values),
          ];
    });
    return new frame(
      index.map((_, i) => columns.map((c) => c[i])),
      { columns: numeric, index },
    );
  };

  frame.prototype.sortValues = function sortValues(this: DataFrame, column, options = {}) {
    if (!this.columns.includes(column)) {
      throw new Error(`sortValues: no column "${column}"; one of ${this.columns.join(", ")}`);
    }
    const values = this.column(column).values as (number | string)[];
    const filled = values.map((_, i) => i).filter((i) => present([values[i]]).length > 0);
    const empty = values.map((_, i) => i).filter((i) => !filled.includes(i));
    const sign = options.ascending === false ? -1 : 1;
    filled.sort((a, b) => sign * Number(values[a] > values[b]) - sign * Number(values[a] < values[b]));
    const sorted = this.iloc({ rows: [...filled, ...empty] });
    if (options.inplace !== true) return sorted;
    this.$setValues(sorted.values as number[][]);
    this.$setIndex(sorted.index);
    return this;
  };

  const groups = Object.getPrototypeOf(new frame([[1]], { columns: ["a"] }).groupby(["a"]));
  const aggregate = groups.groupMathLog;
  groups.groupMathLog = function groupMathLog(values: unknown[], operation: string): number[] {
    const filled = operation.startsWith("cum") ? values : present(values);
    const fewest = operation === "std" || operation === "var" ? 2 : 1;
    if (operation !== "count" && filled.length < fewest) return [Number.NaN];
    return aggregate.call(this, filled, operation);
  };
}
