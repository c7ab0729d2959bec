/**
 * @file A fused operation with its gradient, and blocks of such operations.
 *
 * Alone, a fused operation is one custom-gradient function of TensorFlow.js. Inside a `block` it is only a kernel call,
 * and the whole block is one custom-gradient function: TensorFlow.js then sees one operation per decoder layer instead
 * of fifteen forward and fifty backward. The kernels, their order and the bytes are the same.
 */

import { separately } from "../gradient-memory";
import { tf } from "../tf";
import type { KernelHost } from "./kernel-host";
import { callFused, fusedHost, runFused } from "./register";

type Info = tf.TensorInfo;

/** Run a fused kernel by its name. */
export type Call = (kernel: string, inputs: Record<string, Info>, attrs?: object) => Info[];

export interface Evaluated {
  value: Info;
  /** what the gradient needs: inputs, the value, or other outputs of the kernel */
  saved: Info[];
  /** One for each input: a new tensor, or `dy` itself. */
  gradient(dy: Info, saved: Info[], call: Call): Info[];
  /** The inputs are x and a weight, and the gradient is the kernel `LinearGrad`. */
  isLinear?: true;
}

let recorder: Recorder | null = null;

/** Whether the operations called now are part of a block, which alone knows their tensors. */
export function isInBlock(): boolean {
  return recorder !== null;
}

/** Whether TensorFlow.js is recording for a gradient; only its internal state shows this. */
export function wantsGradient(): boolean {
  const { gradientDepth } = (tf.engine() as unknown as { state: { gradientDepth: number } }).state;
  return gradientDepth > 0;
}

export function fusedOperation(inputs: tf.Tensor[], evaluate: (inputs: Info[], call: Call) => Evaluated): tf.Tensor {
  if (recorder !== null) return recorder.run(inputs, evaluate);
  const call = runFused as unknown as Call;
  const operation = tf.customGrad((...args: unknown[]) => {
    const save = args.pop() as tf.GradSaveFunc;
    const { value, saved, gradient } = evaluate(args as tf.Tensor[], call);
    save(saved as tf.Tensor[]);
    return {
      value: value as tf.Tensor,
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => gradient(dy, saved, call) as tf.Tensor[],
    };
  });
  return operation(...inputs);
}

/**
 * `f(x, weights)`, as one operation of TensorFlow.js if the backend has fused kernels, else as a separately
 * differentiated part (`separately`). In both cases its activations are freed once the backward pass has passed it.
 *
 * @param f - uses only the operations of this folder, and nothing differentiable but its arguments
 */
export function block(
  f: (x: tf.Tensor2D, weights: readonly tf.Tensor[]) => tf.Tensor2D,
  x: tf.Tensor2D,
  weights: readonly tf.Tensor[],
): tf.Tensor2D {
  const host = fusedHost();
  if (recorder !== null) return f(x, weights);
  if (host === undefined) return separately(f, x, weights);
  const operation = tf.customGrad((...args: unknown[]) => {
    const save = args.pop() as tf.GradSaveFunc;
    const inputs = args as tf.Tensor[];
    const record = new Recorder(host, wantsGradient());
    const { value, saved } = record.forward(() => f(inputs[0] as tf.Tensor2D, inputs.slice(1)));
    save([...inputs, ...saved]);
    return { value, gradFunc: (dy: tf.Tensor) => record.backward(dy, inputs) };
  });
  return operation(x, ...weights) as tf.Tensor2D;
}

interface Step extends Evaluated {
  inputs: Info[];
}

/** A gradient, with the values it belongs to. */
interface Slot {
  info: Info;
  /** number of values it belongs to */
  holders: number;
  /** created here, so it may be overwritten and must be freed */
  isOurs: boolean;
}

/** Linear maps of one input, whose gradients for it are one sum of products. */
interface LinearGroup {
  /** maps whose gradient is still to come */
  left: number;
  weights: Info[];
  /** gradients of the maps' values */
  slots: Slot[];
}

class Recorder {
  private readonly host: KernelHost;
  private readonly records: boolean;
  private readonly made = new Set<Info>();
  private readonly steps: Step[] = [];

  constructor(host: KernelHost, records: boolean) {
    this.host = host;
    this.records = records;
  }

  run(inputs: Info[], evaluate: (inputs: Info[], call: Call) => Evaluated): tf.Tensor {
    const step = { ...evaluate(inputs, this.call), inputs };
    if (this.records) this.steps.push(step);
    return step.value as tf.Tensor;
  }

  /** @returns the value, and the intermediate tensors that the gradient needs */
  forward(f: () => Info): { value: tf.Tensor; saved: tf.Tensor[] } {
    let value: Info | null = null;
    let needed = new Set<Info>();
    recorder = this;
    try {
      value = f();
      if (!this.made.has(value)) throw new Error("block: the function wants to return the value of an operation");
      needed = new Set(this.steps.flatMap((step) => step.saved));
      const tensor = tf.engine().makeTensorFromTensorInfo(value);
      const saved: tf.Tensor[] = [];
      for (const info of this.made) {
        if (info !== value && needed.has(info)) saved.push(tf.engine().makeTensorFromTensorInfo(info));
      }
      if (needed.has(value)) saved.push(tensor);
      return { value: tensor, saved };
    } finally {
      recorder = null;
      for (const info of this.made) if (info !== value && !needed.has(info)) this.host.free(info);
      this.made.clear();
    }
  }

  /** @returns a tensor for each of the block's inputs */
  backward(dy: tf.Tensor, inputs: readonly Info[]): tf.Tensor[] {
    const slots = new Map<Info, Slot>();
    const last = this.steps[this.steps.length - 1];
    const outside = new Set(inputs);
    const uses = new Map<Info, number>();
    for (const x of this.steps.flatMap((step) => step.inputs)) uses.set(x, (uses.get(x) ?? 0) + 1);
    slots.set(last.value, { info: dy, holders: 1, isOurs: false });
    const groups = this.linearGroups(uses, outside);
    for (let s = this.steps.length - 1; s >= 0; s--) {
      const { inputs, value, saved, gradient } = this.steps[s];
      const slot = slots.get(value);
      slots.delete(value);
      const group = groups.get(inputs[0]);
      if (group !== undefined) {
        this.addToGroup(slots, group, inputs, slot);
        continue;
      }
      if (slot === undefined) continue; // nothing depends on it
      const before = slots.get(inputs[0]);
      const adding = before === undefined ? null : this.adding(before);
      const isComplete = before === undefined && !outside.has(inputs[0]) && uses.get(inputs[0]) === 1;
      const gradients = gradient(slot.info, saved, adding?.call ?? (isComplete ? this.complete : this.call));
      const isAdded = adding?.isDone() ?? false;
      if (isAdded && before !== undefined && gradients[0] !== before.info) {
        slots.delete(inputs[0]); // a new tensor has the sum
        this.release(before);
      }
      gradients.forEach((info, i) => {
        if (isAdded && info === before?.info) return; // added in place
        if (info === slot.info) slot.holders++;
        this.add(slots, inputs[i], info === slot.info ? slot : { info, holders: 1, isOurs: true });
      });
      this.release(slot);
    }
    this.made.clear();
    return inputs.map((input) => this.handOver(slots.get(input), input.shape));
  }

  /** By their common input: two or three linear maps, if nothing else uses it. */
  private linearGroups(uses: ReadonlyMap<Info, number>, outside: ReadonlySet<Info>): Map<Info, LinearGroup> {
    const groups = new Map<Info, LinearGroup>();
    if (!this.host.sumsProducts) return groups;
    for (const { inputs, isLinear } of this.steps) {
      const count = uses.get(inputs[0]) ?? 0;
      if (isLinear !== true || count < 2 || count > 3 || outside.has(inputs[0])) continue;
      const group = groups.get(inputs[0]) ?? { left: 0, weights: [], slots: [] };
      group.left++;
      groups.set(inputs[0], group);
    }
    for (const [x, { left }] of groups) if (left !== uses.get(x)) groups.delete(x);
    return groups;
  }

  /** The gradient of a linear map of a group; that for the common input is computed with the last one. */
  private addToGroup(slots: Map<Info, Slot>, group: LinearGroup, [x, weight]: Info[], slot: Slot | undefined): void {
    if (slot !== undefined) {
      const [dWeight] = this.call("LinearWeightGrad", { x, dy: slot.info });
      this.add(slots, weight, { info: dWeight, holders: 1, isOurs: true });
      group.weights.push(weight);
      group.slots.push(slot);
    }
    if (--group.left > 0 || group.slots.length === 0) return;
    const dys = group.slots.map(({ info }) => info);
    const [dx] = this.call("LinearInputGrad", {}, { weights: group.weights, dys });
    this.add(slots, x, { info: dx, holders: 1, isOurs: true });
    for (const done of group.slots) this.release(done);
  }

  /**
   * On a host whose kernels can add, the kernel that computes a further gradient of a step's first input also adds it:
   * a product in place, the norm's gradient into a new tensor.
   */
  private adding(before: Slot): { call: Call; isDone(): boolean } | null {
    if (!this.host.addsGradients) return null;
    let done = false;
    const call: Call = (kernel, inputs, attrs = {}) => {
      const inPlace = kernel === "LinearGrad" && before.isOurs && before.holders === 1;
      if (!inPlace && kernel !== "RmsNormGrad") return this.call(kernel, inputs, attrs);
      done = true;
      return this.call(kernel, inputs, { ...attrs, before: before.info });
    };
    return { call, isDone: () => done };
  }

  /** For the only gradient of a value, to which nothing will be added. */
  private readonly complete: Call = (kernel, inputs, attrs = {}) => {
    const isProduct = kernel === "LinearGrad" && this.host.addsGradients;
    return this.call(kernel, inputs, isProduct ? { ...attrs, isComplete: true } : attrs);
  };

  /** Two gradients of one value are added, the later one to the earlier, as in TensorFlow.js. */
  private add(slots: Map<Info, Slot>, value: Info, slot: Slot): void {
    const before = slots.get(value);
    if (before === undefined) {
      slots.set(value, slot);
      return;
    }
    const target = [before, slot].find(({ isOurs, holders }) => isOurs && holders === 1);
    const info = target?.info ?? this.host.output(value.shape);
    const size = value.shape.reduce((product, n) => product * n, 1);
    this.host.run("binary", [0, size, 0], [before.info, slot.info, info]);
    slots.set(value, target ?? { info, holders: 1, isOurs: true });
    for (const part of [before, slot]) if (part !== target) this.release(part);
  }

  private release(slot: Slot): void {
    slot.holders--;
    if (slot.holders === 0 && slot.isOurs) this.host.free(slot.info);
  }

  private handOver(slot: Slot | undefined, shape: number[]): tf.Tensor {
    if (slot === undefined) return tf.zeros(shape);
    if (slot.isOurs && slot.holders === 1) return tf.engine().makeTensorFromTensorInfo(slot.info);
    const copy = this.host.copy(slot.info);
    this.release(slot);
    return tf.engine().makeTensorFromTensorInfo(copy);
  }

  /** Call kernels directly, without TensorFlow.js. */
  private readonly call: Call = (kernel, inputs, attrs = {}) => {
    const outputs = callFused(this.host, kernel, inputs, attrs);
    for (const output of outputs) {
      (output as { rank?: number }).rank = output.shape.length; // so that it can be used as a tensor
      this.made.add(output);
    }
    return outputs;
  };
}
