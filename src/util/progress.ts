/**
 * @file Progress with time left, for anything that takes over two seconds.
 *
 * On a terminal: one bar that redraws itself. Elsewhere (a log, CI): a plain line at most every ten seconds. Goes to
 * standard error, so that standard output stays clean. In the notebook kernel: one line under the cell that is replaced;
 * it is no part of the saved notebook. Silent with `CLASS_IT_QUIET=1`.
 */

import { SingleBar } from "cli-progress";
import { duration } from "./format";

export interface Progress {
  /**
   * Set how much is done, with a short note such as `loss 3.41`.
   *
   * @param found - how much of it an earlier process did, which says nothing of the pace; default what the first update says
   */
  update(done: number, note?: string, found?: number): void;
  /** Finish; leaves one line with the time it took. */
  stop(note?: string): void;
}

const LINE_EVERY_MS = 10_000;
/** In a notebook: what is over before that shows nothing. */
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

/** `37%`; small shares with a decimal, so that a long run is seen to move. */
function percent(share: number): string {
  return `${share < 0.1 ? (100 * share).toFixed(1) : Math.floor(100 * share)}%`;
}

/**
 * Time left at the pace of this process: what a resumed run found done (by default all that the first update says) took no
 * time. Nothing until a hundredth is done or a minute has passed: what starts slowly would promise days.
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
