/**
 * @file Learning-rate schedules: the factor of the peak rate at each update, as transformers and the BabyLM pipeline
 * compute them. Updates count from 0; with a warm-up, update 0 has rate 0.
 */

export type ScheduleName = "constant" | "linear" | "cosine" | "cosine-with-restarts" | "cosine-with-floor";

export interface Schedule {
  schedule: ScheduleName;
  /** Number of updates with linear warm-up from 0. */
  warmupSteps: number;
  /**
   * `cosine-with-restarts`: number of decays from the peak to 0; 1 is a plain cosine. `cosine`: number of waves; 0.5
   * (transformers' default) is one decay. Unused otherwise.
   */
  cycles: number;
  /** `cosine-with-floor`: minimum, as a fraction of the peak. Unused otherwise. */
  floor: number;
}

/**
 * The fraction of the peak learning rate at `step` of `totalSteps`.
 *
 * - linear: falls to 0 at `totalSteps` (transformers' `get_linear_schedule_with_warmup`)
 * - cosine, cosine-with-restarts: `get_cosine_schedule_with_warmup`, `get_cosine_with_hard_restarts_schedule_with_warmup`
 * - cosine-with-floor: `max(floor, floor + (1 - floor)(1 + cos πp)/2)` (the pipeline's `finetune/utils.py`)
 */
export function learningRateFactor(
  { schedule, warmupSteps, cycles, floor }: Schedule,
  step: number,
  totalSteps: number,
): number {
  if (step < warmupSteps) return step / Math.max(1, warmupSteps);
  const progress = (step - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  switch (schedule) {
    case "constant":
      return 1;
    case "linear":
      return Math.max(0, (totalSteps - step) / Math.max(1, totalSteps - warmupSteps));
    case "cosine":
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * cycles * 2 * progress)));
    case "cosine-with-restarts":
      return progress >= 1 ? 0 : Math.max(0, 0.5 * (1 + Math.cos(Math.PI * ((cycles * progress) % 1))));
    case "cosine-with-floor":
      return Math.max(floor, floor + (1 - floor) * 0.5 * (1 + Math.cos(Math.PI * progress)));
  }
}
