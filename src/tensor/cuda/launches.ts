/**
 * @file Kernel launches, collected in a buffer and passed to the driver in batches.
 *
 * A kernel has one argument, a structure of `kernels/*.cuh`; `KERNEL_ARGUMENTS` gives its memory layout, and a test
 * compares it with the sources.
 */

import type { CudaDriver } from "./driver";
import { KERNEL_ARGUMENTS, type KernelFunction } from "./kernel-arguments";

const LAUNCH = 0;
const COPY = 1;
const CLEAR = 2;

/** The buffer is flushed at this number of commands, so that the card works while the host writes the next ones. */
const FLUSH_EVERY = 32;

const WORDS = 1 << 14;

export type Grid = number | readonly [x: number, y: number, z: number];

export class Launches {
  /** number of kernels launched so far */
  count = 0;
  private readonly driver: CudaDriver;
  private readonly numbers = new Map<KernelFunction, number>();
  private readonly words = new Uint32Array(WORDS);
  private readonly floats = new Float32Array(this.words.buffer);
  private readonly doubles = new Float64Array(this.words.buffer);
  /** words in use; always even */
  private at = 0;
  private commands = 0;

  constructor(driver: CudaDriver) {
    this.driver = driver;
  }

  /**
   * @param sharedBytes - of dynamic shared memory
   * @param values - the fields of the kernel's structure, in order; addresses of 0 are null pointers
   */
  launch(name: KernelFunction, grid: Grid, threads: number, sharedBytes: number, values: readonly number[]): void {
    const layout = KERNEL_ARGUMENTS[name];
    if (layout.length !== values.length)
      throw new Error(`cuda: ${name} has ${layout.length} fields, got ${values.length}`);
    const [x, y, z] = typeof grid === "number" ? [grid, 1, 1] : grid;
    if (x < 1 || y < 1 || z < 1 || y > 65_535 || z > 65_535 || x > 0x7fffffff) {
      throw new RangeError(`cuda: ${name} does not fit a grid (${x} x ${y} x ${z}); use smaller batches`);
    }
    let at = this.at;
    this.words[at++] = LAUNCH;
    this.words[at++] = this.kernelNumber(name);
    this.words[at++] = x;
    this.words[at++] = y;
    this.words[at++] = z;
    this.words[at++] = threads;
    this.words[at++] = sharedBytes;
    const first = ++at; // the argument's size is stored in the word before it
    for (let i = 0; i < values.length; i++) {
      const kind = layout[i];
      if (kind === "f") this.floats[at++] = values[i];
      else if (kind === "i") this.words[at++] = values[i];
      else {
        at += at & 1;
        if (kind === "d") this.doubles[at / 2] = values[i];
        else this.wide(at, values[i]);
        at += 2;
      }
    }
    at += at & 1;
    this.words[first - 1] = 4 * (at - first);
    this.count++;
    this.done(at);
  }

  copy(from: number, to: number, bytes: number): void {
    this.words[this.at] = COPY;
    this.wide(this.at + 2, to);
    this.wide(this.at + 4, from);
    this.wide(this.at + 6, bytes);
    this.done(this.at + 8);
  }

  /** Set memory to zero. */
  clear(address: number, bytes: number): void {
    if (bytes === 0) return;
    this.words[this.at] = CLEAR;
    this.wide(this.at + 2, address);
    this.wide(this.at + 4, bytes);
    this.done(this.at + 6);
  }

  /** Pass the collected launches to the driver; needed before any other call to it. */
  flush(): void {
    const count = this.at;
    this.at = 0; // also if the driver refuses them
    this.commands = 0;
    if (count > 0) this.driver.submit(this.words, count);
  }

  private done(at: number): void {
    this.at = at;
    if (++this.commands === FLUSH_EVERY || at > WORDS - 256) this.flush();
  }

  private wide(at: number, value: number): void {
    this.words[at] = value % 2 ** 32;
    this.words[at + 1] = value / 2 ** 32;
  }

  private kernelNumber(name: KernelFunction): number {
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.driver.kernel(name);
      this.numbers.set(name, number);
    }
    return number;
  }
}
