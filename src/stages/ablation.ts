/**
 * @file The ablation experiment, which tests two possible causes of the paper's numbers: four models (two tokenizers,
 * two shapes), all else equal, are pre-trained on the same text, scored against reading times, and fine-tuned with both
 * poolings.
 *
 * Jobs run one after another. Each writes a record when it is done and is then skipped, so the command resumes where it
 * stopped. The results are rewritten after every job.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { availableGlue, availableTasks, type PresentTask } from "../eval/available-tasks";
import { kindOf } from "../eval/kinds/index";
import { modelResults } from "../eval/official/folders";
import { readPredictions } from "../eval/official/predictions";
import { type PredictedRow, readingDifferenceIntervals, readingGain } from "../eval/reading-gain";
import { scoringMode } from "../eval/scoring-mode";
import { FINETUNING, type FineTuneSettings } from "../experiments/finetuning";
import { MODELS, PRETRAINING } from "../experiments/models";
import { saveHuggingFace } from "../model/checkpoint/hugging-face";
import { countParameters } from "../model/count-parameters";
import { Llama } from "../model/llama";
import { llamaConfig } from "../model/llama-config";
import {
  ABLATION_MODELS,
  ABLATION_TASKS,
  ABLATION_TOKENIZERS,
  type AblationFineTuning,
  type AblationModel,
  type AblationResults,
  type AblationScore,
  type AblationTraining,
  ablationFile,
  type ReadingEffect,
} from "../results/ablation";
import type { TaskScore } from "../results/schema";
import { loadReading, READING } from "../tasks/reading";
import { trainBpe } from "../tokenizer/bpe-train";
import { trainStage } from "../train/loop";
import { wordsPerEpoch } from "../train/words-seen";
import { readJson, writeJson } from "../util/jsonl";
import { renewManifest } from "../util/manifest";
import { Rng } from "../util/rng";
import { sha256File } from "../util/sha256";
import { fineTuneModel, poolingMode } from "./finetune-model";
import { once } from "./once";
import { prepare, readDocuments } from "./prepare";
import { documentExamples, stageSettings } from "./pretrain";
import { scoreModel } from "./score-model";
import { TRAINED } from "./training-record";
import { preparedFolder, type Workspace } from "./workspace";

/** The reading task under the official scorer, and with the blank between context and word. */
const READING_MODES = ["official", "reading-blank"] as const;
const READING_TASKS = ["reading_eye_tracking", "reading_self_paced"] as const;

export interface AblationJob {
  id: string;
  /** The file that exists once the job is done. */
  note: string;
  run(report: (share: number, note: string) => void): Promise<void>;
}

/** All jobs in order. A job that was done before returns immediately. */
export function ablationJobs(workspace: Workspace): AblationJob[] {
  return [
    {
      id: "prepare",
      note: path.join(preparedFolder(workspace), "done.json"),
      run: (report) => prepare(workspace, report),
    },
    ...ABLATION_MODELS.flatMap((model): AblationJob[] => [
      {
        id: `pretrain/${model.id}`,
        note: trainedNote(workspace, model),
        run: (report) => pretrainAblationModel(workspace, model, report),
      },
      {
        id: `zero-shot/${model.id}`,
        note: zeroShotNote(workspace, model),
        run: (report) => scoreAblationModel(workspace, model, report),
      },
      ...ABLATION_TASKS.map(
        (task): AblationJob => ({
          id: `finetune/${model.id}/${task}`,
          note: fineTuningNote(workspace, model, task),
          run: (report) => fineTuneAblationModel(workspace, model, task, report),
        }),
      ),
    ]),
  ];
}

const folderOf = (workspace: Workspace, model: AblationModel) => path.join(workspace.runsFolder, model.id);
const modelOf = (workspace: Workspace, model: AblationModel) => path.join(folderOf(workspace, model), "model");
const trainedNote = (workspace: Workspace, model: AblationModel) =>
  path.join(folderOf(workspace, model), "trained.json");
const zeroShotNote = (workspace: Workspace, model: AblationModel) =>
  path.join(folderOf(workspace, model), "zero-shot.done.json");
const fineTuningNote = (workspace: Workspace, model: AblationModel, task: string) =>
  path.join(folderOf(workspace, model), `finetune-${task}.done.json`);
const trainingFile = (workspace: Workspace, model: AblationModel) =>
  path.join(folderOf(workspace, model), "training.json");
const zeroShotFile = (workspace: Workspace, model: AblationModel) =>
  path.join(folderOf(workspace, model), "zero-shot.json");
const fineTuningFile = (workspace: Workspace, model: AblationModel, task: string) =>
  path.join(folderOf(workspace, model), `finetune-${task}.json`);

async function pretrainAblationModel(
  workspace: Workspace,
  model: AblationModel,
  report: (share: number, note: string) => void,
): Promise<void> {
  const { name: _, ...shape } = MODELS[workspace.scale][model.shape];
  const settings = PRETRAINING[workspace.scale];
  const data = sha256File(path.join(preparedFolder(workspace), "documents-train.jsonl"));
  await once(
    trainedNote(workspace, model),
    { model, shape, settings, seed: workspace.seed, data },
    TRAINED,
    async () => {
      const tokenizer = trainBpe(trainingLines(workspace), { vocabSize: shape.vocabSize, kind: model.tokenizer });
      if (tokenizer.vocabSize !== shape.vocabSize) {
        throw new Error(`${model.id}: the text gives ${tokenizer.vocabSize} tokens, want ${shape.vocabSize}`);
      }
      tokenizer.save(path.join(folderOf(workspace, model), "tokenizer"));
      // both tokenizers of a shape start from the same weights
      const llama = Llama.init(llamaConfig(shape), Rng.fromSeed(workspace.seed).fork(`${model.shape}/init`));
      const stage = stageSettings("pretrain", settings, "stream", `${workspace.seed}/${model.shape}`);
      const folder = path.join(folderOf(workspace, model), "tokenizer");
      const train = documentExamples(workspace, "train", model.id, folder);
      const validation = documentExamples(workspace, "validation", model.id, folder);
      const words = wordsPerEpoch(train, stage);
      const result = await trainStage(llama, { train, validation }, stage, {
        runFolder: folderOf(workspace, model),
        fingerprints: { tokenizer: sha256File(path.join(folderOf(workspace, model), "tokenizer", "tokenizer.json")) },
        onStep: (row) => report(row.words / (words * settings.epochs), `loss ${row.lossNats.toFixed(2)}`),
      });
      await saveHuggingFace(modelOf(workspace, model), llama, tokenizer);
      writeJson(trainingFile(workspace, model), {
        model: model.id,
        parameters: countParameters(llama.config),
        vocabSize: shape.vocabSize,
        words,
        tokens: train.tokens,
        validation: result.validation,
      } satisfies AblationTraining);
      llama.dispose();
      train.close();
      validation.close();
    },
  );
}

function* trainingLines(workspace: Workspace): Generator<string> {
  for (const { text } of readDocuments(workspace, "train")) for (const line of text.split("\n")) yield `${line}\n`;
}

async function scoreAblationModel(
  workspace: Workspace,
  model: AblationModel,
  report: (share: number, note: string) => void,
): Promise<void> {
  const fingerprint = sha256File(path.join(modelOf(workspace, model), "model.safetensors"));
  await once(zeroShotNote(workspace, model), { fingerprint, suite: workspace.suite }, ["zero-shot.json"], async () => {
    const score = async (task: string, mode: string) =>
      scoreModel({
        modelFolder: modelOf(workspace, model),
        name: model.id,
        tasks: { present: [dataOf(workspace, task)], absent: [] },
        outFolder: resultsOf(workspace, model, mode),
        mode: scoringMode(mode),
        checkpointsFolder: null,
        whyNoCheckpoints: "",
        onProgress: (_, done, total) => report(done / total, `${task}, ${mode}`),
      });
    const scores: TaskScore[] = [];
    for (const mode of READING_MODES) scores.push(...(await score("reading", mode)).scores);
    scores.push(...(await score("blimp", "official")).scores);
    const rows = scores.map(
      ({ groups: _, alternatives: __, ...rest }): AblationScore => ({ ...rest, model: model.id }),
    );
    writeJson(zeroShotFile(workspace, model), rows);
  });
}

/** @throws Error if there is no data */
function dataOf(workspace: Workspace, name: string): PresentTask {
  const { present, absent } = availableTasks(workspace.dataFolder, workspace.suite);
  const found = present.find(({ task }) => task === name);
  if (found === undefined) throw new Error(`ablation: ${name}: ${absent.find(({ task }) => task === name)?.why}`);
  return found;
}

/** Result folder: one for the official mode, and one for each other mode. */
const resultsOf = (workspace: Workspace, model: AblationModel, mode: string) =>
  path.join(folderOf(workspace, model), mode === "official" ? "official" : `mode-${mode}`);

async function fineTuneAblationModel(
  workspace: Workspace,
  model: AblationModel,
  task: (typeof ABLATION_TASKS)[number],
  report: (share: number, note: string) => void,
): Promise<void> {
  const found = availableGlue(workspace.dataFolder).present.find((p) => p.task === task);
  if (found === undefined) {
    throw new Error(
      `ablation: want ${task}.train.jsonl and ${task}.valid.jsonl in evaluation_data/full_eval/glue_filtered`,
    );
  }
  const settings: FineTuneSettings = { ...FINETUNING[workspace.scale][task], maxTrainRows: 1_000, maxValidRows: null };
  const weights = sha256File(path.join(modelOf(workspace, model), "model.safetensors"));
  const files = ["train", "valid"].map((part) => sha256File(path.join(found.dataFolder, `${task}.${part}.jsonl`)));
  await once(
    fineTuningNote(workspace, model, task),
    { weights, settings, seed: workspace.seed, files },
    [`finetune-${task}.json`],
    async () => {
      const records: AblationFineTuning[] = [];
      for (const pooling of ["first", "last_real"] as const) {
        const { score, predictions, data } = await fineTuneModel({
          modelFolder: modelOf(workspace, model),
          name: model.id,
          task,
          dataFolder: found.dataFolder,
          outFolder: resultsOf(workspace, model, poolingMode(pooling).name),
          settings,
          mode: poolingMode(pooling),
          seed: workspace.seed,
          onProgress: (done, total) => report(done / total, pooling),
        });
        const labels = data.valid.map(({ label }) => label);
        const classes = 1 + Math.max(...labels);
        records.push({
          model: model.id,
          task,
          pooling,
          trainRows: data.train.length,
          validRows: data.valid.length,
          accuracy: score.value,
          interval: score.interval,
          labelShares: shares(labels, classes),
          predictedShares: shares(predictions, classes),
          firstTokens: new Set(data.valid.map(({ ids }) => ids[0])).size,
        });
      }
      writeJson(fineTuningFile(workspace, model, task), records);
    },
  );
}

function shares(classes: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, c) => classes.filter((one) => one === c).length / classes.length);
}

/** Collect the results so far into `ablation.json`. */
export function writeAblation(workspace: Workspace): AblationResults {
  const read = <Record>(file: string): Record[] => (fs.existsSync(file) ? [readJson<Record>(file)] : []);
  const scores = ABLATION_MODELS.flatMap((model) => read<AblationScore[]>(zeroShotFile(workspace, model)).flat());
  const results: AblationResults = {
    scale: workspace.scale,
    seed: workspace.seed,
    open: ablationJobs(workspace).flatMap(({ id, note }) => (fs.existsSync(note) ? [] : [id])),
    training: ABLATION_MODELS.flatMap((model) => read<AblationTraining>(trainingFile(workspace, model))),
    scores,
    readingEffects: readingEffects(workspace, new Set(scores.map(({ model }) => model))),
    fineTuning: ABLATION_MODELS.flatMap((model) =>
      ABLATION_TASKS.flatMap((task) => read<AblationFineTuning[]>(fineTuningFile(workspace, model, task)).flat()),
    ),
  };
  writeJson(ablationFile(workspace.resultsFolder), results);
  renewManifest(workspace.resultsFolder, [path.basename(ablationFile(workspace.resultsFolder))]);
  return results;
}

/** Pairs of models that differ in one property. */
const PAIRS = (["tokenizer", "size"] as const).flatMap((of) =>
  (of === "tokenizer" ? (["wide", "narrow"] as const) : ABLATION_TOKENIZERS).map((at) => ({
    of,
    at,
    pair: ABLATION_MODELS.filter(({ shape, tokenizer }) => at === (of === "tokenizer" ? shape : tokenizer)),
  })),
);

/** Effects of tokenizer and size on the reading scores, for pairs of scored models. */
function readingEffects(workspace: Workspace, scored: ReadonlySet<string>): ReadingEffect[] {
  const pairs = PAIRS.filter(({ pair }) => pair.every(({ id }) => scored.has(id)));
  return READING_MODES.flatMap((mode) =>
    pairs.flatMap(({ of, at, pair }) => {
      const [first, second] = pair.map((model) => predictedRows(workspace, model, mode));
      const gains = [first, second].map(readingGain);
      // the experiment's former name: with another stream the committed intervals would not come out again
      const intervals = readingDifferenceIntervals(first, second, Rng.fromSeed("bootstrap/suspects"));
      return READING_TASKS.map((task): ReadingEffect => {
        const key = task === "reading_eye_tracking" ? "eyeTrackingPercent" : "selfPacedPercent";
        const values: [number, number] = [gains[0][key], gains[1][key]];
        return { task, mode, of, at, values, difference: values[1] - values[0], interval: intervals[key] };
      });
    }),
  );
}

/** A model's surprisals from the scorer's file, joined with the rows of the data. */
function predictedRows(workspace: Workspace, model: AblationModel, mode: string): PredictedRow[] {
  const rows = loadReading(path.join(dataOf(workspace, "reading").dataFolder, READING.file));
  const results = modelResults(resultsOf(workspace, model, mode), model.id);
  const file = path.join(results, kindOf(READING).resultFolder(READING, ""), "predictions.json");
  const { predictions } = readPredictions(file).reading;
  if (predictions.length !== rows.length) {
    throw new Error(`${file}: ${predictions.length} surprisals for ${rows.length} words; remove it and score again`);
  }
  return rows.map((row, r) => {
    const { pred, prev_pred } = predictions[r];
    return { ...row, pred: Number(pred), prevPred: prev_pred ?? Number.NaN };
  });
}
