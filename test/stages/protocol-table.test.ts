import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { PROTOCOL_2026_SWITCHES } from "../../src/eval/scoring-mode";
import { readCsv } from "../../src/util/csv";
import { checkListed } from "../../src/util/manifest";
import { projectRoot } from "../../src/util/project-root";
import { assertInEnvironment } from "../support/environment-table";

/** What the commands in environment.md wrote. */
const FILES = ["wide-byte-level.csv", "wide-byte-level-ewok.csv", "wide-base-sample-aoa.csv"];

test("environment.md shows what each change of protocol 2026 alone does to each score of one model", () => {
  const rows = FILES.flatMap((name) => {
    const file = path.join(projectRoot(), "data", "results", "protocol-changes", name);
    checkListed(file, "make the table again");
    const { header, rows } = readCsv(file, ["task", "n", "ties", "2025", ...PROTOCOL_2026_SWITCHES, "2026"]);
    return rows.map((fields) => Object.fromEntries(header.map((column, i) => [column, fields[i]])));
  });
  const shown = (value: string) => (value === "" ? "–" : Number(value).toFixed(4));
  const lines = rows.map((row) => {
    const tried = PROTOCOL_2026_SWITCHES.filter((name) => row[name] !== "");
    const moved = tried.filter((name) => row[name] !== row["2025"]);
    // where one change moves the score, the whole protocol does what it does; several act on age of acquisition
    if (row["2026"] !== "" && moved.length < 2)
      assert.equal(row["2026"], moved.length === 0 ? row["2025"] : row[moved[0]], row.task);
    const effect = moved.map((name) => `${name} ${shown(row[name])}`).join(", ") || "none";
    return [row.task, row.n, row.ties, shown(row["2025"]), effect, shown(row["2026"])];
  });
  assertInEnvironment([["score", "items", "ties", "2025", "changes that move it, alone", "2026"], ...lines]);
});
