/** @file Thousands of damaged files: each is refused in one plain line, or read as what it is, in bounded time and memory. */

import { type ChildProcess, fork } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Finding, Row } from "./findings";
import { FORMATS, type MutantOrder, type MutantReport } from "./mutant-worker";

const HANG_MS = 60_000; //           a slow machine reads every example in under a second
const MEMORY_BYTES = 1_500_000_000; // resident, the process and its libraries included

export interface MutantOptions {
  seed: string;
  /** Mutants per format, besides the special ones. */
  perFormat: number;
  scratch: string;
  /** Only formats whose name contains this. */
  only?: string;
  /** Only this mutant: to look at a finding again. */
  index?: number;
  log: (line: string) => void;
}

/** One row per format. */
export async function attackWithMutants(options: MutantOptions): Promise<{ rows: Row[]; findings: Finding[] }> {
  const rows: Row[] = [];
  const findings: Finding[] = [];
  const workers = new Workers();
  for (const format of FORMATS.filter(({ name }) => options.only === undefined || name.includes(options.only))) {
    const count = Object.keys(format.special ?? {}).length + options.perFormat;
    const [first, last] = options.index === undefined ? [0, count] : [options.index, options.index + 1];
    const reports: MutantReport[] = [];
    let peak = 0;
    for (let from = first; from < last; ) {
      const order = {
        format: format.name,
        seed: options.seed,
        from,
        to: last,
        scratch: path.join(options.scratch, "mutants"),
      };
      const end = await workers.run(order, reports);
      peak = Math.max(peak, end.peakBytes);
      from = end.next;
    }
    const number = (outcome: MutantReport["outcome"]) => reports.filter((r) => r.outcome === outcome).length;
    rows.push({
      part: "mutants",
      what: format.name,
      tried: reports.length,
      refused: number("refused"),
      equal: number("same") + number("part"),
      other: number("other content"),
      findings: number("finding"),
      note: `at most ${Math.round(peak / 1e6)} MB`,
    });
    for (const { index, what, fault = "", message = "" } of reports.filter((r) => r.outcome === "finding")) {
      const again = `npm run attack -- --part mutants --seed ${options.seed} --only "${format.name}" --index ${index}`;
      findings.push({ part: "mutants", what: `${format.name}: ${what}`, fault, message, again });
    }
    options.log(`${format.name}: ${reports.length} tried, ${number("finding")} findings`);
  }
  workers.stop();
  return { rows, findings };
}

/** The child that tries the mutants; a new one after each that had to be stopped. */
class Workers {
  private child: ChildProcess | null = null;
  private said = "";

  /** @returns index of the next mutant to try, and the peak resident memory */
  async run(order: MutantOrder, reports: MutantReport[]): Promise<{ next: number; peakBytes: number }> {
    const child = this.child ?? this.start();
    let current: { index: number; what: string } | null = null;
    let since = Date.now();
    let peakBytes = 0;
    let stopped: string | null = null;
    const watch = setInterval(() => {
      const bytes = residentBytes(child);
      peakBytes = Math.max(peakBytes, bytes);
      if (bytes > MEMORY_BYTES) stopped ??= `memory: ${Math.round(bytes / 1e6)} MB`;
      else if (current !== null && Date.now() - since > HANG_MS) stopped ??= `no end after ${HANG_MS / 1000} s`;
      if (stopped !== null) child.kill("SIGKILL");
    }, 50);
    const ended = await new Promise<number | null | "done">((resolve) => {
      const onMessage = (report: MutantReport & { done?: true }) => {
        since = Date.now();
        if (report.done === true) finish("done");
        else if (report.outcome === undefined) current = report;
        else {
          reports.push(report);
          current = null;
        }
      };
      const onExit = (code: number | null) => finish(code);
      const finish = (how: number | null | "done") => {
        child.off("message", onMessage).off("exit", onExit);
        resolve(how);
      };
      child.on("message", onMessage).on("exit", onExit);
      child.send(order);
    });
    clearInterval(watch);
    if (ended === "done") return { next: order.to, peakBytes };
    this.child = null;
    const at = current as { index: number; what: string } | null;
    if (at === null) throw new Error(`the worker of ${order.format} ended with status ${ended}: ${this.said}`);
    const fault = stopped ?? `the process ended with status ${ended}`;
    reports.push({ ...at, outcome: "finding", fault, message: stopped === null ? this.said : "" });
    return { next: at.index + 1, peakBytes };
  }

  stop(): void {
    this.child?.disconnect();
    this.child = null;
  }

  private start(): ChildProcess {
    const child = fork(path.join(__dirname, "mutant-worker.ts"), [], {
      execArgv: ["--import", "tsx", "--max-old-space-size=1024"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      env: { ...process.env, CLASS_IT_QUIET: "1", CLASS_IT_THREADS: "1" },
    });
    this.said = "";
    child.stderr?.on("data", (chunk) => {
      this.said = (this.said + String(chunk)).slice(-2000);
    });
    this.child = child;
    return child;
  }
}

/** Linux; 0 elsewhere. */
function residentBytes({ pid }: ChildProcess): number {
  try {
    const status = fs.readFileSync(`/proc/${pid}/status`, "utf8");
    return 1024 * Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
