/** @file One shared WebAssembly memory for tensors and kernels, with worker threads. */

import * as fs from "node:fs";
import * as path from "node:path";
import { Worker } from "node:worker_threads";
import { projectRoot } from "../../util/project-root";
import type { KernelName } from "../fused/kernel-host";
import type { KernelMemory, MemoryBytes } from "../fused/pooled-backend";
import { FreeList } from "./free-list";

const PAGE = 65536;
const MAX_PAGES = 65536; // 4 GB, the limit of 32-bit addresses
const GROW_BYTES = 32 << 20;
const STACK_BYTES = 65536;
const START_TIMEOUT_MS = 20_000;

// TypeScript's WebAssembly types come with the browser's library, which this project does not load.
interface SharedMemory {
  readonly buffer: SharedArrayBuffer;
  grow(pages: number): number;
}
const wasm = (globalThis as unknown as { WebAssembly: unknown }).WebAssembly as {
  Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => SharedMemory;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: object) => { exports: unknown };
};

type Exports = Record<KernelName, (...args: number[]) => number> & {
  __heap_base: { value: number };
  readyWorkers(): number;
  useThreads(count: number): void;
};

export interface WasmSettings {
  /** Bytes of the module; default: the committed binary that every engine accepts. */
  binary?: Uint8Array;
  /** The compiled module, if it exists already. */
  module?: object;
  /** Memory limit in pages of 64 KB; default: the limit of 32-bit addresses. */
  maxPages?: number;
}

/** Code of a worker: its own instance on the shared memory, its own stack, then jobs until the process ends. */
const WORKER = `
const { workerData } = require("node:worker_threads");
const { module, memory, stack, thread } = workerData;
const words = new Int32Array(memory.buffer);
const wait = (at, value) => void Atomics.wait(words, at >>> 2, value);
const notify = (at) => void Atomics.notify(words, at >>> 2);
const env = { memory, allocate: () => 0, release: () => {}, wait, notify };
const { exports } = new WebAssembly.Instance(module, { env });
exports.__stack_pointer.value = stack;
exports.work(thread);
`;

export class WasmMemory implements KernelMemory {
  readonly isSeparate = true;
  private readonly memory: SharedMemory;
  private readonly maxPages: number;
  /** Class of the memory's buffer; browsers hide the global one of that name. */
  private readonly SharedBuffer: SharedArrayBufferConstructor;
  private readonly module: object;
  private readonly exports: Exports;
  private readonly list = new FreeList();
  private usedBytes = 0;
  private peakBytes = 0;
  private scratchBytes = 0;

  constructor({ binary, module, maxPages = MAX_PAGES }: WasmSettings = {}) {
    this.module = module ?? new wasm.Module(binary ?? committedBinary());
    this.maxPages = maxPages;
    this.memory = new wasm.Memory({ initial: 32, maximum: maxPages, shared: true });
    this.SharedBuffer = this.memory.buffer.constructor as SharedArrayBufferConstructor;
    const words = new Int32Array(this.memory.buffer); // the module's own variables are at its start
    const env = {
      memory: this.memory,
      wait: (at: number, value: number) => void Atomics.wait(words, at >>> 2, value),
      notify: (at: number) => void Atomics.notify(words, at >>> 2),
      allocate: (bytes: number) => {
        const at = this.take(bytes >>> 0);
        if (at !== null) this.scratchBytes += bytes >>> 0;
        return at ?? 0;
      },
      release: (at: number, bytes: number) => {
        this.scratchBytes -= bytes >>> 0;
        this.list.give(at >>> 0, bytes >>> 0);
      },
    };
    this.exports = new wasm.Instance(this.module, { env }).exports as Exports;
    const heap = Math.ceil(this.exports.__heap_base.value / 64) * 64;
    this.list.give(heap, this.memory.buffer.byteLength - heap);
  }

  /** Start `threads - 1` workers and wait until they are ready. */
  async startWorkers(threads: number): Promise<void> {
    for (let thread = 1; thread < threads; thread++) {
      const stack = this.take(STACK_BYTES);
      if (stack === null) throw new Error("no memory for a worker's stack");
      const workerData = { module: this.module, memory: this.memory, stack: stack + STACK_BYTES, thread };
      new Worker(WORKER, { eval: true, workerData, execArgv: [], stdout: false, stderr: false }).unref();
    }
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (this.exports.readyWorkers() < threads - 1) {
      if (Date.now() > deadline) throw new Error("the worker threads did not start; try CLASS_IT_THREADS=1");
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    this.exports.useThreads(threads);
  }

  allocate(size: number): Float32Array {
    const at = this.take(size * 4);
    if (at === null) {
      throw new RangeError(
        `wasm: no memory for a tensor of ${size * 4} bytes (${this.usedBytes} in use, the limit is ${this.maxPages * PAGE}); ` +
          "use a smaller batch, or the native backend",
      );
    }
    this.usedBytes += size * 4;
    this.peakBytes = Math.max(this.peakBytes, this.usedBytes);
    return new Float32Array(this.memory.buffer, at, size);
  }

  release(values: Float32Array): void {
    this.usedBytes -= values.byteLength;
    this.list.give(values.byteOffset, values.byteLength);
  }

  owns(values: ArrayBufferView): boolean {
    return values.buffer instanceof this.SharedBuffer; // only tensors of ours use shared memory
  }

  run(kernel: KernelName, sizes: number[], arrays: (Float32Array | Int32Array | null)[]): number {
    const copies: [number, number][] = [];
    const pointers = arrays.map((x) => {
      if (x === null) return 0;
      if (this.owns(x)) return x.byteOffset;
      const at = this.take(x.byteLength);
      if (at === null) throw new RangeError(`wasm: no memory for an argument of ${x.byteLength} bytes`);
      copies.push([at, x.byteLength]);
      if (x instanceof Int32Array) new Int32Array(this.memory.buffer, at, x.length).set(x);
      else new Float32Array(this.memory.buffer, at, x.length).set(x);
      return at;
    });
    const result = this.exports[kernel](...sizes, ...pointers);
    for (const [at, bytes] of copies) this.list.give(at, bytes);
    if (result < 0) throw new RangeError(`wasm ${kernel}: no memory for scratch; use a smaller batch`);
    return result;
  }

  /** Every kernel runs at once. */
  finish(): void {}

  bytes(): MemoryBytes {
    return { used: this.usedBytes, peak: this.peakBytes, free: this.list.freeBytes, scratch: this.scratchBytes };
  }

  private take(bytes: number): number | null {
    const at = this.list.take(bytes);
    if (at !== null) return at;
    const end = this.memory.buffer.byteLength;
    const room = this.maxPages * PAGE - end;
    const wanted = Math.ceil(Math.max(bytes + 64, Math.min(GROW_BYTES, room)) / PAGE);
    try {
      this.memory.grow(wanted);
    } catch {
      return null;
    }
    this.list.give(end, wanted * PAGE);
    return this.list.take(bytes);
  }
}

function committedBinary(): Uint8Array {
  return fs.readFileSync(path.join(projectRoot(), "src", "tensor", "wasm", "class-it.wasm"));
}
