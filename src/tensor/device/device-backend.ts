/**
 * @file The tfjs backend of a GPU host: the plain JavaScript backend, whose float32 tensors may lie on the device.
 *
 * A tensor's numbers are on the host, on the device, or on both. Our kernels use the device side, after an upload if
 * necessary, and write only there. Kernels of TensorFlow.js read the host side, which needs a download, or fails if the
 * host cannot wait for the device.
 */

import { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import {
  type AdamWWeight,
  type Clipping,
  type KernelArray,
  type KernelHost,
  type KernelName,
  type Purpose,
  WRITTEN,
} from "../fused/kernel-host";
import { tf } from "../tf";
import type { Device } from "./device";
import type { Block } from "./device-memory";

export class DeviceBackend<Piece> extends MathBackendCPU implements KernelHost {
  readonly backendName: string;
  readonly addsGradients: boolean;
  readonly sumsProducts: boolean;
  readonly hasScoringKernels = false;
  readonly productCut = null;
  readonly device: Device<Piece>;

  constructor(device: Device<Piece>) {
    super();
    this.backendName = device.name;
    this.addsGradients = device.addsGradients ?? false;
    this.sumsProducts = device.sumsProducts ?? false;
    this.device = device;
    (this as unknown as { firstUse: boolean }).firstUse = false; // suppress TensorFlow.js's message on the first tensor
  }

  // ------------------------------------------------------------------------------------------------ the kernels' host

  output(shape: number[]): tf.TensorInfo {
    const length = sizeOf(shape);
    const block = this.device.tensors.allocate(Math.max(4, 4 * length), `a tensor [${shape}]`);
    const dataId = {};
    this.data.set(dataId, new DeviceTensor(this.device, length, 1, block, null) as never);
    return { dataId, shape, dtype: "float32" };
  }

  run(kernel: KernelName, sizes: number[], arrays: KernelArray[]): void {
    const tensors = arrays.map((x) => (x === null || ArrayBuffer.isView(x) ? null : this.onDevice(x)));
    this.device.run(
      kernel,
      sizes,
      arrays.map((x, i) => (tensors[i] === null ? (x as Int32Array | Float32Array | null) : tensors[i].piece)),
    );
    for (const i of WRITTEN[kernel]) tensors[i]?.changed();
  }

  copy(x: tf.TensorInfo): tf.TensorInfo {
    const from = this.onDevice(x);
    const y = this.output(x.shape);
    this.device.copy(from.piece, this.onDevice(y).piece, from.length);
    return y;
  }

  scaledSum(x: tf.TensorInfo, factor: number): tf.TensorInfo {
    const from = this.onDevice(x);
    const sum = this.output([]);
    this.device.scaledSum(from, factor, this.onDevice(sum).piece);
    return sum;
  }

  norm(tensors: readonly tf.TensorInfo[]): Promise<number> {
    return this.device.norm(tensors.map((x) => this.onDevice(x)));
  }

  adamw(weights: readonly AdamWWeight[], clipping: Clipping): Promise<number> {
    const pieces = weights.map(({ parameter, gradient, m, v, hyper }) => {
      for (const variable of [parameter, m, v]) this.makeWritable(variable);
      const [p, g, first, second] = [parameter, gradient, m, v].map((x) => this.onDevice(x));
      for (const tensor of [p, first, second]) tensor.changed();
      return { parameter: p.piece, gradient: g.piece, m: first.piece, v: second.piece, length: p.length, hyper };
    });
    return this.device.adamw(pieces, clipping);
  }

  setPurpose(purpose: Purpose): void {
    this.device.purpose = purpose;
  }

  free(tensor: tf.TensorInfo): void {
    this.disposeData(tensor.dataId);
  }

  /** The tensor's memory on the device, with its numbers in it. */
  pieceOf(x: tf.TensorInfo): Piece {
    return this.onDevice(x).piece;
  }

  valuesNow(x: tf.TensorInfo): Float32Array | null {
    const tensor = this.data.get(x.dataId) as unknown;
    if (tensor instanceof DeviceTensor && !tensor.isOnHost && this.device.downloadNow === null) return null;
    return this.data.get(x.dataId).values as Float32Array;
  }

  makeWritable(variable: tf.Variable): void {
    if (this.data.get(variable.dataId).refCount === 1) return;
    const copy = tf.engine().makeTensorFromTensorInfo(this.copy(variable));
    variable.assign(copy);
    copy.dispose();
  }

  // ----------------------------------------------------------------------------------------------------- the tfjs side

  override async read(dataId: object): Promise<tf.backend_util.BackendValues> {
    const tensor = this.data.get(dataId) as unknown;
    if (!(tensor instanceof DeviceTensor) || tensor.isOnHost) return this.readSync(dataId);
    return this.device.download(tensor.piece, tensor.length);
  }

  /** A copy, because the caller may write to it. */
  override readSync(dataId: object): tf.backend_util.BackendValues {
    const values = super.readSync(dataId);
    return ArrayBuffer.isView(values) ? (values as Float32Array).slice() : values;
  }

  override disposeData(dataId: object, force = false): boolean {
    const tensor = this.data.has(dataId) ? (this.data.get(dataId) as unknown) : undefined;
    const isGone = super.disposeData(dataId, force);
    if (isGone && tensor instanceof DeviceTensor) tensor.release();
    return isGone;
  }

  override memory() {
    return { unreliable: false, reasons: [] } as unknown as ReturnType<MathBackendCPU["memory"]>;
  }

  /** The tensor with its device side. */
  private onDevice(x: tf.TensorInfo): DeviceTensor<Piece> {
    const data = this.data.get(x.dataId) as unknown as { values?: unknown; refCount: number };
    if (data instanceof DeviceTensor) return data;
    const { values, refCount } = data;
    if (x.dtype !== "float32")
      throw new Error(`${this.backendName}: a kernel wants float32, got ${x.dtype} [${x.shape}]`);
    const host = values instanceof Float32Array ? values : Float32Array.from(values as ArrayLike<number>);
    const block = this.device.tensors.allocate(Math.max(4, host.byteLength), `a tensor [${x.shape}]`);
    this.device.upload(block.piece, host);
    const tensor = new DeviceTensor(this.device, host.length, refCount, block, host);
    this.data.delete(x.dataId);
    this.data.set(x.dataId, tensor as never);
    return tensor;
  }
}

/** Replaces the JavaScript backend's own record of a tensor. */
class DeviceTensor<Piece> {
  readonly dtype = "float32";
  readonly length: number;
  refCount: number;
  private readonly device: Device<Piece>;
  private readonly block: Block<Piece>;
  /** the same numbers on the host; null if only the device has them */
  private host: Float32Array | null;

  constructor(device: Device<Piece>, length: number, refCount: number, block: Block<Piece>, host: Float32Array | null) {
    this.device = device;
    this.length = length;
    this.refCount = refCount;
    this.block = block;
    this.host = host;
  }

  get piece(): Piece {
    return this.block.piece;
  }

  get isOnHost(): boolean {
    return this.host !== null;
  }

  /** Read by kernels of TensorFlow.js. */
  get values(): Float32Array {
    if (this.host === null) {
      if (this.device.downloadNow === null) {
        throw new Error(
          `${this.device.name}: these ${this.length} numbers are on the GPU and cannot be read synchronously; ` +
            "read them with data(), not dataSync()",
        );
      }
      this.host = this.device.downloadNow(this.piece, this.length);
    }
    return this.host;
  }

  /** Called when a kernel has written the device side. */
  changed(): void {
    this.host = null;
  }

  release(): void {
    this.device.tensors.release(this.block);
  }
}

/**
 * Start the tfjs backend of this device: it has all kernels of the JavaScript backend; `registerFused` then replaces
 * some by ours.
 */
export async function startDeviceBackend<Piece>(device: Device<Piece>): Promise<DeviceBackend<Piece>> {
  tf.copyRegisteredKernels("cpu", device.name);
  tf.registerBackend(device.name, () => new DeviceBackend(device));
  if (!(await tf.setBackend(device.name))) throw new Error(`TensorFlow.js refused the backend "${device.name}"`);
  return tf.backend() as unknown as DeviceBackend<Piece>;
}

function sizeOf(shape: number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
