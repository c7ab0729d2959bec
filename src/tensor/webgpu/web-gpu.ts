/**
 * @file The part of the WebGPU interface (https://www.w3.org/TR/webgpu/) that this folder uses, as types. Node's
 * package and browsers have the same interface; the browser's types are not loaded, since they would hide Node's.
 */

export interface WebGpu {
  requestAdapter(options?: { powerPreference?: "high-performance" }): Promise<GpuAdapter | null>;
}

export type GpuLimits = Readonly<Record<LimitName, number>>;

export const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const;
export type LimitName = (typeof LIMITS)[number];

export interface GpuAdapter {
  readonly info?: {
    vendor?: string;
    architecture?: string;
    device?: string;
    description?: string;
    isFallbackAdapter?: boolean;
  };
  readonly isFallbackAdapter?: boolean;
  readonly limits: GpuLimits;
  requestDevice(settings: { requiredLimits: Record<string, number> }): Promise<GpuDevice>;
}

export interface GpuDevice {
  readonly limits: GpuLimits;
  readonly queue: {
    writeBuffer(buffer: GpuBuffer, at: number, data: ArrayBufferLike, from: number, bytes: number): void;
    submit(commands: readonly object[]): void;
  };
  readonly lost: Promise<{ message: string; reason?: string }>;
  createBuffer(settings: { size: number; usage: number }): GpuBuffer;
  createBindGroupLayout(settings: { entries: object[] }): object;
  createPipelineLayout(settings: { bindGroupLayouts: object[] }): object;
  createShaderModule(settings: { code: string; label: string }): object;
  createComputePipeline(settings: { label: string; layout: object; compute: object }): object;
  createBindGroup(settings: { layout: object; entries: object[] }): object;
  createCommandEncoder(): GpuEncoder;
  pushErrorScope(filter: "out-of-memory"): void;
  popErrorScope(): Promise<{ message: string } | null>;
  addEventListener(type: "uncapturederror", listener: (event: { error: { message: string } }) => void): void;
  destroy(): void;
}

export interface GpuEncoder {
  beginComputePass(): GpuPass;
  copyBufferToBuffer(from: GpuBuffer, fromAt: number, to: GpuBuffer, toAt: number, bytes: number): void;
  clearBuffer(buffer: GpuBuffer, from: number, bytes: number): void;
  finish(): object;
}

export interface GpuPass {
  setPipeline(pipeline: object): void;
  setBindGroup(index: number, group: object, offsets: number[]): void;
  dispatchWorkgroups(x: number, y: number, z: number): void;
  end(): void;
}

export interface GpuBuffer {
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

/** `GPUBufferUsage` */
export const USAGE = { mapRead: 1, copySource: 4, copyTarget: 8, uniform: 64, storage: 128 } as const;
/** `GPUMapMode.READ` */
export const MAP_READ = 1;
/** `GPUShaderStage.COMPUTE` */
export const COMPUTE_STAGE = 4;
