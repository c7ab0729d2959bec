/** @file Opens the driver, selects a card and loads its kernels. */

import * as fs from "node:fs";
import * as path from "node:path";
import * as zlib from "node:zlib";
import { projectRoot } from "../../util/project-root";
import { CudaCard } from "./card";
import { type CardInfo, type CudaDriver, openDriverAddon } from "./driver";
import { explained } from "./errors";

/** Driver versions of `cuDriverGetVersion`, and NVIDIA's name of the first driver with each. */
const CUDA_11_0 = 11_000;
const CUDA_12_0 = 12_000;
const CUDA_13_0 = 13_000;

/** A file of compiled kernels, and the first driver that accepts it. */
interface Binary {
  name: string;
  driver: number;
}

/**
 * @param library - the driver's file; tests use the emulator's
 * @throws Error in one sentence: no addon, no driver, an old driver, no card, or a busy card
 */
export function startCard(library = process.env.CLASS_IT_LIBCUDA || "libcuda.so.1"): {
  card: CudaCard;
  driver: number;
} {
  const addon = openDriverAddon();
  try {
    const { driver, devices } = addon.open(library);
    const index = wantedCard(devices);
    const info = devices[index];
    const binaries = binariesFor(info, driver);
    addon.start(index);
    loadFirst(addon, binaries, info, driver);
    return { card: new CudaCard(addon, info), driver };
  } catch (error) {
    throw explained(error);
  }
}

/** Card number from `CLASS_IT_GPU`, or the first card. */
function wantedCard(devices: readonly CardInfo[]): number {
  if (devices.length === 0) throw new Error("cuda: no NVIDIA GPU is visible to the driver");
  const wanted = process.env.CLASS_IT_GPU;
  if (wanted === undefined || wanted === "") return 0;
  const index = Number(wanted);
  if (Number.isInteger(index) && index >= 0 && index < devices.length) return index;
  const there = devices.map(({ name }, i) => `${i} (${name})`).join(", ");
  throw new Error(`CLASS_IT_GPU wants the number of a card, got "${wanted}"; there are ${there}`);
}

/** Files of kernels for this card, best first. */
function binariesFor({ name, major, minor }: CardInfo, driver: number): Binary[] {
  if (major < 8) {
    throw new Error(
      `cuda: ${name} has compute capability ${major}.${minor}; the kernels need 8.0 (Ampere, 2020) or newer`,
    );
  }
  const all: Binary[] = [
    ...(major === 9
      ? [
          { name: "sm_90a-580.cubin", driver: CUDA_13_0 },
          { name: "sm_90a.cubin", driver: CUDA_12_0 },
        ]
      : []),
    ...(major === 8 ? [{ name: "sm_80.cubin", driver: CUDA_12_0 }] : []),
    ...(major === 9 ? [] : [{ name: "compute_80.ptx", driver: CUDA_11_0 }]), // compiled by the driver once
  ];
  const possible = all.filter((binary) => binary.driver <= driver);
  if (possible.length > 0) return possible;
  throw tooOld(name, driver, Math.min(...all.map((binary) => binary.driver)));
}

function tooOld(name: string, driver: number, needed: number): Error {
  const [has, wants] = [driver, needed].map((x) => `CUDA ${Math.floor(x / 1000)}.${Math.floor((x % 1000) / 10)}`);
  const version = needed === CUDA_12_0 ? "525.60" : needed === CUDA_11_0 ? "450.36" : "580";
  return new Error(
    `cuda: the driver is too old for ${name}: it has ${has}, and the kernels need NVIDIA driver ${version} or newer (${wants})`,
  );
}

/**
 * Error codes with which a driver refuses a module that another driver accepts: no image for this card, PTX too new, no
 * compiler.
 */
const REFUSED = ["200", "209", "218", "221", "222"];

function loadFirst(addon: CudaDriver, binaries: readonly Binary[], { name }: CardInfo, driver: number): void {
  for (const [i, binary] of binaries.entries()) {
    const file = path.join(projectRoot(), "src", "tensor", "cuda", "binaries", `${binary.name}.br`);
    const image = zlib.brotliDecompressSync(fs.readFileSync(file));
    try {
      addon.load(Buffer.concat([image, Buffer.alloc(1)])); // PTX needs a terminating zero byte
      return;
    } catch (error) {
      const isRefused = REFUSED.includes((error as { code?: string }).code ?? "");
      if (!isRefused || i + 1 < binaries.length) {
        if (isRefused) continue;
        throw error;
      }
      throw tooOld(name, driver, binary.driver);
    }
  }
}
