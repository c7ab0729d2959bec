/** @file Gradient accumulation: one update's gradients from several forward and backward passes, none larger than memory allows. */

import { lossAndGradients, tf } from "../tensor";
import { yieldToEventLoop } from "./event-loop";

export interface AccumulatedGradients {
  /** Sum of the passes' losses. */
  lossSum: number;
  /** Sums over the passes, by weight name; owned by the caller. A weight that no pass depends on is absent. */
  gradients: Map<string, tf.Tensor>;
}

/**
 * Differentiate one loss after the other and add up losses and gradients.
 *
 * @param weights - what is differentiated, by name
 * @param losses - one function per pass, called when its turn comes; each gives a sum over its tokens or rows, not a mean
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
    values.push(value); // read after the last pass: a GPU would have to be waited for
    for (const [name, variable] of weights) {
      const gradient: tf.Tensor | null | undefined = grads[variable.name];
      if (gradient === undefined || gradient === null) continue;
      const sum = gradients.get(name);
      gradients.set(name, sum === undefined ? gradient : tf.add(sum, gradient));
      if (sum !== undefined) tf.dispose([sum, gradient]);
    }
    await yieldToEventLoop();
  }
  let lossSum = 0;
  for (const [part] of await Promise.all(values.map((value) => value.data()))) lossSum += part;
  tf.dispose(values);
  return { lossSum, gradients };
}
