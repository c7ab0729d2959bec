/** @file `npm run gpu:check`: check the results and the speed of this machine's GPU, in at most two minutes. */

import * as fs from "node:fs";
import * as path from "node:path";
import { type Command, Option } from "commander";
import { initBackend } from "../../tensor/backend";
import type { CudaCard } from "../../tensor/cuda/card";
import { cudaCard, cudaDriver } from "../../tensor/cuda/register";
import type { CudaPiece } from "../../tensor/cuda/room";
import { checkKernels, LIMITS } from "../../tensor/device/self-check";
import { PRECISIONS, type Precision } from "../../tensor/fused/precision";
import type { GpuPiece } from "../../tensor/webgpu/command-queue";
import { webgpuDevice } from "../../tensor/webgpu/register";
import type { WebgpuDevice } from "../../tensor/webgpu/webgpu-device";
import { bytes } from "../../util/format";
import { packFolder } from "../gpu-check/pack";
import { findPeer, type PeerRow, runPeer } from "../gpu-check/peer";
import { environmentTable, kernelTable, kernelTimes, speedTable } from "../gpu-check/tables";
import {
  checkTraining,
  type MeasuredGpu,
  measureSpeed,
  SPEED_CASES,
  type SpeedCase,
  type SpeedRow,
} from "../gpu-check/training-checks";
import { decimalNumber } from "../options";

interface GpuCheckOptions {
  backend: "cuda" | "webgpu";
  seconds: number;
  only?: string;
  pack?: string;
  json?: string;
}

export function register(program: Command): void {
  program
    .command("gpu-check")
    .description("check the GPU kernels on this machine's card against the CPU, and measure their speed")
    .addOption(new Option("--backend <name>", "kernels to check").choices(["cuda", "webgpu"]).default("cuda"))
    .option("--seconds <n>", "time limit in seconds", decimalNumber({ above: 0 }), 120)
    .option("--only <part>", "kernels, training or speed")
    .option("--pack <folder>", "only write a folder that runs this check on a machine without npm and network")
    .option("--json <file>", "write the results as JSON")
    .action(gpuCheck);
}

/** A started GPU and what is measured on it. */
interface Gpu<Piece> extends MeasuredGpu<Piece> {
  name: string;
  version: string;
  /** printed after name and version */
  detail: string;
  /** an emulator or a software adapter: small shapes only */
  isEmulated: boolean;
  cases: readonly SpeedCase[];
  speedPrecisions: readonly Precision[];
}

async function gpuCheck(options: GpuCheckOptions): Promise<void> {
  if (options.pack !== undefined) {
    for (const line of await packFolder(options.pack)) process.stdout.write(`${line}\n`);
    return;
  }
  await (options.backend === "webgpu" ? check(await startedWebgpu(), options) : check(await startedCuda(), options));
}

async function check<Piece>(gpu: Gpu<Piece>, options: GpuCheckOptions): Promise<void> {
  const began = performance.now();
  const until = (share: number) => began + 1000 * options.seconds * share;
  const does = (part: string) => options.only === undefined || options.only === part;
  const { name, version, isEmulated } = gpu;
  const print = (line: string) => process.stdout.write(`${line}\n`);
  print(`${name}, driver ${version}, ${gpu.detail}`);
  let isRight = true;
  const kernels = does("kernels") ? await checkKernels(gpu, isEmulated ? "small" : "large", until(0.35)) : [];
  for (const line of kernelTable(kernels)) print(line);
  isRight &&= kernels.every(({ worst, precision }) => worst <= LIMITS[precision]);
  const training = does("training") ? await checkTraining(gpu, isEmulated) : [];
  for (const { what, passed, detail } of training) {
    print(`${passed ? "right" : "WRONG"}  ${what}: ${detail}`);
    isRight &&= passed;
  }
  const speed: SpeedRow[] = [];
  const peers: PeerRow[] = [];
  if (does("speed")) {
    for (const speedCase of gpu.cases) {
      for (const precision of gpu.speedPrecisions) {
        if (performance.now() > until(0.8)) break;
        const row = await measureSpeed(gpu, speedCase, precision, isEmulated ? 0 : 1.5);
        speed.push(row);
        for (const line of [...speedTable([row], peers), ...kernelTimes(row)]) print(line);
      }
    }
    const python = isEmulated || options.backend !== "cuda" ? null : findPeer();
    if (python !== null) peers.push(...(await runPeer(python, (until(1) - performance.now()) / 1000)));
  }
  const lines = environmentTable({ name, version, date: today() }, kernels, speed, peers);
  print("\nFor environment.md:\n");
  for (const line of lines) print(line);
  if (options.json !== undefined) {
    const figures = { backend: options.backend, name, version, date: today(), kernels, training, speed, peers };
    fs.writeFileSync(path.resolve(options.json), `${JSON.stringify(figures, null, 2)}\n`);
  }
  if (!isRight) throw new Error("gpu-check: the card's numbers are wrong; please report the lines above");
}

// Started by `initBackend`, so that a training that the check starts finds this backend instead of starting another.

async function startedCuda(): Promise<Gpu<CudaPiece>> {
  await initBackend("cuda");
  const card = cudaCard() as CudaCard;
  const { name, processors } = card.info;
  const driver = cudaDriver();
  const isEmulated = name.startsWith("emulated");
  return {
    device: card,
    name,
    version: driverVersion() ?? `CUDA ${Math.floor(driver / 1000)}.${(driver % 1000) / 10}`,
    detail: `${processors} multiprocessors`,
    isEmulated,
    precisions: PRECISIONS,
    setPrecision: (training, isAll) => {
      card.precisions = { training, scoring: isAll ? training : "float32" };
    },
    profile: (on) => card.profile(on),
    cases: isEmulated ? SPEED_CASES.slice(0, 1) : SPEED_CASES.slice(1),
    speedPrecisions: ["tf32", "bf16"],
  };
}

async function startedWebgpu(): Promise<Gpu<GpuPiece>> {
  const { isGpu } = await initBackend("webgpu");
  const device = webgpuDevice() as WebgpuDevice;
  const { maxStorageBufferBindingSize, maxComputeWorkgroupStorageSize } = device.limits;
  return {
    device,
    name: device.adapter,
    version: driverVersion() ?? "unknown",
    detail: `buffers of at most ${bytes(maxStorageBufferBindingSize)}, ${maxComputeWorkgroupStorageSize} B of workgroup memory`,
    isEmulated: !isGpu,
    precisions: ["float32"],
    setPrecision: () => {},
    cases: isGpu ? SPEED_CASES.slice(1, 4) : SPEED_CASES.slice(0, 1),
    speedPrecisions: ["float32"],
  };
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
