/** @file Fields that the pipeline reads as missing values. */

/** [pipeline] values that pandas reads as missing, also in text columns; the word `None` is one of them. */
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
