/**
 * @file The names that notebooks may import, one per line, grouped by folder.
 *
 * A cell imports from here only, so that every name in a notebook can be found in one place.
 */

// augmentation
export { countPuzzle, impliedReplyWords } from "./augmentation/count-puzzle";
export { buildInstructionSet } from "./augmentation/instruction-set";
export { wikiPrompt } from "./augmentation/prompt-form";
export { readPromptComparison } from "./augmentation/prompt-lengths";
export { conversationPairs, documentPairs } from "./augmentation/switchboard";
export { templateTeacher } from "./augmentation/template-teacher";
// claims
export { againstControl } from "./claims/against-control";
export { seedDifferenceRows, seedDifferences, seedScoreRows, seedScores } from "./claims/between-seeds";
export { changesPerSize } from "./claims/changes-per-size";
export { verdictCounts } from "./claims/forest-rows";
export {
  judgeClaims,
  judgeContradiction,
  numberedParts,
  partRows,
  readClaims,
  verdictRows,
} from "./claims/judge-claims";
export { compareMedians, comparePairs, pairTable } from "./claims/model-pairs";
export {
  seedCount,
  seedsForDifferenceRows,
  seedsForDifferences,
  seedsNeeded,
  seedsNeededRows,
} from "./claims/seeds-needed";
export { staleBaselines } from "./claims/stale-baselines";
export { precisionReach, recipeRows, recipeTable } from "./claims/z-recipe";
// corpus
export { loadCorpus } from "./corpus/load-corpus";
// experiments
export { CURRICULA } from "./experiments/curricula";
export { FINETUNING } from "./experiments/finetuning";
export { INSTRUCTION, MODELS, PRETRAINING } from "./experiments/models";
export { RUNS } from "./experiments/runs";
// figures
export { attentionFigure } from "./figures/attention-map";
export { barChart } from "./figures/bar-chart";
export { boxPlot } from "./figures/box-plot";
export { blankFigure, nothingFigure, poolingFigure } from "./figures/correction-figures";
export { forgettingFigure } from "./figures/forgetting";
export { learningCurveFigure } from "./figures/learning-curve";
export { lengthDistribution } from "./figures/length-distribution";
export { lineChart } from "./figures/line-chart";
export { lossCurve } from "./figures/loss-curve";
export { runStyle, SIDE_COLOURS, SOURCE_COLOURS, sourceStyle, VARIANT_COLOURS } from "./figures/palette";
export { figure1, figure2, figure3, figure4, figure5, figure6 } from "./figures/paper-figures";
export { zBoxes } from "./figures/z-boxes";
// model
export { attentionMaps } from "./model/attention-map";
export { countParameters, parameterShapes } from "./model/count-parameters";
export { Llama } from "./model/llama";
export { llamaConfig } from "./model/llama-config";
export { LlamaLanguageModel } from "./model/llama-language-model";
export { ask } from "./model/reply";
export { showAblationPooling, showAblationTokenizer } from "./notebook/display/ablation-view";
// notebook
export { betweenSeedsFigure } from "./notebook/display/between-seeds-figure";
export { minimalPairRows, readMinimalPairs } from "./notebook/display/minimal-pairs";
export {
  absentTable,
  headlineTable,
  partsTable,
  publishedTable,
  readingBaselineTable,
  replyLossTable,
  uninformativeTable,
} from "./notebook/display/result-tables";
export { check, say } from "./notebook/display/say";
export { literal, markdown, show, showTable, verbatim } from "./notebook/display/show";
export { showSource } from "./notebook/display/source-view";
export { judgeAllWorlds, statementsFigure } from "./notebook/display/statements-figure";
export { textMeasures } from "./notebook/display/text-measures";
export { lossMaskRows, lossShare, splitView, tokenRows } from "./notebook/display/token-view";
// results
export { baselineScores, readPublished } from "./results/beside-paper";
export { corrections } from "./results/corrections";
export { asDataFrame, asTable } from "./results/data-frame";
export { scoreRows, withCorrectedReading } from "./results/frame";
export { measureLabel, runLabel, taskLabel } from "./results/labels";
export { heldOutWords, learningCurveOf } from "./results/learning-curve";
export { modelScores } from "./results/model-scores";
export { findSummary, lossesOf, onlyRuns, openResults, pairLengthsOf } from "./results/open-results";
export { readPaperValues } from "./results/paper-values";
export { uninformativeTasks } from "./results/uninformative";
// stages
export { lossOfEach, microModel, replyExamples, textExamples, trainMiniature } from "./stages/miniature-training";
// stats
export { boxStats } from "./stats/box-stats";
export { median, quantile } from "./stats/quantile";
export { zScores } from "./stats/z-score";
export { zTable } from "./stats/z-table";
// tasks
export { glueTask, loadGlue } from "./tasks/superglue";
// tensor
export { initBackend, tf } from "./tensor/index";
// tokenizer
export { trainBpe } from "./tokenizer/bpe-train";
export { CHAT_TEMPLATE, renderPair } from "./tokenizer/chat-template";
export { Tokenizer } from "./tokenizer/tokenizer";
// util
export { thousands } from "./util/format";
export { Rng } from "./util/rng";
export { countWords, readText } from "./util/text-file";
