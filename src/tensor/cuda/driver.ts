/** @file The functions of `driver.c`, and how to open it. */

import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { messageOf } from "../../util/check";
import { projectRoot } from "../../util/project-root";

export interface CardInfo {
  name: string;
  /** compute capability */
  major: number;
  minor: number;
  /** streaming multiprocessors */
  processors: number;
  /** shared memory available to one thread block */
  sharedBytes: number;
  totalBytes: number;
}

type Bytes = Uint8Array | Uint32Array | Int32Array | Float32Array | Float64Array;

/** Addresses are numbers. A driver error has its number as `code`, or "open" if there is no driver. */
export interface CudaDriver {
  open(file: string): { driver: number; devices: CardInfo[] };
  start(index: number): void;
  load(image: Uint8Array): void;
  kernel(name: string): number;
  /** 0 if there is no memory */
  allocate(bytes: number): number;
  release(address: number): void;
  room(): [free: number, total: number];
  upload(address: number, values: Bytes): void;
  download(address: number, values: Bytes): void;
  /** -1 if `collect` must be called first */
  queueDownload(address: number, bytes: number): number;
  wait(): void;
  collect(at: number, values: Bytes): void;
  collected(): void;
  submit(words: Uint32Array, count: number): void;
  profile(on: boolean): Record<string, [milliseconds: number, launches: number]>;
}

/** @throws Error in one sentence, if it is not built */
export function openDriverAddon(): CudaDriver {
  const folder = path.join(projectRoot(), "src", "tensor", "cuda");
  const remedy = 'build it with "node src/tensor/cuda/build.mjs"';
  const current = path.join(folder, "build", "current.json");
  if (!fs.existsSync(current)) throw new Error(`the driver's addon is not built; ${remedy}`);
  const { file } = JSON.parse(fs.readFileSync(current, "utf8")) as { file: string };
  try {
    return createRequire(path.join(folder, "load.js"))(path.join(folder, "build", file)) as CudaDriver;
  } catch (error) {
    throw new Error(`the driver's addon cannot be opened (${messageOf(error)}); ${remedy} --force`);
  }
}
