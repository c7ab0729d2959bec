/**
 * @file Registers the fused kernels as tfjs kernels, with the same names for every backend.
 *
 * The operations in `ops/` have already checked shapes and ranges. Arrays of ids and mask edges are passed as
 * attributes, not as tensors.
 */

import type { AttentionMask, AttentionShape } from "../attention-mask";
import { tf } from "../tf";
import type { KernelArray, KernelHost } from "./kernel-host";

type Inputs = Record<string, tf.TensorInfo>;
type Kernel = (inputs: Inputs, attrs: Record<string, unknown>) => tf.TensorInfo | tf.TensorInfo[];

const PREFIX = "ClassIt";

const hosts = new Map<string, KernelHost>();
const kernels = new Map<KernelHost, Map<string, Kernel>>();

/** Whether the current backend has fused kernels. */
export function isFused(): boolean {
  return fusedHost() !== undefined;
}

export function fusedHost(): KernelHost | undefined {
  return hosts.get(tf.getBackend());
}

/** Run a fused kernel of the current backend. */
export function runFused(name: string, inputs: Record<string, tf.Tensor>, attrs: object = {}): tf.Tensor[] {
  const outputs = tf.engine().runKernel(PREFIX + name, inputs as never, attrs as never) as tf.Tensor | tf.Tensor[];
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** The same without TensorFlow.js, which neither records the call nor knows the outputs; the caller frees them. */
export function callFused(host: KernelHost, name: string, inputs: Inputs, attrs: object): tf.TensorInfo[] {
  const kernel = kernels.get(host)?.get(name);
  if (kernel === undefined) throw new Error(`there is no fused kernel ${name}`);
  const outputs = kernel(inputs, attrs as Record<string, unknown>);
  return Array.isArray(outputs) ? outputs : [outputs];
}

export function registerFused(host: KernelHost): void {
  hosts.set(host.backendName, host);
  const own = new Map<string, Kernel>();
  kernels.set(host, own);
  const register = (name: string, kernel: Kernel) => {
    own.set(name, kernel);
    tf.registerKernel({
      kernelName: PREFIX + name,
      backendName: host.backendName,
      kernelFunc: ({ inputs, attrs }) => kernel(inputs as Inputs, (attrs ?? {}) as Record<string, unknown>),
    });
  };

  register("RmsNorm", ({ x, weight }, { eps }) => {
    const [N, C] = x.shape;
    const y = host.output([N, C]);
    const inverse = host.output([N]);
    host.run("rmsNorm", [N, C, eps as number], [x, weight, y, inverse]);
    return [y, inverse];
  });
  register("RmsNormGrad", ({ x, weight, inverse, dy }, { before }) => {
    const [N, C] = x.shape;
    const dx = host.output([N, C]);
    const dWeight = host.output([C]);
    const arrays = [x, weight, inverse, dy, dx, dWeight];
    host.run("rmsNormGrad", [N, C], before === undefined ? arrays : [...arrays, before as tf.TensorInfo]);
    return [dx, dWeight];
  });

  register("Linear", ({ x, weight }) => {
    const [[N, I], [O]] = [x.shape, weight.shape];
    const y = host.output([N, O]);
    host.run("gemm", host.addsGradients ? [1, N, O, I, 0, 1, 0, 1] : [1, N, O, I, 0, 1, 0], [x, weight, y]);
    return y;
  });
  register("LinearGrad", ({ x, weight, dy }, { before, isComplete, rows }) => {
    const [[N, I], [O]] = [x.shape, weight.shape];
    const dx = (before as tf.TensorInfo | undefined) ?? host.output([N, I]);
    const dWeight = host.output([O, I]);
    const sizes = [1, N, I, O, 0, 0, before === undefined ? 0 : 1];
    host.run("gemm", isComplete === true ? [...sizes, 1] : sizes, [dy, weight, dx]);
    if (rows === undefined) host.run("gemm", [1, O, I, N, 1, 0, 0], [dy, x, dWeight]);
    else weightGradientOfRows(host, dy, x, dWeight, rows as Int32Array);
    return [dx, dWeight];
  });
  register("LinearWeightGrad", ({ x, dy }) => {
    const [[N, I], [, O]] = [x.shape, dy.shape];
    const dWeight = host.output([O, I]);
    host.run("gemm", [1, O, I, N, 1, 0, 0], [dy, x, dWeight]);
    return dWeight;
  });
  register("LinearInputGrad", (_, { weights, dys }) => {
    const [w, dy] = [weights, dys] as [tf.TensorInfo[], tf.TensorInfo[]];
    const [N, I] = [dy[0].shape[0], w[0].shape[1]];
    const dx = host.output([N, I]);
    const pairs = w.flatMap((weight, i) => [dy[i], weight]);
    host.run("gemmSum", [N, I, ...w.map(({ shape }) => shape[0])], [dx, ...pairs]);
    return dx;
  });
  register("Add", ({ a, b }) => {
    const y = host.output(a.shape);
    host.run("binary", [0, sizeOf(a), 0], [a, b, y]);
    return y;
  });

  register("Rope", ({ x }, attrs) => {
    const { positionIds, headDim, sign, table } = attrs as unknown as {
      positionIds: Int32Array;
      headDim: number;
      sign: 1 | -1;
      table: { cos: Float32Array; sin: Float32Array; positions: number };
    };
    const [N, width] = x.shape;
    const y = host.output([N, width]);
    const sizes = [N, width / headDim, headDim, table.positions, sign];
    host.run("rope", sizes, [positionIds, table.cos, table.sin, x, y]);
    return y;
  });

  register("Attention", ({ q, k, v }, attrs) => {
    const { mask, shape } = attrs as unknown as { mask: AttentionMask; shape: AttentionShape };
    const o = host.output(q.shape);
    const lse = host.output([q.shape[0], shape.H]);
    host.run("attention", attentionSizes(shape), [...maskArrays(mask), q, k, v, o, lse]);
    return [o, lse];
  });
  register("AttentionGrad", ({ q, k, v, o, lse, dy }, attrs) => {
    const { mask, shape } = attrs as unknown as { mask: AttentionMask; shape: AttentionShape };
    const [dq, dk, dv] = [q, k, v].map((x) => host.output(x.shape));
    host.run("attentionGrad", attentionSizes(shape), [...maskArrays(mask), q, k, v, o, lse, dy, dq, dk, dv]);
    return [dq, dk, dv];
  });

  register("Swiglu", ({ gate, up }) => {
    const y = host.output(gate.shape);
    host.run("swiglu", [sizeOf(gate)], [gate, up, y]);
    return y;
  });
  register("SwigluGrad", ({ gate, up, dy }) => {
    const dGate = host.output(gate.shape);
    const dUp = host.output(gate.shape);
    host.run("swigluGrad", [sizeOf(gate)], [gate, up, dy, dGate, dUp]);
    return [dGate, dUp];
  });

  register("Embedding", ({ table }, { ids }) => {
    const [V, C] = table.shape;
    const N = (ids as Int32Array).length;
    const y = host.output([N, C]);
    host.run("embedding", [N, C, V], [ids as Int32Array, table, y]);
    return y;
  });
  register("EmbeddingGrad", ({ dy }, { ids, V }) => {
    const [N, C] = dy.shape;
    const dTable = host.output([V as number, C]);
    host.run("embeddingGrad", [N, C, V as number], [ids as Int32Array, dy, dTable]);
    return dTable;
  });

  register("LinearCrossEntropy", ({ x, weight }, attrs) => {
    const { rows, labels, scale, gradient } = attrs as unknown as {
      rows: Int32Array;
      labels: Int32Array;
      scale: number;
      gradient: boolean;
    };
    const [N, C] = x.shape;
    const V = weight.shape[0];
    const logProbs = host.output([rows.length]);
    const gradients: KernelArray[] = gradient ? [host.output([N, C]), host.output([V, C])] : [null, null];
    host.run("crossEntropy", [N, C, V, rows.length, scale], [rows, labels, x, weight, logProbs, ...gradients]);
    const loss = host.scaledSum(logProbs, -scale); // nats
    host.free(logProbs);
    return gradient ? [loss, ...(gradients as tf.TensorInfo[])] : [loss];
  });
  register("LinearLogProbs", ({ x, weight }, attrs) => {
    const { rows, labels } = attrs as unknown as { rows: Int32Array; labels: Int32Array };
    const [N, C] = x.shape;
    const logProbs = host.output([rows.length]);
    const sizes = [N, C, weight.shape[0], rows.length, 1];
    host.run("crossEntropy", sizes, [rows, labels, x, weight, logProbs, null, null]);
    return logProbs;
  });

  if (host.hasScoringKernels) {
    register("TreeAttention", ({ q, k, v }, attrs) => {
      const { depths, H, K, D } = attrs as { depths: Int32Array; H: number; K: number; D: number };
      const o = host.output(q.shape);
      host.run("treeAttention", [q.shape[0], H, K, D], [depths, q, k, v, o]);
      return o;
    });
    register("LogProbsOf", ({ x, weight }, attrs) => {
      const { rows, starts, labels } = attrs as { rows: Int32Array; starts: Int32Array; labels: Int32Array };
      const [N, C] = x.shape;
      const logProbs = host.output([labels.length]);
      const sizes = [N, C, weight.shape[0], rows.length, labels.length];
      host.run("logProbs", sizes, [rows, starts, labels, x, weight, logProbs]);
      return logProbs;
    });
  }

  replaceMatMul(host);
  for (const [name, op] of [
    ["Add", 0],
    ["Sub", 1],
    ["Multiply", 2],
  ] as const)
    replaceBinary(host, name, op);
}

/**
 * The product `dyᵀ · x` of a matrix of which only these rows are given and the others are zero: one product for every
 * part between two cuts, so that the sums are rounded where those of the whole product are.
 */
function weightGradientOfRows(
  host: KernelHost,
  dy: tf.TensorInfo,
  x: tf.TensorInfo,
  dWeight: tf.TensorInfo,
  rows: Int32Array,
): void {
  const [O, I] = dWeight.shape;
  const cut = host.productCut;
  const [dyValues, xValues] = [dy, x].map((tensor) => host.valuesNow(tensor));
  if (cut === null || dyValues === null || xValues === null) {
    throw new Error(`${host.backendName}: this backend cannot leave out rows of a product (productCut)`);
  }
  for (let from = 0, to = 0; from < rows.length; from = to) {
    const part = Math.floor(rows[from] / cut);
    while (to < rows.length && Math.floor(rows[to] / cut) === part) to++;
    const operands = [dyValues.subarray(from * O, to * O), xValues.subarray(from * I, to * I), dWeight];
    host.run("gemm", [1, O, I, to - from, 1, 0, from > 0 ? 1 : 0], operands);
  }
}

/** Replace tfjs's matrix product by ours; shapes that need broadcasting use the backend's. */
function replaceMatMul(host: KernelHost): void {
  replaceOperation(host, "BatchMatMul", ({ a, b }, { transposeA, transposeB }) => {
    if (a.dtype !== "float32" || b.dtype !== "float32") return null;
    const rank = a.shape.length;
    const batchShape = a.shape.slice(0, -2);
    if (batchShape.join() !== b.shape.slice(0, -2).join()) return null;
    const [M, K] = transposeA ? [a.shape[rank - 1], a.shape[rank - 2]] : a.shape.slice(-2);
    const N = transposeB ? b.shape[rank - 2] : b.shape[rank - 1];
    const y = host.output([...batchShape, M, N]);
    const batch = batchShape.reduce((x, n) => x * n, 1);
    host.run("gemm", [batch, M, N, K, transposeA ? 1 : 0, transposeB ? 1 : 0, 0], [a, b, y]);
    return y;
  });
}

/** Our kernel for equal shapes or a single number on the right; broadcasting uses the backend's. */
function replaceBinary(host: KernelHost, name: "Add" | "Sub" | "Multiply", op: number): void {
  replaceOperation(host, name, ({ a, b }) => {
    if (a.dtype !== "float32" || b.dtype !== "float32") return null;
    if (op !== 1 && sizeOf(a) === 1 && sizeOf(b) > 1 && a.shape.length <= b.shape.length) [a, b] = [b, a];
    const isScalar = sizeOf(b) === 1 && b.shape.length <= a.shape.length;
    if (!isScalar && a.shape.join() !== b.shape.join()) return null;
    const y = host.output(a.shape);
    host.run("binary", [op, sizeOf(a), isScalar ? 1 : 0], [a, b, y]);
    return y;
  });
}

/** Put a kernel in front of the one that the backend has for an operation of TensorFlow.js; null leaves it to that one. */
export function replaceOperation(
  host: { readonly backendName: string },
  name: string,
  kernel: (inputs: Inputs, attrs: Record<string, unknown>) => tf.TensorInfo | null,
): void {
  const stock = tf.getKernel(name, host.backendName);
  tf.unregisterKernel(name, host.backendName);
  tf.registerKernel({
    ...stock,
    kernelFunc: (call) =>
      kernel(call.inputs as Inputs, (call.attrs ?? {}) as Record<string, unknown>) ?? stock.kernelFunc(call),
  });
}

function sizeOf(x: tf.TensorInfo): number {
  return x.shape.reduce((product, n) => product * n, 1);
}

function attentionSizes({ B, T, H, K, D }: AttentionShape): number[] {
  return [B, T, H, K, D];
}

function maskArrays(mask: AttentionMask): Int32Array[] {
  return [mask.contextStart, mask.contextEnd, mask.branchStart];
}
