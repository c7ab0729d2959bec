/** @file Runs the same updates in PyTorch on the same card, if a Python with PyTorch is found. */

import { execFile, spawnSync } from "node:child_process";
import * as path from "node:path";
import { projectRoot } from "../../util/project-root";

export interface PeerRow {
  name: string;
  batch: string;
  mode: "tf32" | "bf16";
  /** by torch.compile */
  compiled: boolean;
  /** most memory in use, 1e9 bytes */
  gigabytes: number;
  tokensPerSecond: number;
  torch: string;
}

/** The first of `CLASS_IT_PYTHON`, python3 and python whose PyTorch sees the card; null if there is none. */
export function findPeer(): string | null {
  for (const python of [process.env.CLASS_IT_PYTHON, "python3", "python"]) {
    if (python === undefined || python === "") continue;
    const probe = "import torch, sys; sys.exit(0 if torch.cuda.is_available() else 1)";
    if (spawnSync(python, ["-c", probe], { stdio: "ignore", timeout: 30_000 }).status === 0) return python;
  }
  return null;
}

/** Rates measured within this many seconds; empty if the peer fails. */
export async function runPeer(python: string, seconds: number): Promise<PeerRow[]> {
  if (seconds < 15) return [];
  const script = path.join(projectRoot(), "src", "cli", "gpu-check", "peer.py");
  const output = await new Promise<string>((resolve) => {
    const options = { timeout: Math.round(1000 * seconds), maxBuffer: 1 << 22 };
    execFile(python, [script, String(seconds - 8)], options, (_, stdout) => resolve(stdout));
  });
  const rows: PeerRow[] = [];
  for (const line of output.split("\n")) {
    if (line.startsWith("{")) rows.push(JSON.parse(line) as PeerRow);
  }
  return rows;
}
