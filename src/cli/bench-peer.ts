/**
 * @file Runs PyTorch as the peer of the benchmark: a child process that trains and scores the same model on request.
 */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import * as path from "node:path";
import * as readline from "node:readline";
import { projectRoot } from "../util/project-root";

export interface PeerInfo {
  version: string;
  threads: number;
  device: string;
}

/** Duration of each repetition, and the loss of the last one. */
export interface Block {
  seconds: number[];
  loss: number;
}

export class BenchPeer {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly lines: AsyncIterableIterator<string>;
  private complaints = "";
  readonly info: PeerInfo;

  private constructor(child: ChildProcessWithoutNullStreams, lines: AsyncIterableIterator<string>, info: PeerInfo) {
    this.child = child;
    this.lines = lines;
    this.info = info;
  }

  /** @throws Error with Python's message, if it does not run or has no PyTorch */
  static async start(python: string, setup: object): Promise<BenchPeer> {
    const script = path.join(projectRoot(), "src", "cli", "bench-peer.py");
    const { OPENBLAS_CORETYPE: _, ...env } = process.env; // this variable, if set, halves the speed of OpenBLAS
    const child = spawn(python, [script], { env, stdio: "pipe" });
    let complaints = "";
    child.stderr.on("data", (text) => {
      complaints = (complaints + String(text)).slice(-2000);
    });
    const failed = new Promise<never>((_, reject) => {
      child.on("error", (error) => reject(new Error(`--peer ${python}: ${error.message}`)));
      child.on("exit", (code) =>
        setTimeout(() => reject(new Error(`--peer ${python} ended with status ${code}:\n${complaints.trim()}`)), 50),
      );
    });
    failed.catch(() => {}); // an exit after the work is done is not an error
    child.stdin.on("error", () => {}); // the exit status is more informative than the broken pipe
    child.stdin.write(`${JSON.stringify(setup)}\n`);
    const lines = readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    if (first.done) await failed;
    return new BenchPeer(child, lines, JSON.parse(first.value as string) as PeerInfo);
  }

  /** Repeat for about this many seconds. */
  async run(what: "train" | "score" | "sgemm", seconds: number): Promise<Block> {
    this.child.stdin.write(`${JSON.stringify({ run: what, seconds })}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`the peer stopped during ${what} ${this.complaints}`);
    return JSON.parse(value as string) as Block;
  }

  stop(): void {
    this.child.stdin.end();
  }
}
