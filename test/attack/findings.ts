/** @file What an attack found, and the table of what was tried. */

/** One line of the table. */
export interface Row {
  part: string;
  what: string;
  tried: number;
  /** Refused in one plain line. */
  refused: number;
  /** The same numbers as the clean file, or as the run that was never stopped. */
  equal: number;
  /** Formats without a checksum: a valid file with other content. */
  other: number;
  findings: number;
  note?: string;
}

export interface Finding {
  part: string;
  what: string;
  fault: string;
  message: string;
  /** The command that shows it again. */
  again: string;
}

export function table(rows: readonly Row[]): string {
  const header = ["part", "what", "tried", "refused", "equal", "other content", "findings", ""];
  const body = rows.map((r) => [
    r.part,
    r.what,
    ...[r.tried, r.refused, r.equal, r.other, r.findings].map(String),
    r.note ?? "",
  ]);
  const sum = (key: "tried" | "refused" | "equal" | "other" | "findings") =>
    String(rows.reduce((n, r) => n + r[key], 0));
  body.push(["", "in all", sum("tried"), sum("refused"), sum("equal"), sum("other"), sum("findings"), ""]);
  const widths = header.map((h, i) => Math.max(h.length, ...body.map((cells) => cells[i].length)));
  return [header, ...body]
    .map((cells) =>
      cells
        .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
