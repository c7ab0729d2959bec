/**
 * @file Operations of TensorFlow.js that models use besides the fused ones (generation with its cache, the
 * classification head), on the device. On other hosts they run in JavaScript, but WebGPU cannot wait for the data.
 *
 * Float32, up to four axes. If the host has all operands, or a shape is not supported, the operation runs on the host.
 */

import type { DeviceBackend } from "../device";
import { replaceOperation } from "../fused/register";
import { tf } from "../tf";
import type { GpuPiece } from "./command-queue";
import * as kernels from "./kernels/plain";
import { AXES, UNARY } from "./kernels/plain";
import { launchEach, launchRows } from "./room";
import type { WebgpuDevice } from "./webgpu-device";

type Info = tf.TensorInfo;

export function registerPlainOperations(backend: DeviceBackend<GpuPiece>, device: WebgpuDevice): void {
  const isOurs = (...tensors: Info[]) =>
    tensors.every(({ dtype, shape }) => dtype === "float32" && shape.length <= AXES && sizeOf(shape) > 0) &&
    tensors.some((x) => backend.valuesNow(x) === null);
  const pieces = (...tensors: Info[]) => tensors.map((x) => backend.pieceOf(x));

  for (const name of Object.keys(UNARY) as (keyof typeof UNARY)[]) {
    replaceOperation(backend, name, ({ x }) => {
      if (!isOurs(x)) return null;
      const y = backend.output(x.shape);
      launchEach(device, `plain ${name}`, () => kernels.unary(name), pieces(x, y), sizeOf(x.shape));
      return y;
    });
  }

  for (const [name, operator] of [
    ["Add", "+"],
    ["Sub", "-"],
    ["Multiply", "*"],
    ["RealDiv", "/"],
  ] as const) {
    replaceOperation(backend, name, ({ a, b }) => {
      if (!isOurs(a, b)) return null;
      const shape = tf.broadcast_util.assertAndGetBroadcastShape(a.shape, b.shape);
      const isEqual = name !== "RealDiv" && (a.shape.join() === b.shape.join() || sizeOf(b.shape) === 1);
      if (isEqual || shape.length > AXES) return null; // the fused sums and products have no strides
      const y = backend.output(shape);
      const strides = [a, b].flatMap((x) => broadcastStrides(x.shape));
      const source = () => kernels.broadcast(operator);
      const uniforms = [...filled(shape), ...strides];
      launchEach(device, `plain ${operator}`, source, pieces(a, b, y), sizeOf(shape), uniforms);
      return y;
    });
  }

  /** Copy elements of this shape from x to y; strides and starts count elements. */
  const rearrange = (x: Info, y: Info, shape: number[], from: number[], to: number[], x0: number, y0: number) => {
    const uniforms = [...filled(shape), ...filled(from, 0), ...filled(to, 0), x0, y0];
    launchEach(device, "rearrange", kernels.rearrange, pieces(x, y), sizeOf(shape), uniforms);
  };
  const transposed = (x: Info, order: readonly number[]): Info => {
    const shape = order.map((axis) => x.shape[axis]);
    const strides = stridesOf(x.shape);
    const y = backend.output(shape);
    rearrange(
      x,
      y,
      shape,
      order.map((axis) => strides[axis]),
      stridesOf(shape),
      0,
      0,
    );
    return y;
  };

  replaceOperation(backend, "Transpose", ({ x }, { perm }) => (isOurs(x) ? transposed(x, perm as number[]) : null));
  replaceOperation(backend, "Slice", ({ x }, attrs) => {
    if (!isOurs(x)) return null;
    const [begin, shape] = tf.slice_util.parseSliceParams(
      x as tf.Tensor,
      attrs.begin as number[],
      attrs.size as number[],
    );
    const y = backend.output(shape);
    const strides = stridesOf(x.shape);
    const x0 = begin.reduce((sum, index, axis) => sum + index * strides[axis], 0);
    if (sizeOf(shape) > 0) rearrange(x, y, shape, strides, stridesOf(shape), x0, 0);
    return y;
  });
  replaceOperation(backend, "Concat", (inputs, { axis: wanted }) => {
    const parts = Object.values(inputs).filter(({ shape }) => sizeOf(shape) > 0);
    if (parts.length === 0 || !isOurs(...parts)) return null;
    const axis = tf.util.parseAxisParam(wanted as number, parts[0].shape)[0];
    const shape = [...parts[0].shape];
    shape[axis] = parts.reduce((sum, part) => sum + part.shape[axis], 0);
    const y = backend.output(shape);
    const strides = stridesOf(shape);
    let at = 0;
    for (const part of parts) {
      rearrange(part, y, part.shape, stridesOf(part.shape), strides, 0, at * strides[axis]);
      at += part.shape[axis];
    }
    return y;
  });

  for (const name of ["Sum", "Mean", "Max"] as const) {
    replaceOperation(backend, name, ({ x }, { axis, reductionIndices, keepDims }) => {
      if (!isOurs(x)) return null;
      const all = tf.util.parseAxisParam((axis ?? reductionIndices) as number | number[], x.shape);
      const kept = x.shape.map((_, i) => i).filter((i) => !all.includes(i));
      const columns = all.reduce((product, i) => product * x.shape[i], 1);
      const isLast = all.every((i) => i >= kept.length);
      const rows = isLast ? x : transposed(x, [...kept, ...all]);
      const shape = x.shape.map((size, i) => (all.includes(i) ? 1 : size));
      const y = backend.output(keepDims === true ? shape : kept.map((i) => x.shape[i]));
      const count = sizeOf(y.shape);
      if (name === "Max") launchRows(device, "max", kernels.largestOfRows, pieces(rows, y), count, [count, columns]);
      else {
        const uniforms = [count, columns, name === "Mean" ? 1 / columns : 1];
        launchRows(device, "sum rows", kernels.sumRows, pieces(rows, y), count, uniforms);
      }
      if (rows !== x) backend.free(rows);
      return y;
    });
  }

  replaceOperation(backend, "Softmax", ({ logits }) => {
    if (!isOurs(logits)) return null; // TensorFlow.js itself requests only the last axis
    const y = backend.output(logits.shape);
    const columns = logits.shape[logits.shape.length - 1];
    const rows = sizeOf(logits.shape) / columns;
    launchRows(device, "softmax", kernels.softmaxOfRows, pieces(logits, y), rows, [rows, columns]);
    return y;
  });
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** Stride 0 for an axis of size 1, which is repeated. */
function broadcastStrides(shape: readonly number[]): number[] {
  const strides = stridesOf(shape).map((stride, axis) => (shape[axis] === 1 ? 0 : stride));
  return filled(strides, 0);
}

/** Extends to four axes with leading sizes of 1, or strides of 0. */
function filled(list: readonly number[], filler = 1): number[] {
  return [...Array<number>(AXES - list.length).fill(filler), ...list];
}
