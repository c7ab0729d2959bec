/** @file Commands on a disk that fills up, and on one that is read-only: a small file system in memory, mounted for the moment. */

import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { Rng } from "../../src/util/rng";
import type { Finding, Row } from "./findings";
import { faultOf } from "./judge";
import { lastLine, within } from "./kills";
import { difference, type Ended, type Ground, PROGRAMS, type Program, start, treeOf } from "./micro/programs";

const LONGEST_MS = 300_000;

export interface DiskOptions {
  seed: string;
  ground: Ground;
  /** Full disks, over all programs. */
  points: number;
  only?: string;
  index?: number;
  log: (line: string) => void;
}

/** Why there can be no small file system here; null where there can. */
export function whyNoMount(): string | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "mounting a small file system needs root on Linux";
  const folder = fs.mkdtempSync("/tmp/class-it-mount-");
  const { status, stderr } = mount(folder, "size=64k");
  if (status === 0) unmount(folder);
  fs.rmdirSync(folder);
  return status === 0 ? null : `no file system can be mounted: ${String(stderr).trim()}`;
}

export async function attackWithSmallDisks(options: DiskOptions): Promise<{ rows: Row[]; findings: Finding[] }> {
  const reason = whyNoMount();
  if (reason !== null) {
    options.log(`NOT TRIED: full and read-only disks: ${reason}`);
    return { rows: [], findings: [] };
  }
  const programs = PROGRAMS.filter(({ name }) => options.only === undefined || name.includes(options.only));
  const findings: Finding[] = [];
  const full: Row = { part: "disk", what: "full disk", tried: 0, refused: 0, equal: 0, other: 0, findings: 0 };
  const readOnly: Row = { ...full, what: "read-only folder" };
  const wanted = new Map<string, { tree: Map<string, string>; bytes: number }>();
  const points = options.index === undefined ? Array.from({ length: options.points }, (_, i) => i) : [options.index];
  for (const index of points) {
    const program = programs[index % programs.length];
    const base = path.join(options.ground.folder, "disk", program.name.replaceAll(" ", "-"));
    const straight =
      wanted.get(program.name) ?? (await runStraight(program, options.ground, path.join(base, "straight")));
    wanted.set(program.name, straight);
    const rng = Rng.fromSeed(options.seed).fork(`disk/${index}`);
    const folder = path.join(base, "small");
    full.tried++;
    const outcome = await onFullDisk(program, options.ground, folder, straight, rng);
    if (outcome === "fits") full.equal++;
    else if (outcome === "refused") full.refused++;
    else {
      full.findings++;
      const again = `npm run attack -- --part disk --seed ${options.seed} --index ${index}`;
      findings.push({ part: "disk", what: `full disk, ${program.name}`, ...outcome, again });
    }
    options.log(`full disk, ${program.name}: ${typeof outcome === "string" ? outcome : outcome.fault}`);
  }
  for (const program of options.index === undefined ? programs : []) {
    const folder = path.join(options.ground.folder, "disk", "read-only");
    readOnly.tried++;
    const ended = await mounted(folder, "size=1m,ro", () => run(program, options.ground, path.join(folder, "out")));
    const fault = refusalFault(ended, folder);
    if (fault === null) readOnly.refused++;
    else {
      readOnly.findings++;
      const again = `npm run attack -- --part disk --only "${program.name}"`;
      findings.push({ part: "disk", what: `read-only folder, ${program.name}`, ...fault, again });
    }
  }
  return { rows: [full, readOnly], findings };
}

async function runStraight(program: Program, ground: Ground, folder: string) {
  const ended = await run(program, ground, folder);
  if (ended.code !== 0) throw new Error(`${program.name}: the run with room failed: ${ended.said}`);
  const tree = treeOf(folder);
  const bytes = [...tree.keys()].reduce((sum, name) => sum + fs.statSync(path.join(folder, name)).size + 4096, 0);
  return { tree, bytes };
}

/** Run where there is less room than needed; then make room, run again, compare. */
async function onFullDisk(
  program: Program,
  ground: Ground,
  folder: string,
  { tree, bytes }: { tree: Map<string, string>; bytes: number },
  rng: Rng,
): Promise<"fits" | "refused" | { fault: string; message: string }> {
  const kilobytes = 4 * (1 + rng.int(Math.max(2, Math.ceil(bytes / 4096))));
  return mounted(folder, `size=${kilobytes}k`, async () => {
    const out = path.join(folder, "out");
    const first = await run(program, ground, out);
    const fits = first.code === 0;
    if (!fits) {
      const fault = refusalFault(first, folder);
      if (fault !== null) return { ...fault, fault: `${fault.fault} (${kilobytes} kB)` };
      if (!/no space left/.test(first.said))
        return { fault: "does not say that the disk is full", message: lastLine(first.said) };
    }
    spawnSync("mount", ["-o", "remount,size=256m", folder]);
    const second = await run(program, ground, out);
    if (second.code !== 0) {
      return {
        fault: `fails when there is room again (${kilobytes} kB)`,
        message: `${lastLine(second.said)} (before: ${lastLine(first.said)})`,
      };
    }
    const other = difference(tree, treeOf(out));
    if (other !== null) return { fault: `${other} (${kilobytes} kB)`, message: lastLine(first.said) };
    return fits ? "fits" : "refused";
  });
}

/** Null where the command failed with one plain line that names a path in the folder. */
function refusalFault(ended: Ended, folder: string): { fault: string; message: string } | null {
  if (ended.code === 0) return { fault: "succeeds although it cannot", message: ended.said };
  const message = lastLine(ended.said);
  if (/\n\s+at /.test(ended.said)) return { fault: "a stack trace", message: ended.said.slice(-1500) };
  const fault = faultOf(new Error(message), [folder]);
  return fault === null ? null : { fault, message };
}

async function run(program: Program, ground: Ground, folder: string): Promise<Ended> {
  const running = start(program, ground, folder);
  const ended = await within(running.ended, LONGEST_MS);
  if (ended !== null) return ended;
  running.kill("SIGKILL", true);
  return {
    code: null,
    signal: "SIGKILL",
    said: `error: no end after ${LONGEST_MS / 1000} s`,
    seconds: LONGEST_MS / 1000,
  };
}

async function mounted<T>(folder: string, options: string, work: () => Promise<T>): Promise<T> {
  fs.mkdirSync(folder, { recursive: true });
  const { status, stderr } = mount(folder, options);
  if (status !== 0) throw new Error(`mounting failed: ${String(stderr)}`);
  try {
    return await work();
  } finally {
    unmount(folder);
  }
}

function mount(folder: string, options: string) {
  return spawnSync("mount", ["-t", "tmpfs", "-o", options, "class-it-attack", folder]);
}

function unmount(folder: string): void {
  spawnSync("umount", ["--lazy", folder]);
}
