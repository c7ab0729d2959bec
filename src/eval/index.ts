/** @file What the other folders use of the evaluation. */

export {
  availableGlue,
  availableTasks,
  type PresentTask,
  type Suite,
  ZERO_SHOT,
  zeroShotTask,
} from "../tasks/index";
export { averageWeights, type Comparison, compareModels, type TaskAnswers } from "./compare";
export { type FinalScore, finalScores, finalTable } from "./final-scores";
export { type FineTuneOutcome, fineTuneScore, writeFineTuneFiles } from "./finetune-report";
export { GLUE_METRICS, majorityBaseline } from "./metrics";
export { OFFICIAL, SCORING_SWITCHES, type ScoringMode, scoringMode } from "./scoring-mode";
export { type Collation, type CollationRequest, collate } from "./submission";
export { type Checkpoint, NoCheckpointsError, scoreZeroShot, type ZeroShotRequest } from "./zero-shot";
