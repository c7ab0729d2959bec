/** @file What the pipeline's tables take for a missing value. */

/** [pipeline] what pandas takes for a missing value, in text columns too; a word `None` is one of them. */
const MISSING = new Set(
  [
    "",
    "#N/A",
    "#N/A N/A",
    "#NA",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "<NA>",
    "N/A",
    "NA",
  ].concat(["NULL", "NaN", "None", "n/a", "nan", "null"]),
);

/** Whether pandas would read this field of a CSV file as missing. */
export function isMissing(field: string): boolean {
  return MISSING.has(field);
}
