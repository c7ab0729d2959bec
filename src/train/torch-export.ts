/**
 * @file A training stage as files for PyTorch: what every update reads, in the order of the training loop, and its
 * learning rate. `src/cluster/train_ddp.py` trains on them, on any number of GPUs; `readTorchResult` takes the weights and
 * losses back.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { loadHuggingFace, saveHuggingFace } from "../model/checkpoint/hugging-face";
import type { Llama } from "../model/llama";
import { packSequences } from "../model/token-batch";
import { readCsv } from "../util/csv";
import { readJson, writeJson } from "../util/jsonl";
import { writeNpy } from "../util/npy";
import { Rng } from "../util/rng";
import { sha256 } from "../util/sha256";
import { type Examples, microBatches, planEpoch, type Span, stepsPerEpoch } from "./batch";
import { LOSS_COLUMNS, type LossRow } from "./loss-table";
import type { AdamWSettings } from "./optimizer";
import { learningRateFactor } from "./schedule";
import type { StageSettings } from "./training-stage";
import { wordsOfUpdate } from "./words-seen";

/** One update of the loop, for a program that knows nothing of packing, epochs and schedules. */
export interface ExportedUpdate {
  /** Spans of examples in one row, in order. */
  rows: Span[][];
  /** From 0. */
  epoch: number;
  /** Seen after this update, as in `losses.csv`. */
  words: number;
  /** Of the rows as the loop pads them. */
  tokens: number;
  lossTokens: number;
  learningRate: number;
}

/** `training.json` of an export. */
interface TorchTraining extends AdamWSettings {
  /** Identifies the stage: settings, data, initial weights. */
  fingerprint: string;
  updates: number;
  maxMicroBatchTokens: number;
  /** Names of checkpoints by the update after which they are saved. */
  checkpoints: Record<string, string>;
}

/** `trained.json`, written by the script. */
interface TorchTrained {
  fingerprint: string;
  updates: number;
  torch: string;
  processes: number;
  device: string;
  precision: string;
}

/** A model that PyTorch trained, and how. The models belong to the caller. */
export interface TorchResult {
  model: Llama;
  losses: LossRow[];
  made: Omit<TorchTrained, "fingerprint" | "updates">;
}

/** Every update of a stage in order. A batch without a token under the loss is no update, as in the loop. */
export function* exportedUpdates(examples: Examples, settings: StageSettings): Generator<ExportedUpdate> {
  const total = stepsPerEpoch(examples, settings) * settings.epochs;
  const rng = Rng.fromSeed(settings.seed).fork(settings.name);
  let step = 0;
  let wordsFinished = 0;
  let tokens = 0;
  for (let epoch = 0; epoch < settings.epochs; epoch++) {
    for (const plan of planEpoch(examples, settings, rng.fork(`epoch-${epoch}`))) {
      let lossTokens = 0;
      for (const pass of microBatches(examples, plan, settings)) {
        tokens += pass.batch.B * pass.batch.T;
        lossTokens += pass.lossTokens;
      }
      const { finished, begun } = wordsOfUpdate(examples, plan, settings);
      wordsFinished += finished;
      if (lossTokens === 0) continue;
      const learningRate = settings.learningRate * learningRateFactor(settings, step++, total);
      const rows = settings.packing === "stream" ? plan.spans : packed(examples, plan.spans.flat(), settings);
      yield { rows, epoch, words: wordsFinished + begun, tokens, lossTokens, learningRate };
    }
  }
}

/** Whole examples side by side in rows of about `sequenceLength`. */
function packed(examples: Examples, spans: Span[], { sequenceLength }: StageSettings): Span[][] {
  const { batch, placements } = packSequences(
    spans.map(({ example, from, to }) => examples.at(example)!.ids.slice(from, to)),
    sequenceLength,
  );
  const rows: { span: Span; column: number }[][] = Array.from({ length: batch.B }, () => []);
  for (const [i, { row, column }] of placements.entries()) rows[row].push({ span: spans[i], column });
  return rows.map((row) => row.sort((a, b) => a.column - b.column).map(({ span }) => span));
}

/**
 * Write model and arrays; `src/cluster/train_ddp.py` documents each array.
 *
 * @param fingerprints - of the stage (`stageFingerprints`)
 * @param checkpointName - names the checkpoint at each of `settings.wordCheckpoints`
 * @returns updates
 * @throws Error if the script does not support the settings
 */
export async function writeTorchExport(
  folder: string,
  model: Llama,
  examples: Examples,
  settings: StageSettings,
  fingerprints: Record<string, string>,
  checkpointName: (words: number) => string = String,
): Promise<number> {
  if (settings.finalWeights !== "last" || settings.validateEverySteps !== null) {
    throw new Error(
      `${settings.name}: the PyTorch script keeps the last weights; want finalWeights "last" to export it`,
    );
  }
  await saveHuggingFace(path.join(folder, "model"), model);
  const pieces: number[] = [];
  const rows = [0];
  const updates: number[] = [];
  const rates: number[] = [];
  const checkpoints: Record<string, string> = {};
  let wordsBefore = settings.wordsBefore;
  for (const update of exportedUpdates(examples, settings)) {
    const first = rows.length - 1;
    for (const row of update.rows) {
      for (const { example, from, to } of row) pieces.push(example, from, to);
      rows.push(pieces.length / 3);
    }
    updates.push(first, rows.length - 1, update.epoch, Math.round(update.words), update.tokens, update.lossTokens);
    rates.push(update.learningRate);
    const wordsNow = settings.wordsBefore + update.words;
    for (const words of settings.wordCheckpoints) {
      if (words > wordsBefore && words <= wordsNow) checkpoints[rates.length] = checkpointName(words);
    }
    wordsBefore = wordsNow;
  }
  const file = (name: string) => path.join(folder, `${name}.npy`);
  let tokens = 0;
  for (const { ids } of examples) tokens += ids.length;
  writeNpy(file("ids"), "int32", [tokens], idsOf(examples));
  writeNpy(file("examples"), "int64", [examples.length, 2], beginnings(examples));
  writeNpy(file("pieces"), "int64", [pieces.length / 3, 3], pieces);
  writeNpy(file("rows"), "int64", [rows.length], rows);
  writeNpy(file("updates"), "int64", [rates.length, 6], updates);
  writeNpy(file("rates"), "float64", [rates.length], rates);
  const { beta1, beta2, eps, weightDecay, decay, maxGradNorm, maxMicroBatchTokens } = settings;
  writeJson(path.join(folder, "training.json"), {
    ...{ fingerprint: fingerprintOf(fingerprints), updates: rates.length, beta1, beta2, eps, weightDecay, decay },
    ...{ maxGradNorm, maxMicroBatchTokens, checkpoints },
  } satisfies TorchTraining);
  return rates.length;
}

/**
 * Read the files that the script wrote to the folder of an export.
 *
 * @param fingerprints - of the stage that it is to be the result of
 * @throws Error if the training is not over, or is of another stage
 */
export function readTorchResult(folder: string, fingerprints: Record<string, string>): TorchResult {
  const trained = path.join(folder, "trained.json");
  if (!fs.existsSync(trained)) {
    throw new Error(`${trained}: no such file; run torchrun ${path.join(folder, "train_ddp.py")} to its end first`);
  }
  const { fingerprint, updates, ...made } = readJson<TorchTrained>(trained);
  if (fingerprint !== fingerprintOf(fingerprints)) {
    throw new Error(
      `${trained}: was trained from other settings, data or initial weights than this stage has; export the stage again`,
    );
  }
  const { header, rows } = readCsv(path.join(folder, "losses.csv"), LOSS_COLUMNS);
  const losses = rows.map(
    (row) => Object.fromEntries(header.map((column, i) => [column, Number(row[i])])) as unknown as LossRow,
  );
  if (losses.length !== updates || losses.some(({ lossNats }) => !Number.isFinite(lossNats))) {
    throw new Error(
      `${folder}/losses.csv: want ${updates} rows of numbers, found ${losses.length}; run the script again`,
    );
  }
  return { model: loadHuggingFace(path.join(folder, "trained")), losses, made };
}

/** Folders of the checkpoints that the script kept, by name. */
export function torchCheckpoints(folder: string): { name: string; folder: string }[] {
  const { checkpoints } = readJson<TorchTraining>(path.join(folder, "training.json"));
  return Object.values(checkpoints).map((name) => ({ name, folder: path.join(folder, "checkpoints", name) }));
}

const fingerprintOf = (fingerprints: Record<string, string>) =>
  sha256(JSON.stringify(Object.entries(fingerprints).sort(([a], [b]) => (a < b ? -1 : 1))));

function* idsOf(examples: Examples): Generator<number> {
  for (const { ids } of examples) yield* ids.slice(0, ids.length);
}

function* beginnings(examples: Examples): Generator<number> {
  let offset = 0;
  for (const { ids, lossFrom } of examples) {
    yield offset;
    yield lossFrom;
    offset += ids.length;
  }
}
