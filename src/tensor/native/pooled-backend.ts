/**
 * @file The tfjs backend of the native kernels: the plain JavaScript backend with pooled, aligned memory.
 *
 * Fresh arrays would cost half of the speed (page faults, garbage collection), so the memory of a disposed tensor goes
 * back to a pool. Whatever leaves the backend is therefore a copy, and whatever enters from a kernel of the JavaScript
 * backend as a view of pooled memory (a contiguous slice, for example) is copied too.
 */

import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { KernelArray, KernelHost, KernelName } from "../fused/kernel-host";
import { tf } from "../tf";
import type { LoadedAddon, NativeArray } from "./load";

interface TensorData {
  values?: unknown;
  dtype: string;
  refCount: number;
}

export class PooledBackend extends MathBackendCPU implements KernelHost {
  readonly backendName = "native";
  private readonly native: LoadedAddon;
  /** free memory by size class */
  private readonly free_ = new Map<number, ArrayBuffer[]>();
  private readonly owned = new WeakSet<ArrayBuffer>();
  private freeBytes = 0;
  private usedBytes = 0;
  private peakBytes = 0;

  constructor(native: LoadedAddon) {
    super();
    this.native = native;
    (this as unknown as { firstUse: boolean }).firstUse = false; // no advertisement on the first tensor
  }

  // ------------------------------------------------------------------------------------------------ the kernels' host

  output(shape: number[]): tf.TensorInfo {
    const size = shape.reduce((product, n) => product * n, 1);
    return this.adopt(shape, this.allocate(size));
  }

  values(tensor: tf.TensorInfo): Float32Array {
    return this.data.get(tensor.dataId).values as Float32Array;
  }

  run(kernel: KernelName, sizes: number[], arrays: KernelArray[]): number {
    const pointers: NativeArray[] = arrays.map((x) =>
      x === null || ArrayBuffer.isView(x) ? x : (this.data.get(x.dataId).values as Float32Array),
    );
    return this.native.addon[kernel](...sizes, ...pointers) as number;
  }

  free(tensor: tf.TensorInfo): void {
    this.disposeData(tensor.dataId);
  }

  /** What this processor can run, best first. */
  instructionSets(): string[] {
    return this.native.addon.instructionSets();
  }

  /** Change instruction set and threads; `"best"` and 0 are what the backend started with. No result depends on it. */
  configure(instructionSet: string, threads: number): void {
    const { addon, instructionSet: best, threads: all } = this.native;
    addon.configure(instructionSet === "best" ? best : instructionSet, threads === 0 ? all : threads);
  }

  /** Bytes of tensors now, at their most, and kept for reuse. */
  poolBytes(): { used: number; peak: number; free: number; scratch: number } {
    return {
      used: this.usedBytes,
      peak: this.peakBytes,
      free: this.freeBytes,
      scratch: this.native.addon.scratchBytes(),
    };
  }

  /** Memory that another tensor shares, or that belongs to the caller who made the tensor, is replaced by a copy. */
  makeWritable(variable: tf.Variable): void {
    const data = this.data.get(variable.dataId) as TensorData;
    const values = data.values as Float32Array;
    if (data.refCount > 1) {
      const copy = tf.engine().makeTensorFromTensorInfo(this.adopt(variable.shape, this.copyOf(values)));
      variable.assign(copy);
      copy.dispose();
    } else if (!this.owned.has(values.buffer as ArrayBuffer)) {
      data.values = this.copyOf(values);
    }
  }

  // ----------------------------------------------------------------------------------------------------- the tfjs side

  override write(values: tf.backend_util.BackendValues, shape: number[], dtype: tf.DataType): object {
    const isOurs = ArrayBuffer.isView(values) && this.owned.has(values.buffer as ArrayBuffer);
    return super.write(isOurs ? ((values as Float32Array).slice() as Float32Array) : values, shape, dtype);
  }

  override readSync(dataId: object): tf.backend_util.BackendValues {
    const values = super.readSync(dataId);
    return ArrayBuffer.isView(values) ? (values as Float32Array).slice() : values;
  }

  override disposeData(dataId: object, force = false): boolean {
    const values = this.data.has(dataId) ? this.data.get(dataId).values : undefined;
    const isGone = super.disposeData(dataId, force);
    if (isGone && values instanceof Float32Array && this.owned.has(values.buffer as ArrayBuffer)) {
      this.release(values.buffer as ArrayBuffer);
    }
    return isGone;
  }

  override memory() {
    return { unreliable: false, reasons: [] } as unknown as ReturnType<MathBackendCPU["memory"]>;
  }

  // -------------------------------------------------------------------------------------------------------- the memory

  private adopt(shape: number[], values: Float32Array): tf.TensorInfo {
    return { dataId: super.write(values, shape, "float32"), shape, dtype: "float32" };
  }

  private copyOf(values: Float32Array): Float32Array {
    const copy = this.allocate(values.length);
    copy.set(values);
    return copy;
  }

  private allocate(size: number): Float32Array {
    const bytes = sizeClass(size * 4);
    const buffer = this.free_.get(bytes)?.pop();
    this.usedBytes += bytes;
    this.peakBytes = Math.max(this.peakBytes, this.usedBytes);
    if (buffer !== undefined) {
      this.freeBytes -= bytes;
      return new Float32Array(buffer, 0, size);
    }
    const fresh = this.native.addon.allocate(bytes);
    this.owned.add(fresh);
    return new Float32Array(fresh, 0, size);
  }

  private release(buffer: ArrayBuffer): void {
    const bytes = buffer.byteLength;
    this.usedBytes -= bytes;
    // keep at most as much as was ever in use at once: a change of batch shapes must not add up
    if (this.freeBytes + this.usedBytes + bytes > this.peakBytes + KEEP_BYTES) return;
    const list = this.free_.get(bytes);
    if (list === undefined) this.free_.set(bytes, [buffer]);
    else list.push(buffer);
    this.freeBytes += bytes;
  }
}

const KEEP_BYTES = 64 << 20;

/** Round up to eight steps an octave, at least 64 bytes, so that batches of nearly the same length share memory. */
function sizeClass(bytes: number): number {
  if (bytes <= 64) return 64;
  const step = Math.max(64, 2 ** (Math.floor(Math.log2(bytes - 1)) - 3));
  return Math.ceil(bytes / step) * step;
}
