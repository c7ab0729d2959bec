/**
 * @file Progress display with the time left, for work that takes over two seconds.
 *
 * On a terminal: one updating bar. In a log or CI: a plain line at most every ten seconds. It is written to standard
 * error. In the notebook kernel: one updating line under the cell, which is not saved. Silent with `CLASS_IT_QUIET=1`.
 */

import { SingleBar } from "cli-progress";
import { duration } from "./format";

export interface Progress {
  /**
   * Set the finished amount, with a short note such as `loss 3.41`.
   *
   * @param found - the part finished by an earlier process, which does not count for the speed; default: the value of
   *   the first update
   */
  update(done: number, note?: string, found?: number): void;
  /** Finish; prints one line with the time taken. */
  stop(note?: string): void;
}

const LINE_EVERY_MS = 10_000;
/** In a notebook: shorter work shows nothing. */
const FIRST_LINE_MS = 2_000;
const NEXT_LINE_MS = 500;

export function startProgress(label: string, total: number): Progress {
  const openLine = (globalThis as Record<symbol, unknown>)[Symbol.for("class-it.progress")] as
    | (() => (text: string) => void)
    | undefined; // set by the notebook kernel
  if (openLine !== undefined) return cellProgress(label, total, openLine);
  if (process.env.CLASS_IT_QUIET === "1") return { update: () => {}, stop: () => {} };
  return process.stderr.isTTY ? barProgress(label, total) : lineProgress(label, total);
}

function barProgress(label: string, total: number): Progress {
  const started = Date.now();
  const timeLeft = timeLeftSince(started, total);
  const bar = new SingleBar({
    format: `${label} {bar} {percentage}%  {left}  {note}`,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
  });
  bar.start(total, 0, { left: "", note: "" });
  return {
    update: (done, note = "", found) => bar.update(done, { left: timeLeft(done, found), note }),
    stop: (note = "") => {
      bar.stop();
      process.stderr.write(`${label}  ${duration((Date.now() - started) / 1000)}${note === "" ? "" : `  ${note}`}\n`);
    },
  };
}

function lineProgress(label: string, total: number): Progress {
  const started = Date.now();
  const timeLeft = timeLeftSince(started, total);
  let spoke = started;
  return {
    update: (done, note = "", found) => {
      const left = timeLeft(done, found);
      if (Date.now() - spoke < LINE_EVERY_MS) return;
      spoke = Date.now();
      const parts = [...(total > 0 ? [percent(done / total), left] : []), note];
      process.stderr.write(`${label}: ${parts.filter((part) => part !== "").join(", ")}\n`);
    },
    stop: (note = "") => process.stderr.write(`${label}: ${duration((Date.now() - started) / 1000)} ${note}\n`),
  };
}

function cellProgress(label: string, total: number, openLine: () => (text: string) => void): Progress {
  const started = Date.now();
  const timeLeft = timeLeftSince(started, total);
  let show: ((text: string) => void) | null = null;
  let next = started + FIRST_LINE_MS;
  return {
    update: (done, note = "", found) => {
      const left = timeLeft(done, found);
      if (Date.now() < next) return;
      next = Date.now() + NEXT_LINE_MS;
      show ??= openLine();
      const parts = [...(total > 0 ? [percent(done / total), left] : []), note];
      show(`${label}: ${parts.filter((part) => part !== "").join(", ")}`);
    },
    stop: (note = "") => show?.(`${label}: ${duration((Date.now() - started) / 1000)} ${note}`.trimEnd()),
  };
}

/** `37%`; small shares have a decimal, so that progress of a long run is visible. */
function percent(share: number): string {
  return `${share < 0.1 ? (100 * share).toFixed(1) : Math.floor(100 * share)}%`;
}

/**
 * Time left at the speed of this process, without work finished by an earlier one (by default the value of the first
 * update). Empty until 1 % is done or a minute has passed, because estimates are unreliable at the start.
 */
export function timeLeftSince(
  started: number,
  total: number,
  now = () => Date.now(),
): (done: number, found?: number) => string {
  let first: number | null = null;
  return (done, found) => {
    first ??= done;
    const elapsed = (now() - started) / 1000;
    const own = done - (found ?? first);
    if (own <= 0 || (own < total / 100 && elapsed < 60)) return "";
    return `${duration((elapsed / own) * (total - done))} left`;
  };
}
