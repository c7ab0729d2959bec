/**
 * @file The queue of a WebGPU device: launches, copies and transfers, recorded in order and submitted in batches.
 *
 * A whole update is one or two submissions. Arguments of launches (`uniforms`) are uploaded together before each
 * submission. Uploads into memory that recorded launches use are copied on the device in order, so nothing has to be
 * submitted early. Readbacks requested in one turn of the event loop share one buffer and one wait.
 */

import {
  COMPUTE_STAGE,
  type GpuBuffer,
  type GpuDevice,
  type GpuEncoder,
  type GpuPass,
  MAP_READ,
  USAGE,
} from "./web-gpu";

/** A piece of device memory. */
export interface GpuPiece {
  readonly buffer: GpuBuffer;
  /** id of the memory, never reused */
  readonly id: number;
  /** number of the last submission that used it */
  used: number;
}

/** A kernel in WGSL. Its entry point is `main`, its launch arguments are the fields of `u`. */
export interface KernelSource {
  arrays: readonly KernelArraySource[];
  /** `name: type`, with type u32, i32 or f32 */
  uniforms: readonly string[];
  code: string;
}

export interface KernelArraySource {
  name: string;
  /** WGSL type of an element */
  type: string;
  access: "read" | "read_write";
}

interface Kernel {
  pipeline: object;
  layout: object;
  /** first letters of the uniforms' types */
  types: string;
  /** bind groups by the ids of their pieces */
  groups: Map<string, object>;
}

export type Grid = readonly [x: number, y: number, z: number];

interface Readback {
  buffer: GpuBuffer;
  bytes: number;
}

interface Wanted {
  at: number;
  bytes: number;
  resolve(content: ArrayBuffer): void;
  reject(error: unknown): void;
}

/** Bytes between the uniforms of two launches: the largest alignment of any device. */
const SLOT = 256;
/** Maximum launches per submission. */
const SLOTS = 256;
/** Launches per submission by default; the device works on one submission while the next is recorded. */
const SUBMIT_AFTER = 64;
/** Bytes of ordered uploads per submission. */
const STAGE_BYTES = 1 << 20;
/** Maximum number of cached bind groups per kernel. */
const KEPT_GROUPS = 4096;
/** Workgroups per dimension, the limit of every device. */
export const MOST_GROUPS = 65_535;

const REMEDY = "use smaller micro-batches (maxMicroBatchTokens) or recompute activations (recompute)";

export class CommandQueue {
  launches = 0;
  submissions = 0;
  readbacks = 0;
  /** made so far; an update of a known shape makes none */
  bindGroups = 0;
  /** launches per submission, at most 256 */
  submitAfter = SUBMIT_AFTER;
  private readonly device: GpuDevice;
  private readonly kernels = new Map<string, Kernel>();
  private readonly uniformBuffer: GpuBuffer;
  private readonly uniforms = new ArrayBuffer(SLOT * SLOTS);
  private readonly words = new Uint32Array(this.uniforms);
  private readonly floats = new Float32Array(this.uniforms);
  private readonly stageBuffer: GpuBuffer;
  private readonly stage = new Uint8Array(STAGE_BYTES);
  private staged = 0;
  private slot = 0;
  private encoder: GpuEncoder | null = null;
  private pass: GpuPass | null = null;
  /** the pass's pipeline */
  private pipeline: object | null = null;
  /** number of the submission that is being recorded */
  private submission = 1;
  private nextId = 0;
  private readonly freeReadbacks: Readback[] = [];
  private readback: Readback | null = null;
  private wanted: Wanted[] = [];
  /** first error reported by the device, which happens outside of calls */
  private failure: string | null = null;

  constructor(device: GpuDevice) {
    this.device = device;
    this.uniformBuffer = device.createBuffer({ size: SLOT * SLOTS, usage: USAGE.uniform | USAGE.copyTarget });
    this.stageBuffer = device.createBuffer({ size: STAGE_BYTES, usage: USAGE.copySource | USAGE.copyTarget });
    device.addEventListener("uncapturederror", ({ error }) => {
      this.failure ??= error.message.split("\n")[0];
    });
    void device.lost.then(({ message }) => {
      this.failure ??= `the device was lost (${message.split("\n")[0] || "no reason given"}); start again: training resumes from its last checkpoint`;
    });
  }

  // ------------------------------------------------------------------------------------------------------------- memory

  allocate(bytes: number): GpuPiece {
    this.device.pushErrorScope("out-of-memory");
    const usage = USAGE.storage | USAGE.copySource | USAGE.copyTarget;
    const buffer = this.device.createBuffer({ size: bytes, usage });
    void this.device.popErrorScope().then((error) => {
      if (error !== null) this.failure ??= `no memory for ${(bytes / 1e6).toFixed(1)} MB on the device; ${REMEDY}`;
    });
    return { buffer, id: this.nextId++, used: 0 };
  }

  free(piece: GpuPiece): void {
    if (piece.used === this.submission) this.submit();
    piece.buffer.destroy();
  }

  // ------------------------------------------------------------------------------------------------------------ commands

  /**
   * @param key - name of the kernel; the same key means the same source
   * @param pieces - one for each of the kernel's arrays, in order
   * @param uniforms - one number for each of the kernel's uniforms, in order
   */
  launch(
    key: string,
    source: () => KernelSource,
    pieces: readonly GpuPiece[],
    uniforms: readonly number[],
    [x, y, z]: Grid,
  ): void {
    if (x === 0 || y === 0 || z === 0) return;
    if (Math.max(x, y, z) > MOST_GROUPS) {
      throw new RangeError(
        `webgpu: ${key} wants ${x} x ${y} x ${z} workgroups, at most ${MOST_GROUPS} each; use smaller batches`,
      );
    }
    const kernel = this.kernel(key, source);
    const group = this.group(kernel, pieces);
    const at = (this.slot * SLOT) / 4;
    for (let i = 0; i < kernel.types.length; i++) {
      if (kernel.types[i] === "f") this.floats[at + i] = uniforms[i];
      else this.words[at + i] = uniforms[i];
    }
    this.pass ??= this.recording().beginComputePass();
    if (this.pipeline !== kernel.pipeline) {
      this.pass.setPipeline(kernel.pipeline);
      this.pipeline = kernel.pipeline;
    }
    this.pass.setBindGroup(0, group, [this.slot * SLOT]);
    this.pass.dispatchWorkgroups(x, y, z);
    this.launches++;
    if (++this.slot >= Math.min(SLOTS, this.submitAfter)) this.submit();
  }

  /** Set memory to zero. */
  clear(piece: GpuPiece, bytes: number): void {
    if (bytes > 0) this.between(piece).clearBuffer(piece.buffer, 0, bytes);
  }

  copy(from: GpuPiece, to: GpuPiece, bytes: number): void {
    if (bytes === 0) return;
    from.used = this.submission;
    this.between(to).copyBufferToBuffer(from.buffer, 0, to.buffer, 0, bytes);
  }

  /** The caller may write to `values` as soon as the call returns. */
  upload(piece: GpuPiece, values: ArrayBufferView): void {
    const { buffer, byteOffset, byteLength } = values;
    if (byteLength === 0) return;
    if (piece.used === this.submission && byteLength <= STAGE_BYTES) {
      if (this.staged + byteLength > STAGE_BYTES) this.submit();
    } else if (piece.used === this.submission) this.submit();
    if (piece.used !== this.submission) {
      this.device.queue.writeBuffer(piece.buffer, 0, buffer, byteOffset, byteLength);
      return;
    }
    this.stage.set(new Uint8Array(buffer, byteOffset, byteLength), this.staged);
    this.between(piece).copyBufferToBuffer(this.stageBuffer, this.staged, piece.buffer, 0, byteLength);
    this.staged += byteLength;
  }

  /** The piece's content after all recorded commands; the piece may be released meanwhile. */
  download(piece: GpuPiece, bytes: number): Promise<ArrayBuffer> {
    if (bytes === 0) return Promise.resolve(new ArrayBuffer(0));
    let at = this.wanted.reduce((sum, { bytes }) => sum + bytes, 0);
    if (this.readback !== null && at + bytes > this.readback.bytes) {
      void this.settle();
      at = 0;
    }
    this.readback ??= this.readbackOf(bytes);
    const { buffer } = this.readback;
    this.between(piece).copyBufferToBuffer(piece.buffer, 0, buffer, at, bytes);
    return new Promise((resolve, reject) => {
      if (this.wanted.length === 0) queueMicrotask(() => void this.settle());
      this.wanted.push({ at, bytes, resolve, reject });
    });
  }

  /** Submit the recorded commands. */
  submit(): void {
    if (this.encoder === null) return;
    this.endPass();
    const { queue } = this.device;
    // the queue works in order, so every submission may use the same memory for its arguments
    if (this.slot > 0) queue.writeBuffer(this.uniformBuffer, 0, this.uniforms, 0, this.slot * SLOT);
    if (this.staged > 0) queue.writeBuffer(this.stageBuffer, 0, this.stage.buffer, 0, this.staged);
    queue.submit([this.encoder.finish()]);
    this.encoder = null;
    this.slot = 0;
    this.staged = 0;
    this.submission++;
    this.submissions++;
  }

  /** Destroy the device. */
  destroy(): void {
    this.submit();
    this.device.destroy();
  }

  // -------------------------------------------------------------------------------------------------------------- inside

  private recording(): GpuEncoder {
    this.encoder ??= this.device.createCommandEncoder();
    return this.encoder;
  }

  /** The encoder for a command that is not a launch and reads or writes this piece. */
  private between(piece: GpuPiece): GpuEncoder {
    this.endPass();
    piece.used = this.submission;
    return this.recording();
  }

  private endPass(): void {
    this.pass?.end();
    this.pass = null;
    this.pipeline = null;
  }

  private kernel(key: string, source: () => KernelSource): Kernel {
    let kernel = this.kernels.get(key);
    if (kernel === undefined) {
      kernel = this.compiled(key, source());
      this.kernels.set(key, kernel);
    }
    return kernel;
  }

  private compiled(label: string, { arrays, uniforms, code: body }: KernelSource): Kernel {
    const { device } = this;
    const code = [
      `struct Uniforms { ${uniforms.join(", ")} }`,
      "@group(0) @binding(0) var<uniform> u: Uniforms;",
      ...arrays.map(
        ({ name, type, access }, i) => `@group(0) @binding(${i + 1}) var<storage, ${access}> ${name}: array<${type}>;`,
      ),
      body,
    ].join("\n");
    const entries = [
      { binding: 0, visibility: COMPUTE_STAGE, buffer: { type: "uniform", hasDynamicOffset: true } },
      ...arrays.map(({ access }, i) => ({
        binding: i + 1,
        visibility: COMPUTE_STAGE,
        buffer: { type: access === "read" ? "read-only-storage" : "storage" },
      })),
    ];
    const layout = device.createBindGroupLayout({ entries });
    const module = device.createShaderModule({ code, label });
    const pipeline = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: "main" },
    });
    return { pipeline, layout, types: uniforms.map((x) => x.split(":")[1].trim()[0]).join(""), groups: new Map() };
  }

  private group(kernel: Kernel, pieces: readonly GpuPiece[]): object {
    let key = "";
    for (const piece of pieces) {
      key += `${piece.id},`;
      piece.used = this.submission;
    }
    let group = kernel.groups.get(key);
    if (group !== undefined) return group;
    this.bindGroups++;
    group = this.device.createBindGroup({
      layout: kernel.layout,
      entries: [
        { binding: 0, resource: { buffer: this.uniformBuffer, size: SLOT } },
        ...pieces.map(({ buffer }, i) => ({ binding: i + 1, resource: { buffer } })),
      ],
    });
    if (kernel.groups.size === KEPT_GROUPS) kernel.groups.clear();
    kernel.groups.set(key, group);
    return group;
  }

  private readbackOf(bytes: number): Readback {
    const found = this.freeReadbacks.findIndex((readback) => readback.bytes >= bytes);
    if (found >= 0) return this.freeReadbacks.splice(found, 1)[0];
    const size = Math.max(1 << 16, 2 ** Math.ceil(Math.log2(bytes)));
    return { buffer: this.device.createBuffer({ size, usage: USAGE.mapRead | USAGE.copyTarget }), bytes: size };
  }

  private async settle(): Promise<void> {
    const { readback, wanted } = this;
    if (readback === null) return;
    this.readback = null;
    this.wanted = [];
    this.submit();
    this.readbacks++;
    try {
      await readback.buffer.mapAsync(MAP_READ);
      if (this.failure !== null) throw new Error(this.failure);
      const content = readback.buffer.getMappedRange();
      for (const { at, bytes, resolve } of wanted) resolve(content.slice(at, at + bytes));
      readback.buffer.unmap();
      this.freeReadbacks.push(readback);
    } catch (error) {
      const reason = this.failure === null ? error : new Error(`webgpu: ${this.failure}`);
      for (const { reject } of wanted) reject(reason);
    }
  }
}
