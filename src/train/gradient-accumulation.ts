/**
 * @file Gradient accumulation: computes one update's gradients in several forward and backward passes that fit into
 * memory.
 */

import { lossAndGradients, tf } from "../tensor";
import { yieldToEventLoop } from "./event-loop";

export interface AccumulatedGradients {
  /** Reads the sum of the passes' losses, once. Read together with the update's norm, it costs one wait for a GPU, not two. */
  lossSum(): Promise<number>;
  /** Sums over the passes, by weight name; owned by the caller. Weights that no pass depends on are absent. */
  gradients: Map<string, tf.Tensor>;
}

/**
 * Differentiate the losses one after another and sum losses and gradients.
 *
 * @param weights - variables to differentiate by, by name
 * @param losses - one function per pass, called in order; each returns a sum over its tokens or rows, not a mean
 */
export async function accumulateGradients(
  weights: ReadonlyMap<string, tf.Variable>,
  losses: Iterable<() => tf.Scalar>,
): Promise<AccumulatedGradients> {
  const variables = [...weights.values()];
  const gradients = new Map<string, tf.Tensor>();
  const values: tf.Scalar[] = [];
  for (const loss of losses) {
    const { value, grads } = lossAndGradients(loss, variables);
    values.push(value);
    for (const [name, variable] of weights) {
      const gradient: tf.Tensor | null | undefined = grads[variable.name];
      if (gradient === undefined || gradient === null) continue;
      const sum = gradients.get(name);
      gradients.set(name, sum === undefined ? gradient : tf.add(sum, gradient));
      if (sum !== undefined) tf.dispose([sum, gradient]);
    }
    await yieldToEventLoop();
  }
  const lossSum = async () => {
    let sum = 0;
    for (const [part] of await Promise.all(values.map((value) => value.data()))) sum += part;
    tf.dispose(values);
    return sum;
  };
  return { lossSum, gradients };
}
