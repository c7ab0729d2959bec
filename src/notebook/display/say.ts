/** @file Checks sentences about results, and answers to exercises. */

import { markdown } from "./show";

/**
 * Show a sentence about the results (Markdown) if `holds` is true.
 *
 * If it is false, a warning on standard error replaces the sentence, and the regression test of the notebooks fails at this
 * cell. The notebook continues, because other data may give other results.
 *
 * @example
 * say(merged < base, `Merged is below base: ${percent(merged)} against ${percent(base)}.`);
 */
export function say(holds: boolean, sentence: string): void {
  if (holds) markdown(sentence);
  else process.stderr.write(`This sentence no longer holds: ${sentence}\n`);
}

/**
 * Show whether an answer to an exercise is correct.
 *
 * The expected number is the last one in the sentence, with the precision as printed: "24" accepts 23.5 to 24.5, "0.86"
 * accepts 0.855 to 0.865. A sentence without a number states a condition, and `value` must be true.
 *
 * @param value - undefined: no answer yet; the sentence is shown as the task
 * @throws Error if the sentence does not fit the type of the value
 * @example
 * check("your median should be 24", median(lengths));
 */
export function check(sentence: string, value: number | boolean | undefined): void {
  const expected = expectedIn(sentence);
  if (value === undefined) {
    process.stdout.write(`to do: ${sentence}\n`);
    return;
  }
  if (expected === null ? typeof value !== "boolean" : typeof value !== "number") {
    throw new Error(
      `check("${sentence}", ${String(value)}): ${
        expected === null ? "a sentence without a number needs true or false" : "the sentence expects a number"
      }`,
    );
  }
  const isRight = expected === null ? value === true : Math.abs(Number(value) - expected.value) <= expected.tolerance;
  const found = expected === null || isRight ? "" : `, and it is ${printed(Number(value), expected.digits)}`;
  process.stdout.write(`${isRight ? "right" : "not yet"}: ${sentence}${found}\n`);
}

function expectedIn(sentence: string): { value: number; tolerance: number; digits: number } | null {
  const numbers = sentence.match(/[-−]?\d+(?:,\d{3})*(?:\.\d+)?/g);
  if (numbers === null) return null;
  const last = numbers[numbers.length - 1].replace(/,/g, "").replace("−", "-");
  const digits = last.split(".")[1]?.length ?? 0;
  const half = 0.5 * 10 ** -digits;
  return { value: Number(last), tolerance: half * (1 + 1e-9), digits };
}

/** One more digit than expected, so that a near miss is visible. */
function printed(value: number, digits: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(digits + 1).replace("-", "−");
}
