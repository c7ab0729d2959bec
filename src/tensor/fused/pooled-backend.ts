/**
 * @file The tfjs backend of the fused kernels: the plain JavaScript backend with memory that the kernels can use.
 *
 * New arrays would halve the speed (page faults, garbage collection), so the memory of a disposed tensor returns to a
 * pool. Therefore all data that leaves the backend is copied, and so are views of pooled memory that a kernel of the
 * JavaScript backend returns (a contiguous slice, for example).
 *
 * The memory may note kernel calls instead of running them at once. They run, in order, before JavaScript reads or writes
 * numbers: here, and in the kernels of the JavaScript backend.
 */

import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import { tf } from "../tf";
import {
  type AdamWWeight,
  type Clipping,
  clipFactor,
  type KernelArray,
  type KernelHost,
  type KernelName,
  type Purpose,
} from "./kernel-host";
import { registerPlainOperations } from "./plain-operations";
import type { Precision } from "./precision";

/** Memory for tensors, and the kernels that use it. */
export interface KernelMemory {
  /** Memory for this many floats, with undefined content. @throws RangeError if there is no memory */
  allocate(size: number): Float32Array;
  release(values: Float32Array): void;
  owns(values: ArrayBufferView): boolean;
  /** Whether kernels can read only their own memory; then tensors made by the user are copied at first use. */
  readonly isSeparate: boolean;
  /**
   * Run a kernel, at the latest in the next `finish`. Until then arrays of ids may change, other arrays may not.
   *
   * @returns null if the kernel is noted, otherwise its number, if it has one
   */
  run(kernel: KernelName, sizes: number[], arrays: (Float32Array | Int32Array | null)[]): number | null;
  /** Run the kernels that were only noted. */
  finish(): void;
  bytes(): MemoryBytes;
  /** Precision of the following matrix products; absent if they are always float32. */
  setProducts?(precision: Precision): void;
}

/** Bytes of tensors now, at the peak, free for reuse, and of the kernels' scratch memory. */
export interface MemoryBytes {
  used: number;
  peak: number;
  free: number;
  scratch: number;
}

/** `KC` in gemm.h. */
const PRODUCT_CUT = 384;

interface TensorData {
  values?: unknown;
  refCount: number;
}

export class PooledBackend extends MathBackendCPU implements KernelHost {
  readonly backendName: string;
  readonly addsGradients = false;
  readonly sumsProducts = false;
  readonly hasScoringKernels = true;
  readonly productCut: number | null;
  readonly kernelMemory: KernelMemory;
  private readonly precisions: Readonly<Record<Purpose, Precision>> | null;

  constructor(
    backendName: string,
    kernelMemory: KernelMemory,
    precisions: Readonly<Record<Purpose, Precision>> | null = null,
  ) {
    super();
    this.backendName = backendName;
    this.kernelMemory = kernelMemory;
    this.precisions = precisions;
    this.productCut = precisions === null || precisions.training === "float32" ? PRODUCT_CUT : null;
    (this as unknown as { firstUse: boolean }).firstUse = false; // suppress TensorFlow.js's message on the first tensor
  }

  // ------------------------------------------------------------------------------------------------ the kernels' host

  output(shape: number[]): tf.TensorInfo {
    const size = shape.reduce((product, n) => product * n, 1);
    return this.adopt(shape, this.kernelMemory.allocate(size));
  }

  copy(x: tf.TensorInfo): tf.TensorInfo {
    const y = this.output(x.shape);
    this.values(y).set(this.values(x));
    return y;
  }

  /** Computed in float64 and in order. */
  scaledSum(x: tf.TensorInfo, factor: number): tf.TensorInfo {
    let total = 0;
    for (const value of this.values(x)) total += value;
    const sum = this.output([]);
    this.values(sum)[0] = total * factor + 0; // avoid -0 for an empty sum
    return sum;
  }

  async norm(tensors: readonly tf.TensorInfo[]): Promise<number> {
    return this.normOf(tensors);
  }

  async adamw(weights: readonly AdamWWeight[], { scale, maxNorm }: Clipping): Promise<number> {
    const norm = this.normOf(weights.map(({ gradient }) => gradient)) * scale;
    if (!Number.isFinite(norm)) return norm;
    const gradientScale = scale * clipFactor(norm, maxNorm);
    for (const { parameter, gradient, m, v, hyper } of weights) {
      for (const variable of [parameter, m, v]) this.makeWritable(variable);
      this.run("adamw", [parameter.size, ...hyper, gradientScale], [parameter, gradient, m, v]);
    }
    return norm;
  }

  run(kernel: KernelName, sizes: number[], arrays: KernelArray[]): number | null {
    const views = arrays.map((x) => (x === null || ArrayBuffer.isView(x) ? x : this.reachable(x)));
    return this.kernelMemory.run(kernel, sizes, views);
  }

  setPurpose(purpose: Purpose): void {
    if (this.precisions !== null) this.kernelMemory.setProducts?.(this.precisions[purpose]);
  }

  free(tensor: tf.TensorInfo): void {
    this.disposeData(tensor.dataId);
  }

  valuesNow(x: tf.TensorInfo): Float32Array {
    return this.values(x);
  }

  /** Memory shared with another tensor, or outside the pool, is replaced by a copy. */
  makeWritable(variable: tf.Variable): void {
    const data = this.data.get(variable.dataId) as TensorData;
    const values = data.values as Float32Array;
    if (data.refCount > 1) {
      const copy = tf.engine().makeTensorFromTensorInfo(this.adopt(variable.shape, this.copyOf(values)));
      variable.assign(copy);
      copy.dispose();
    } else if (!this.kernelMemory.owns(values)) {
      data.values = this.copyOf(values);
    }
  }

  // ----------------------------------------------------------------------------------------------------- the tfjs side

  /** Copies the user's array, which may change before a noted call reads it. */
  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    if (!ArrayBuffer.isView(values)) return super.write(values, shape, dtype);
    if (this.kernelMemory.owns(values)) this.kernelMemory.finish();
    return super.write((values as Float32Array).slice(), shape, dtype);
  }

  /** A result of a kernel of the JavaScript backend: only a view of pooled memory is copied. */
  override makeTensorInfo(
    shape: number[],
    dtype: tf.DataType,
    values?: tf.backend_util.BackendValues | string[],
  ): tf.TensorInfo {
    if (!ArrayBuffer.isView(values) || this.kernelMemory.owns(values))
      return super.makeTensorInfo(shape, dtype, values);
    return { dataId: super.write(values, shape, dtype), shape, dtype };
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    this.kernelMemory.finish();
    const values = super.readSync(dataId);
    return ArrayBuffer.isView(values) ? (values as Float32Array).slice() : values;
  }

  override disposeData(dataId: object, force = false): boolean {
    const values = this.data.has(dataId) ? this.data.get(dataId).values : undefined;
    const isGone = super.disposeData(dataId, force);
    if (isGone && values instanceof Float32Array && this.kernelMemory.owns(values)) this.kernelMemory.release(values);
    return isGone;
  }

  override memory() {
    return { unreliable: false, reasons: [] } as unknown as ReturnType<MathBackendCPU["memory"]>;
  }

  // -------------------------------------------------------------------------------------------------------- the memory

  /** Each tensor's sum in float32, as on other backends; the sum over tensors in float64. */
  private normOf(tensors: readonly tf.TensorInfo[]): number {
    let total = 0;
    for (const x of tensors) {
      const size = x.shape.reduce((product, n) => product * n, 1);
      total += Math.fround(this.run("sumOfSquares", [size], [x]) as number);
    }
    return Math.sqrt(total);
  }

  /** The current numbers of a float32 tensor, valid until the next call of the backend. */
  private values(tensor: tf.TensorInfo): Float32Array {
    this.kernelMemory.finish();
    return this.data.get(tensor.dataId).values as Float32Array;
  }

  /** A tensor's numbers in memory that the kernels can read. */
  private reachable(tensor: tf.TensorInfo): Float32Array {
    const data = this.data.get(tensor.dataId) as TensorData;
    if (this.kernelMemory.isSeparate && !this.kernelMemory.owns(data.values as Float32Array)) {
      data.values = this.copyOf(data.values as Float32Array);
    }
    return data.values as Float32Array;
  }

  private adopt(shape: number[], values: Float32Array): tf.TensorInfo {
    return { dataId: super.write(values, shape, "float32"), shape, dtype: "float32" };
  }

  private copyOf(values: Float32Array): Float32Array {
    this.kernelMemory.finish();
    const copy = this.kernelMemory.allocate(values.length);
    copy.set(values);
    return copy;
  }
}

/**
 * Start a tfjs backend called `name`: all kernels of the JavaScript backend with this memory, a few of them faster;
 * `registerFused` then replaces some by ours.
 */
export async function startPooledBackend(
  name: string,
  memory: KernelMemory,
  precisions: Readonly<Record<Purpose, Precision>> | null = null,
): Promise<PooledBackend> {
  for (const kernel of tf.getKernelsForBackend("cpu")) tf.registerKernel(afterOurs(kernel, name));
  tf.registerBackend(name, () => new PooledBackend(name, memory, precisions));
  if (!(await tf.setBackend(name))) throw new Error(`TensorFlow.js refused the backend "${name}"`);
  const backend = tf.backend() as unknown as PooledBackend;
  registerPlainOperations(backend);
  return backend;
}

/** Operations of TensorFlow.js that read no numbers: the result shares the input's memory. */
const SHARING = ["Identity", "Reshape"];

/** A kernel of the JavaScript backend for the backend `name`, after all of our kernels that are only noted. */
function afterOurs(kernel: tf.KernelConfig, name: string): tf.KernelConfig {
  const { kernelName, kernelFunc } = kernel;
  const after: tf.KernelFunc = (call) => {
    (call.backend as PooledBackend).kernelMemory.finish();
    return kernelFunc(call);
  };
  return { ...kernel, backendName: name, kernelFunc: SHARING.includes(kernelName) ? kernelFunc : after };
}
