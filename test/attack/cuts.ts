/**
 * @file Files of a finished run that are cut to a random length: run again, a command makes them whole, refuses by name, or
 * does not read them. The last is allowed only in the folder of runs, whose readers verify checksums (see the mutants).
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { Rng } from "../../src/util/rng";
import type { Finding, Row } from "./findings";
import { faultOf } from "./judge";
import { lastLine, type ProgramAttack, within } from "./kills";
import { difference, type Ground, PROGRAMS, type Program, start, treeOf } from "./micro/programs";

/** With more cuts per program than it has files, each file is cut once. */
export async function attackWithCuts(options: ProgramAttack): Promise<{ rows: Row[]; findings: Finding[] }> {
  const rows: Row[] = [];
  const findings: Finding[] = [];
  for (const program of PROGRAMS.filter(({ name }) => options.only === undefined || name.includes(options.only))) {
    const base = path.join(options.ground.folder, "cuts", program.name.replaceAll(" ", "-"));
    const straight = path.join(base, "straight");
    const first = await start(program, options.ground, straight).ended;
    if (first.code !== 0) throw new Error(`${program.name}: the plain run failed: ${first.said}`);
    const wanted = treeOf(straight);
    const names = Rng.fromSeed(options.seed)
      .fork(`cuts/${program.name}`)
      .shuffled([...wanted.keys()]);
    const row: Row = { part: "cuts", what: program.name, tried: 0, refused: 0, equal: 0, other: 0, findings: 0 };
    for (const [index, name] of names.entries()) {
      if (options.index === undefined ? index >= options.perProgram : index !== options.index) continue;
      const folder = path.join(base, "cut");
      fs.cpSync(straight, folder, { recursive: true, preserveTimestamps: true });
      const rng = Rng.fromSeed(options.seed).fork(`cuts/${program.name}/${index}`);
      row.tried++;
      const outcome = await cutAndRun(program, options.ground, folder, { name, rng, wanted });
      if (outcome === "equal") row.equal++;
      else if (outcome === "refused") row.refused++;
      else if (outcome === "not read") row.other++;
      else {
        row.findings++;
        const again = `npm run attack -- --part cuts --seed ${options.seed} --only "${program.name}" --index ${index}`;
        findings.push({ part: "cuts", what: `${program.name}, ${name}`, ...outcome, again });
      }
      fs.rmSync(folder, { recursive: true, force: true });
    }
    if (row.other > 0) row.note = `${row.other} not read again, left as they are`;
    rows.push(row);
    options.log(`cuts, ${program.name}: ${row.tried} tried, ${row.findings} findings`);
  }
  return { rows, findings };
}

async function cutAndRun(
  program: Program,
  ground: Ground,
  folder: string,
  { name, rng, wanted }: { name: string; rng: Rng; wanted: ReadonlyMap<string, string> },
): Promise<"equal" | "refused" | "not read" | { fault: string; message: string }> {
  const file = path.join(folder, name);
  const length = rng.int(Math.max(1, fs.statSync(file).size));
  fs.truncateSync(file, length);
  const end = await within(start(program, ground, folder).ended, 300_000);
  if (end === null) return { fault: `does not end (${length} bytes left)`, message: "" };
  if (/\n\s+at /.test(end.said)) return { fault: `a stack trace (${length} bytes left)`, message: end.said };
  if (end.code !== 0) {
    const message = lastLine(end.said);
    const fault = faultOf(new Error(message), [path.basename(name)]);
    return fault === null ? "refused" : { fault: `${fault} (${length} bytes left)`, message };
  }
  const other = difference(wanted, treeOf(folder));
  if (other === `other bytes in ${name}` && name.startsWith("runs/")) return "not read";
  return other === null ? "equal" : { fault: `${other} (${length} bytes left)`, message: lastLine(end.said) };
}
