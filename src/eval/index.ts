/** @file What the other folders use of the evaluation. */

export { availableGlue, availableTasks, type PresentTask, type Suite, ZERO_SHOT, zeroShotTask } from "../tasks/index";
export { GLUE_METRICS, majorityBaseline } from "./metrics";
export { OFFICIAL, SCORING_SWITCHES, type ScoringMode, scoringMode } from "./scoring-mode";
export { type Checkpoint, NoCheckpointsError, scoreZeroShot, type ZeroShotRequest } from "./zero-shot";
