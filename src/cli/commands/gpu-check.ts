/** @file `npm run gpu:check`: check the results and the speed of this machine's NVIDIA card, in at most two minutes. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import type { CudaCard } from "../../tensor/cuda/card";
import { cudaCard, startCuda } from "../../tensor/cuda/register";
import { checkKernels, LIMITS } from "../../tensor/cuda/self-check";
import { packFolder } from "../gpu-check/pack";
import { findPeer, type PeerRow, runPeer } from "../gpu-check/peer";
import { environmentTable, kernelTable, kernelTimes, speedTable } from "../gpu-check/tables";
import { checkTraining, measureSpeed, SPEED_CASES, type SpeedRow } from "../gpu-check/training-checks";
import { decimalNumber } from "../options";

interface GpuCheckOptions {
  seconds: number;
  only?: string;
  pack?: string;
  json?: string;
}

export function register(program: Command): void {
  program
    .command("gpu-check")
    .description("check the CUDA kernels on this machine's card against the CPU, and measure their speed")
    .option("--seconds <n>", "time limit in seconds", decimalNumber({ above: 0 }), 120)
    .option("--only <part>", "kernels, training or speed")
    .option("--pack <folder>", "only write a folder that runs this check on a machine without npm and network")
    .option("--json <file>", "write the results as JSON")
    .action(gpuCheck);
}

async function gpuCheck(options: GpuCheckOptions): Promise<void> {
  if (options.pack !== undefined) {
    for (const line of await packFolder(options.pack)) process.stdout.write(`${line}\n`);
    return;
  }
  const began = performance.now();
  const until = (share: number) => began + 1000 * options.seconds * share;
  const does = (part: string) => options.only === undefined || options.only === part;
  const { name, driver } = await startCuda({ training: "tf32", scoring: "float32" });
  const card = cudaCard() as CudaCard;
  const isEmulated = name.startsWith("emulated");
  const print = (line: string) => process.stdout.write(`${line}\n`);
  const version = driverVersion() ?? `CUDA ${Math.floor(driver / 1000)}.${(driver % 1000) / 10}`;
  print(`${name}, driver ${version}, ${card.info.processors} multiprocessors`);
  let isRight = true;
  const kernels = does("kernels") ? await checkKernels(card, isEmulated ? "small" : "large", until(0.35)) : [];
  for (const line of kernelTable(kernels)) print(line);
  isRight &&= kernels.every(({ worst, precision }) => worst <= LIMITS[precision]);
  const training = does("training") ? await checkTraining(card, isEmulated) : [];
  for (const { what, passed, detail } of training) {
    print(`${passed ? "right" : "WRONG"}  ${what}: ${detail}`);
    isRight &&= passed;
  }
  const speed: SpeedRow[] = [];
  const peers: PeerRow[] = [];
  if (does("speed")) {
    const cases = isEmulated ? SPEED_CASES.slice(0, 1) : SPEED_CASES.slice(1);
    for (const speedCase of cases) {
      for (const precision of ["tf32", "bf16"] as const) {
        if (performance.now() > until(0.8)) break;
        const row = await measureSpeed(card, speedCase, precision, isEmulated ? 0 : 1.5);
        speed.push(row);
        for (const line of [...speedTable([row], peers), ...kernelTimes(row)]) print(line);
      }
    }
    const python = isEmulated ? null : findPeer();
    if (python !== null) peers.push(...(await runPeer(python, (until(1) - performance.now()) / 1000)));
  }
  const lines = environmentTable({ name, version, date: today() }, kernels, speed, peers);
  print("\nFor environment.md:\n");
  for (const line of lines) print(line);
  if (options.json !== undefined) {
    const figures = { name, version, date: today(), kernels, training, speed, peers };
    fs.writeFileSync(path.resolve(options.json), `${JSON.stringify(figures, null, 2)}\n`);
  }
  if (!isRight) throw new Error("gpu-check: the card's numbers are wrong; please report the lines above");
}

/** The driver version, if Linux reports it. */
function driverVersion(): string | null {
  try {
    return (
      /Kernel Module\s+(?:for \S+\s+)?([\d.]+)/.exec(fs.readFileSync("/proc/driver/nvidia/version", "utf8"))?.[1] ??
      null
    );
  } catch {
    return null;
  }
}

function today(): string {
  return new Date().toISOString().slice(0, 10);
}
