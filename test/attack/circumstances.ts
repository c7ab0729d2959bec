/** @file Commands in odd circumstances: two at once, locks of dead processes, a clock that runs backwards, a read-only home, strange names. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Finding, Row } from "./findings";
import { lastLine, within } from "./kills";
import { difference, type Ground, PROGRAMS, type Program, start, treeOf } from "./micro/programs";

export interface CircumstanceOptions {
  ground: Ground;
  only?: string;
  log: (line: string) => void;
}

type Outcome = "equal" | "refused" | { fault: string; message: string };
type Circumstance = (
  program: Program,
  ground: Ground,
  folder: string,
  wanted: ReadonlyMap<string, string>,
) => Promise<Outcome>;

const CIRCUMSTANCES: Record<string, Circumstance> = {
  "two processes at once": async (program, ground, folder, wanted) => {
    const first = start(program, ground, folder);
    const second = start(program, ground, folder);
    const ends = await Promise.all([within(first.ended, 300_000), within(second.ended, 300_000)]);
    const failed = ends.filter((end) => end === null || end.code !== 0);
    const refusal = /in use by process \d+ on|is being locked by another process/;
    const bad = failed.find((end) => end === null || !refusal.test(lastLine(end.said)));
    if (bad !== undefined)
      return { fault: "the second process fails otherwise than by the lock", message: lastLine(bad?.said ?? "no end") };
    if (failed.length === 2) return { fault: "both are refused", message: lastLine(failed[0]?.said ?? "") };
    const other = difference(wanted, treeOf(folder));
    return other === null ? (failed.length === 1 ? "refused" : "equal") : { fault: other, message: "" };
  },
  "a lock of a dead or reused process": async (program, ground, folder, wanted) => {
    const running = start(program, ground, folder);
    setTimeout(() => running.kill("SIGKILL", true), 100);
    await running.ended;
    fs.mkdirSync(path.join(folder, "runs"), { recursive: true });
    // every lock that a program may take, of this very process, which began at another time
    const owner = JSON.stringify({
      pid: process.pid,
      host: (await import("node:os")).hostname(),
      began: "another boot 1",
    });
    for (const name of ["run.lock", ".lock", "answers.jsonl.lock", "runs/reproduce.lock"]) {
      fs.writeFileSync(path.join(folder, name), owner);
    }
    const end = await within(start(program, ground, folder).ended, 300_000);
    if (end === null || end.code !== 0)
      return { fault: "the lock is not taken over", message: lastLine(end?.said ?? "no end") };
    for (const name of ["run.lock", ".lock", "answers.jsonl.lock", "runs/reproduce.lock"]) {
      fs.rmSync(path.join(folder, name), { force: true }); // those that this program does not take
    }
    const other = difference(wanted, treeOf(folder));
    return other === null ? "equal" : { fault: other, message: "" };
  },
  "a clock that runs backwards": async (program, ground, folder, wanted) => {
    const end = await within(start(program, ground, folder, { CLASS_IT_ATTACK_CLOCK: "backwards" }).ended, 300_000);
    if (end === null || end.code !== 0) return { fault: "fails", message: lastLine(end?.said ?? "no end") };
    const other = difference(wanted, treeOf(folder));
    return other === null ? "equal" : { fault: other, message: "" };
  },
  "a home folder that cannot be written": async (program, ground, folder, wanted) => {
    const home = { HOME: "/dev/null/home", XDG_CACHE_HOME: "/dev/null/cache", XDG_CONFIG_HOME: "/dev/null/config" };
    const end = await within(start(program, ground, folder, home).ended, 300_000);
    if (end === null || end.code !== 0) return { fault: "fails", message: lastLine(end?.said ?? "no end") };
    const other = difference(wanted, treeOf(folder));
    return other === null ? "equal" : { fault: other, message: "" };
  },
  "a name with blanks, Unicode, quotes and a leading dash": async (program, ground, folder, wanted) => {
    const odd = path.join(folder, `- ünï ☃ "q" '$HOME' #%41;&`);
    const end = await within(start(program, ground, odd).ended, 300_000);
    if (end === null || end.code !== 0) return { fault: "fails", message: lastLine(end?.said ?? "no end") };
    const other = difference(wanted, treeOf(odd));
    return other === null ? "equal" : { fault: other, message: "" };
  },
};

export async function attackWithCircumstances(
  options: CircumstanceOptions,
): Promise<{ rows: Row[]; findings: Finding[] }> {
  const findings: Finding[] = [];
  const rows = Object.keys(CIRCUMSTANCES).map(
    (what): Row => ({
      ...{ part: "circumstances", what, tried: 0, refused: 0, equal: 0, other: 0, findings: 0 },
    }),
  );
  for (const program of PROGRAMS.filter(({ name }) => options.only === undefined || name.includes(options.only))) {
    const base = path.join(options.ground.folder, "circumstances", program.name.replaceAll(" ", "-"));
    const straight = await start(program, options.ground, path.join(base, "straight")).ended;
    if (straight.code !== 0) throw new Error(`${program.name}: the plain run failed: ${straight.said}`);
    const wanted = treeOf(path.join(base, "straight"));
    for (const row of rows) {
      const folder = path.join(base, "odd");
      row.tried++;
      const outcome = await CIRCUMSTANCES[row.what](program, options.ground, folder, wanted);
      if (outcome === "equal") row.equal++;
      else if (outcome === "refused") row.refused++;
      else {
        row.findings++;
        const again = `npm run attack -- --part circumstances --only "${program.name}"`;
        findings.push({ part: "circumstances", what: `${row.what}, ${program.name}`, ...outcome, again });
      }
      fs.rmSync(folder, { recursive: true, force: true });
    }
    options.log(`circumstances, ${program.name}: done`);
  }
  return { rows, findings };
}
