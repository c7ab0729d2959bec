/**
 * @file Warns if a training loss is far above its running mean, often because of damaged text or too high a learning
 * rate.
 */

/** Running mean and variance of the training loss; part of a checkpoint. */
export interface RunningLoss {
  mean: number;
  variance: number;
  /** Number of updates seen. */
  count: number;
}

/** Before the first update. */
export const NO_LOSS_YET: RunningLoss = { mean: 0, variance: 0, count: 0 };

/** Approximate number of updates in the running mean. */
const WINDOW = 50;

/** Whether `lossNats` exceeds the mean by more than 1 nat and 6 standard deviations; false during the first window. */
export function isSpike(lossNats: number, { mean, variance, count }: RunningLoss): boolean {
  return count >= WINDOW && lossNats > mean + Math.max(1, 6 * Math.sqrt(variance));
}

/**
 * The running mean and variance with one more loss: exponential, with weights 1, 1/2, 1/3, ... for the first losses.
 */
export function withLoss(lossNats: number, { mean, variance, count }: RunningLoss): RunningLoss {
  const counted = count + 1;
  const weight = 1 / Math.min(counted, WINDOW);
  const difference = lossNats - mean;
  return {
    mean: mean + weight * difference,
    variance: (1 - weight) * (variance + weight * difference * difference),
    count: counted,
  };
}
