/**
 * @file Trading time for memory: a part of the model whose activations are thrown away after the forward pass and
 * computed again in the backward pass (Chen et al. 2016, https://arxiv.org/abs/1604.06174). About a third more work.
 */

import { tf } from "../tensor";

/**
 * `f(x, weights)` with the same value and gradients, of which only `x` and the weights are kept for the backward pass.
 *
 * @param f - must use nothing differentiable but its arguments
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

/** TensorFlow.js has one tape and forgets it when a gradient is done, so the outer one is put aside meanwhile. */
function withOwnTape<T>(run: () => T): T {
  const state = (tf.engine() as unknown as { state: { activeTape: unknown } }).state;
  const outer = state.activeTape;
  try {
    return run();
  } finally {
    state.activeTape = outer;
  }
}
