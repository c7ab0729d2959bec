/**
 * @file Memory of the backward pass. TensorFlow.js keeps every activation, and the gradient of every intermediate
 * result, until the end of the backward pass. A separately differentiated part of the model frees both as soon as the
 * backward pass leaves it; a recomputed part keeps no activations.
 */

import { tf } from "./tf";

/**
 * `f(x, weights)` with the same value and gradients, whose activations and inner gradients are freed once the backward
 * pass has passed it.
 *
 * @param f - must not use differentiable values other than its arguments
 */
export function separately(
  f: (x: tf.Tensor2D, weights: readonly tf.Tensor[]) => tf.Tensor2D,
  x: tf.Tensor2D,
  weights: readonly tf.Tensor[],
): tf.Tensor2D {
  const state = engineState();
  // nothing is recorded without a gradient, nor inside an operation with its own gradient (the first pass of
  // `recomputed`)
  if (state.gradientDepth === 0 || state.kernelDepth > 0) return f(x, weights);
  const operation = tf.customGrad((...args: unknown[]) => {
    const inputs = args.slice(0, -1) as tf.Tensor[];
    const tape: unknown[] = [];
    const { activeTape, kernelDepth } = state;
    let value: tf.Tensor;
    try {
      Object.assign(state, { activeTape: tape, kernelDepth: 0 }); // recording is off inside an operation
      value = tf.tidy(() => f(inputs[0] as tf.Tensor2D, inputs.slice(1)));
    } finally {
      Object.assign(state, { activeTape, kernelDepth });
    }
    const recorded = () => {
      state.activeTape = tape;
      return value;
    };
    // together with the gradients, the engine frees the tensors saved by this tape
    const gradFunc = (dy: tf.Tensor) => withOwnTape(() => tf.engine().gradients(recorded, inputs, dy).grads);
    return { value, gradFunc };
  });
  return operation(x, ...weights) as tf.Tensor2D;
}

/**
 * `f(x, weights)` with the same value and gradients, which keeps only `x` and the weights for the backward pass and
 * recomputes the rest there (gradient checkpointing, Chen et al. 2016, https://arxiv.org/abs/1604.06174). About a third
 * more work.
 *
 * @param f - must not use differentiable values other than its arguments
 */
export function recomputed(
  f: (x: tf.Tensor2D, weights: readonly tf.Tensor[]) => tf.Tensor2D,
  x: tf.Tensor2D,
  weights: readonly tf.Tensor[],
): tf.Tensor2D {
  const whole = (inputs: readonly tf.Tensor[]) => f(inputs[0] as tf.Tensor2D, inputs.slice(1));
  const operation = tf.customGrad((...args: unknown[]) => {
    const save = args[args.length - 1] as tf.GradSaveFunc;
    const inputs = args.slice(0, -1) as tf.Tensor[];
    save(inputs);
    return {
      value: tf.tidy(() => whole(inputs)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        withOwnTape(() => tf.grads((...xs: tf.Tensor[]) => whole(xs))(saved, dy)),
    };
  });
  return operation(x, ...weights) as tf.Tensor2D;
}

/** TensorFlow.js has one tape and drops it when a gradient is done, so the outer tape is put aside during `run`. */
function withOwnTape<T>(run: () => T): T {
  const state = engineState();
  const outer = state.activeTape;
  try {
    return run();
  } finally {
    state.activeTape = outer;
  }
}

/** The engine's internal recording state. */
function engineState(): { activeTape: unknown; gradientDepth: number; kernelDepth: number } {
  return (tf.engine() as unknown as { state: ReturnType<typeof engineState> }).state;
}
