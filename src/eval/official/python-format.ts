/**
 * @file Numbers and JSON as Python writes them, so that our files equal the official pipeline's byte for byte.
 *
 * Differences from JavaScript: fixed digits round exact binary ties to even (0.125 is 0.12), whole floats end in `.0`,
 * exponents have two digits and begin below 1e-4 and at 1e16, NaN and infinities appear bare, separators have a blank,
 * and non-ASCII characters are escaped.
 */

/** A number to be written as a Python float: `1.0`, never `1`. */
export class PythonFloat {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/**
 * `f"{value:.{digits}f}"`.
 *
 * @example
 * pythonFixed(0.125, 2); // => "0.12", where toFixed gives "0.13"
 */
export function pythonFixed(value: number, digits: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const magnitude = Math.abs(value);
  if (magnitude >= 1e21) return `${sign}${BigInt(magnitude)}.${"0".repeat(digits)}`; // toFixed uses an exponent from here on
  const rounded = magnitude.toFixed(digits); // correct except for exact ties, which it rounds up
  const long = magnitude.toFixed(Math.min(100, digits + 30)); // enough digits to distinguish a tie from a near tie
  const tail = long.slice(long.length - 30);
  if (!/^50*$/.test(tail)) return sign + rounded;
  const truncated = long.slice(0, long.length - 30).replace(/\.$/, "");
  return sign + (Number(truncated[truncated.length - 1]) % 2 === 0 ? truncated : rounded);
}

/** `repr(float)`: the shortest digits that read back as the same double. */
export function pythonRepr(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const [mantissa, exponentText] = value.toExponential().split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const size = Math.abs(exponent).toString().padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  const negative = mantissa.startsWith("-");
  const digits = mantissa.replace(/[-.]/g, "");
  const point = exponent + 1;
  const body =
    point <= 0
      ? `0.${"0".repeat(-point)}${digits}`
      : digits.length > point
        ? `${digits.slice(0, point)}.${digits.slice(point)}`
        : `${digits.padEnd(point, "0")}.0`;
  return (negative ? "-" : "") + body;
}

/**
 * `json.dumps(value)` with its defaults, or with `indent=2`.
 *
 * Plain numbers must be integers and are written as such; wrap floats in `PythonFloat`. Keys keep their order, but
 * integer-like keys of an object come first in JavaScript; pass a Map if that matters.
 */
export function pythonJson(value: unknown, indent?: number): string {
  return write(value, indent, "");
}

function write(value: unknown, indent: number | undefined, margin: string): string {
  if (value === null || value === undefined) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "string") return pythonString(value);
  if (typeof value === "number") {
    if (!Number.isInteger(value)) throw new TypeError(`pythonJson: ${value} is not an integer; wrap it in PythonFloat`);
    return String(value);
  }
  if (value instanceof PythonFloat) {
    if (Number.isNaN(value.value)) return "NaN";
    if (!Number.isFinite(value.value)) return value.value > 0 ? "Infinity" : "-Infinity";
    return pythonRepr(value.value);
  }
  const inner = indent === undefined ? "" : margin + " ".repeat(indent);
  const between = indent === undefined ? ", " : `,\n${inner}`;
  const open = indent === undefined ? "" : `\n${inner}`;
  const close = indent === undefined ? "" : `\n${margin}`;
  if (Array.isArray(value)) {
    if (value.length === 0) return "[]";
    return `[${open}${value.map((v) => write(v, indent, inner)).join(between)}${close}]`;
  }
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  if (entries.length === 0) return "{}";
  const body = entries.map(([key, v]) => `${pythonString(String(key))}: ${write(v, indent, inner)}`).join(between);
  return `{${open}${body}${close}}`;
}

/** A JSON string with everything outside ASCII as `\uXXXX`, lower-case, like Python's `ensure_ascii`. */
function pythonString(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/**
 * Parse JSON in which Python wrote bare `NaN`, `Infinity` or `-Infinity`.
 *
 * @throws SyntaxError as JSON.parse
 */
export function parsePythonJson(text: string): unknown {
  // strings are matched first, so that a word NaN inside one is left alone
  const marked = text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g, (token) =>
    token.startsWith('"') ? token : `"\\u0000${token}"`,
  );
  return JSON.parse(marked, (_, value) => {
    if (value === "\u0000NaN") return Number.NaN;
    if (value === "\u0000Infinity") return Number.POSITIVE_INFINITY;
    if (value === "\u0000-Infinity") return Number.NEGATIVE_INFINITY;
    return value;
  });
}

/** `pathlib.PurePath(name).stem`: the last component without its last suffix, so `model-v1.5` becomes `model-v1`. */
export function pythonStem(name: string): string {
  const last =
    name
      .replace(/[/\\]+$/, "")
      .split(/[/\\]/)
      .pop() ?? "";
  const dot = last.lastIndexOf(".");
  return dot > 0 && dot < last.length - 1 ? last.slice(0, dot) : last;
}
