/**
 * @file Parsers of numeric options; a value that is not a number or is out of range is refused with the option's name.
 */

import { InvalidArgumentError } from "commander";

interface Range {
  least?: number;
  most?: number;
}

/** Returns a parser of whole numbers in decimal digits. `least` is 0 unless given. */
export function wholeNumber({ least = 0, most = Number.MAX_SAFE_INTEGER }: Range = {}): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`Want a whole number${range({ least, most })}.`);
  };
}

/**
 * Returns a parser of decimal numbers such as `0.7` or `1e-3`. `above` excludes the bound itself, `least` includes it.
 */
export function decimalNumber({ least, most, above }: Range & { above?: number } = {}): (text: string) => number {
  return (text) => {
    const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    const isInside =
      Number.isFinite(value) &&
      value >= (least ?? Number.NEGATIVE_INFINITY) &&
      value <= (most ?? Number.POSITIVE_INFINITY) &&
      value > (above ?? Number.NEGATIVE_INFINITY);
    if (isInside) return value;
    throw new InvalidArgumentError(
      `Want a number${above === undefined ? "" : ` above ${above}`}${range({ least, most })}.`,
    );
  };
}

function range({ least, most }: Range): string {
  const isBounded = most !== undefined && most !== Number.MAX_SAFE_INTEGER;
  if (least !== undefined && isBounded) return ` from ${least} to ${most}`;
  if (least !== undefined) return ` of at least ${least}`;
  return isBounded ? ` of at most ${most}` : "";
}

/** Help of `--protocol`. */
export const PROTOCOL_HELP = "rules of the official pipeline of 2025 or 2026; see environment.md for what differs";

/** Help of `--data` where a command reads benchmarks. */
export const EVALUATION_DATA =
  "folder with evaluation_data/, or this folder itself, its full_eval/ or fast_eval/, or one task's folder (blimp_filtered/, ...)";
