/** @file Thousands of wrong calls of the native kernels: each is refused or harmless, none ends the process. */

import { fork } from "node:child_process";
import * as path from "node:path";
import { loadNative } from "../../src/tensor/native/load-addon";
import { messageOf } from "../../src/util/check";
import type { AddonOrder, AddonReport } from "./addon-worker";
import type { Finding, Row } from "./findings";

const HANG_MS = 20_000;

export interface AddonOptions {
  seed: string;
  calls: number;
  index?: number;
  log: (line: string) => void;
}

export async function attackAddon(options: AddonOptions): Promise<{ rows: Row[]; findings: Finding[] }> {
  try {
    loadNative();
  } catch (error) {
    options.log(`NOT TRIED: the native kernels: ${messageOf(error)}`);
    return { rows: [], findings: [] };
  }
  const reports: AddonReport[] = [];
  const last = options.index === undefined ? options.calls : options.index + 1;
  for (let from = options.index ?? 0; from < last; )
    from = await runWorker({ seed: options.seed, from, to: last }, reports);
  const count = (outcome: string) => reports.filter((r) => r.outcome === outcome).length;
  const row = {
    part: "addon",
    what: "native kernels",
    tried: reports.length,
    refused: count("refused"),
    equal: count("ran"),
  };
  const findings = reports
    .filter((r) => r.outcome === "finding")
    .map(({ index, what, fault = "" }) => ({
      ...{ part: "addon", what, fault, message: "" },
      again: `npm run attack -- --part addon --seed ${options.seed} --index ${index}`,
    }));
  options.log(`native kernels: ${reports.length} calls, ${findings.length} findings`);
  return { rows: [{ ...row, other: 0, findings: findings.length }], findings };
}

/** @returns index of the next call to try */
async function runWorker(order: AddonOrder, reports: AddonReport[]): Promise<number> {
  const child = fork(path.join(__dirname, "addon-worker.ts"), [], {
    execArgv: ["--import", "tsx"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let said = "";
  child.stderr?.on("data", (chunk) => {
    said = (said + String(chunk)).slice(-1000);
  });
  let current: AddonReport | null = null;
  let since = Date.now();
  let hangs = false;
  child.on("message", (report: AddonReport) => {
    since = Date.now();
    if (report.outcome !== undefined) reports.push(report);
    current = report.outcome === undefined ? report : null;
  });
  const watch = setInterval(() => {
    if (current === null || Date.now() - since < HANG_MS) return;
    hangs = true;
    child.kill("SIGKILL");
  }, 200);
  child.send(order);
  const ended = await new Promise<string>((resolve) =>
    child.on("close", (code, signal) => resolve(signal ?? `status ${code}`)),
  );
  clearInterval(watch);
  const at = current as AddonReport | null;
  if (at === null && ended === "status 0") return order.to;
  if (at === null) throw new Error(`the worker of the native kernels ended with ${ended}: ${said}`);
  reports.push({
    ...at,
    outcome: "finding",
    fault: hangs ? `no end after ${HANG_MS / 1000} s` : `the process ended with ${ended}`,
  });
  return at.index + 1;
}
