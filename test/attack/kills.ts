/** @file Commands killed at random moments: run again they end with the bytes of a run that was never stopped. */

import * as fs from "node:fs";
import * as path from "node:path";
import { Rng } from "../../src/util/rng";
import type { Finding, Row } from "./findings";
import { faultOf } from "./judge";
import { difference, type Ended, type Ground, PROGRAMS, type Program, start, treeOf } from "./micro/programs";

const HOWS = ["SIGKILL", "SIGKILL", "SIGTERM", "SIGINT twice", "SIGKILL and cut a file"] as const;
type How = (typeof HOWS)[number];

export interface ProgramAttack {
  seed: string;
  ground: Ground;
  /** Kills, or files that are cut, per program. */
  perProgram: number;
  only?: string;
  index?: number;
  log: (line: string) => void;
}

export async function attackWithKills(options: ProgramAttack): Promise<{ rows: Row[]; findings: Finding[] }> {
  const rows: Row[] = [];
  const findings: Finding[] = [];
  for (const program of PROGRAMS.filter(({ name }) => options.only === undefined || name.includes(options.only))) {
    const base = path.join(options.ground.folder, "kills", program.name.replaceAll(" ", "-"));
    const straight = path.join(base, "straight");
    const first = await start(program, options.ground, straight).ended;
    if (first.code !== 0) throw new Error(`${program.name}: the run without a kill failed: ${first.said}`);
    const wanted = treeOf(straight);
    const row: Row = { part: "kills", what: program.name, tried: 0, refused: 0, equal: 0, other: 0, findings: 0 };
    const [from, to] = options.index === undefined ? [0, options.perProgram] : [options.index, options.index + 1];
    const missed = { early: 0, late: 0 };
    for (let index = from; index < to; index++) {
      const rng = Rng.fromSeed(options.seed).fork(`kills/${program.name}/${index}`);
      const how = HOWS[index % HOWS.length];
      const folder = path.join(base, String(index));
      row.tried++;
      const kill = { how, rng, seconds: first.seconds, wanted };
      const { fault, when } = await killAndResume(program, options.ground, folder, kill);
      if (when !== "at work") missed[when]++;
      if (fault === null) row.equal++;
      else if (fault === "refused") row.refused++;
      else {
        row.findings++;
        const again = `npm run attack -- --part kills --seed ${options.seed} --only "${program.name}" --index ${index}`;
        findings.push({ part: "kills", what: `${program.name}, ${how}`, ...fault, again });
      }
      fs.rmSync(folder, { recursive: true, force: true });
    }
    const notes = [`${missed.early} before the first file`, `${missed.late} after the end`];
    row.note = notes.filter((note) => !note.startsWith("0")).join(", ");
    rows.push(row);
    options.log(`kills, ${program.name}: ${row.tried} tried, ${row.findings} findings`);
  }
  return { rows, findings };
}

interface Kill {
  how: How;
  rng: Rng;
  /** Of the run without a kill. */
  seconds: number;
  wanted: ReadonlyMap<string, string>;
}

interface Outcome {
  /** Null if the resumed run ends with the bytes wanted; `refused` if a file that was cut is named in one line. */
  fault: null | "refused" | { fault: string; message: string };
  /** When the signal came: before the first file, in the middle, or after the end. */
  when: "early" | "at work" | "late";
}

async function killAndResume(
  program: Program,
  ground: Ground,
  folder: string,
  { how, rng, seconds, wanted }: Kill,
): Promise<Outcome> {
  fs.mkdirSync(folder, { recursive: true });
  const running = start(program, ground, folder);
  const timer = setTimeout(
    () => {
      if (how === "SIGINT twice") {
        running.kill("SIGINT", true);
        setTimeout(() => running.kill("SIGINT", true), 100);
      } else running.kill(how === "SIGTERM" ? "SIGTERM" : "SIGKILL");
    },
    1000 * seconds * (0.2 + 0.8 * rng.next()),
  );
  const killed = await within(running.ended, 120_000);
  clearTimeout(timer);
  if (killed === null) {
    running.kill("SIGKILL", true);
    return { fault: { fault: "does not end after the signal", message: "" }, when: "at work" };
  }
  const when = killed.code === 0 ? "late" : treeOf(folder).size === 0 ? "early" : "at work";
  const cut = how === "SIGKILL and cut a file" ? cutNewest(folder, rng) : null;
  const fault = await resume(program, ground, folder, { killed, cut, wanted });
  return { fault, when };
}

/** Run again after a kill; `cut` is the file that was cut. */
async function resume(
  program: Program,
  ground: Ground,
  folder: string,
  { killed, cut, wanted }: { killed: Ended; cut: string | null; wanted: ReadonlyMap<string, string> },
): Promise<Outcome["fault"]> {
  if (/\n\s+at /.test(killed.said)) return { fault: "a stack trace on the signal", message: killed.said };
  const resumed = await within(start(program, ground, folder).ended, 300_000);
  if (resumed === null) return { fault: "the resumed run does not end", message: "" };
  if (resumed.code !== 0) {
    const said = lastLine(resumed.said);
    if (cut !== null && faultOf(new Error(said), [folder, path.basename(cut)]) === null) return "refused";
    return { fault: "the resumed run fails", message: `${said} (killed: ${lastLine(killed.said)})` };
  }
  const fault = difference(wanted, treeOf(folder));
  return fault === null ? null : { fault, message: lastLine(killed.said) };
}

/** Cut the newest file to a random length. @returns its path; null where there is none */
function cutNewest(folder: string, rng: Rng): string | null {
  const files = [...treeOf(folder).keys()].filter((name) => !/\.lock(\.\d+)?$|\.tmp$|\.part/.test(name));
  const times = files.map((name) => ({ name, time: fs.statSync(path.join(folder, name)).mtimeMs }));
  const newest = times.sort((a, b) => b.time - a.time)[0];
  if (newest === undefined) return null;
  const file = path.join(folder, newest.name);
  fs.truncateSync(file, rng.int(fs.statSync(file).size + 1));
  return file;
}

export function within(promise: Promise<Ended>, ms: number): Promise<Ended | null> {
  let timer: NodeJS.Timeout;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function lastLine(text: string): string {
  return (
    text
      .trim()
      .split("\n")
      .at(-1)
      ?.replace(/^error: /, "") ?? ""
  );
}
