/**
 * @file How a model learns: one loop for pre-training and for every stage of instruction tuning.
 *
 * A stage takes a model, token sequences and settings, and leaves the model trained. Its folder
 * `<runFolder>/<stage name>/` holds `losses.csv`, `validation.csv`, the newest checkpoints, `best/` (weights with the
 * lowest validation loss) and at the end `final/`. Starting the same stage again goes on where it stopped, bit for bit,
 * and returns at once where it had finished.
 *
 * Not here: what the sequences are (tokenizer, templates), and in which order stages follow (`stages/`).
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { SafetensorsFile, type TensorData, writeSafetensors } from "../model/checkpoint/safetensors";
import { countParameters } from "../model/count-parameters";
import type { Llama } from "../model/llama";
import { requireNoDropout } from "../model/llama-config";
import { tf } from "../tensor";
import { thousands } from "../util/format";
import { compare } from "../util/manifest";
import { startProgress } from "../util/progress";
import { Rng } from "../util/rng";
import { readSealedJson, writeSealedJson } from "../util/sealed-json";
import { sha256, sha256File } from "../util/sha256";
import { AdamW } from "./adamw";
import { countCut, microBatches, planEpoch, type StepPlan, stepsPerEpoch, wordsOf } from "./batch";
import { fingerprintOfExamples, fingerprintOfValues } from "./fingerprint";
import {
  LOSS_COLUMNS,
  type LossRow,
  readStepTable,
  StepTable,
  VALIDATION_COLUMNS,
  type ValidationRow,
} from "./loss-table";
import {
  checkFingerprints,
  cleanCheckpoints,
  loadLatestCheckpoint,
  saveCheckpoint,
  type TrainingState,
} from "./resume";
import { lockRunFolder } from "./run-lock";
import { learningRateFactor } from "./schedule";
import { checkStage, type StageData, type StageOptions, type StageResult, type StageSettings } from "./stage";
import { turn } from "./turn";
import { validationLoss } from "./validation";

/** Thrown after SIGINT or SIGTERM, once everything is saved. */
export class TrainingStopped extends Error {
  override name = "TrainingStopped";
}

/**
 * Train `model` in place.
 *
 * @throws TrainingStopped after a signal, when the state is saved
 * @throws Error if the data is empty, the loss is not finite (naming the batch), another process holds the run folder,
 *   or a checkpoint is damaged or belongs to other inputs
 */
export async function trainStage(
  model: Llama,
  data: StageData,
  settings: StageSettings,
  options: StageOptions,
): Promise<StageResult> {
  checkStage(data, settings);
  requireNoDropout(model.config, `trainStage ${settings.name}`);
  const unlock = lockRunFolder(options.runFolder);
  let stage: Stage | null = null;
  try {
    stage = new Stage(model, data, settings, options);
    return await stage.run();
  } finally {
    stage?.dispose();
    unlock();
  }
}

/** `final/result.json`. */
interface Finished extends Omit<StageResult, "losses" | "validations"> {
  fingerprints: Record<string, string>;
  /** SHA-256 of the stage's files by name; absent in results from before. */
  files?: Record<string, string>;
}

/** One call of `trainStage`: the state that its steps share. */
class Stage {
  private readonly model: Llama;
  private readonly data: StageData;
  private readonly settings: StageSettings;
  private readonly options: StageOptions;
  private readonly folder: string;
  private readonly optimizer: AdamW;
  private readonly stepsPerEpoch: number;
  private readonly totalSteps: number;
  private readonly log: (line: string) => void;
  private fingerprints: Record<string, string> = {};
  private state: TrainingState;
  private lastSaved = Date.now();
  private validatedStep = -1;
  private signal: NodeJS.Signals | null = null;

  constructor(model: Llama, data: StageData, settings: StageSettings, options: StageOptions) {
    this.model = model;
    this.data = data;
    this.settings = settings;
    this.options = options;
    this.folder = path.join(options.runFolder, settings.name);
    this.optimizer = new AdamW(model.weights, settings);
    this.stepsPerEpoch = stepsPerEpoch(data.train, settings);
    this.totalSteps = this.stepsPerEpoch * settings.epochs;
    this.log = options.log ?? (() => {});
    this.state = {
      step: 0,
      epoch: 0,
      stepInEpoch: 0,
      tokensSeen: 0,
      wordsFinished: 0,
      wordsSeen: 0,
      best: null,
      running: { mean: 0, variance: 0, count: 0 },
      fingerprints: {},
    };
  }

  async run(): Promise<StageResult> {
    fs.mkdirSync(this.folder, { recursive: true });
    if (this.options.resume === false) fs.rmSync(this.folder, { recursive: true, force: true });
    this.fingerprints = await this.takeFingerprints();
    this.state.fingerprints = this.fingerprints;
    const finished = this.readFinished();
    if (finished !== null) {
      this.loadWeights(path.join(this.folder, "final", "weights.safetensors"));
      this.log(`${this.settings.name}: finished before, after ${thousands(finished.steps)} updates`);
      return finished;
    }
    this.restore();
    this.describe();
    const stop = (signal: NodeJS.Signals) => {
      this.signal = signal;
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    try {
      return await this.train();
    } finally {
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    }
  }

  dispose(): void {
    this.optimizer.dispose();
  }

  private async train(): Promise<StageResult> {
    const { settings, state, data } = this;
    const losses = this.openTable<LossRow>("losses.csv", LOSS_COLUMNS);
    const validations = this.openTable<ValidationRow>("validation.csv", VALIDATION_COLUMNS);
    if (state.step === 0) await this.validate(validations);
    const progress = startProgress(settings.name, this.totalSteps);
    progress.update(state.step);
    const rng = Rng.fromSeed(settings.seed).fork(settings.name);
    for (; state.epoch < settings.epochs; state.epoch++, state.stepInEpoch = 0) {
      let skip = state.stepInEpoch;
      for (const plan of planEpoch(data.train, settings, rng.fork(`epoch-${state.epoch}`))) {
        if (skip-- > 0) continue;
        const row = await this.update(plan);
        if (row !== null) {
          losses.append(row);
          this.options.onStep?.(row);
          progress.update(state.step, `loss ${row.lossNats.toFixed(3)}`);
        }
        const epochOver = state.stepInEpoch === this.stepsPerEpoch;
        const isDue = settings.validateEverySteps !== null && state.step % settings.validateEverySteps === 0;
        if ((epochOver || isDue) && state.step > this.validatedStep) await this.validate(validations);
        await turn(); // signals are delivered here
        if (this.checkpointIsDue(epochOver))
          await this.checkpoint({ "losses.csv": losses.flush(), "validation.csv": validations.flush() });
        if (this.signal !== null) await this.leave(this.signal);
      }
    }
    progress.stop();
    return this.finish();
  }

  /** A table with the rows up to the current step. */
  private openTable<Row extends { step: number }>(name: string, columns: readonly (keyof Row & string)[]) {
    return new StepTable<Row>(path.join(this.folder, name), columns, this.state.step, this.state.tables?.[name]);
  }

  /**
   * One update: forward, backward, clip, AdamW. A batch in which no token carries loss (every reply was cut off) teaches
   * nothing: it is passed over, with no loss, no step of the optimizer and no update counted; null then.
   */
  private async update(plan: StepPlan): Promise<LossRow | null> {
    const { settings, state } = this;
    const names = [...this.model.weights.keys()];
    const variables = [...this.model.weights.values()];
    const sums = new Map<string, tf.Tensor>();
    let lossSum = 0;
    let lossTokens = 0;
    let tokens = 0;
    for (const { batch, labels, lossTokens: counted } of microBatches(this.data.train, plan, settings)) {
      tokens += batch.B * batch.T;
      if (counted === 0) continue;
      const { value, grads } = tf.variableGrads(() => this.model.loss(batch, labels, "sum"), variables);
      lossSum += (await value.data())[0];
      lossTokens += counted;
      value.dispose();
      for (const [i, variable] of variables.entries()) {
        const gradient = grads[variable.name];
        const sum = sums.get(names[i]);
        if (gradient === undefined || gradient === null) continue;
        sums.set(names[i], sum === undefined ? gradient : tf.add(sum, gradient));
        if (sum !== undefined) tf.dispose([sum, gradient]);
      }
      await turn();
    }
    if (lossTokens === 0) {
      this.log(`${settings.name}: passed over a batch without a token under the loss: ${this.nameBatch(plan)}`);
      await this.countSeen(plan, tokens);
      return null;
    }
    const learningRate = settings.learningRate * learningRateFactor(settings, state.step, this.totalSteps);
    const lossNats = lossSum / lossTokens;
    if (!Number.isFinite(lossNats)) {
      tf.dispose([...sums.values()]);
      throw new Error(
        `${settings.name}: the loss is ${lossNats} at update ${state.step + 1}, in the batch of ${this.nameBatch(plan)}. ` +
          `The weights before it are kept in the last checkpoint. Lower learningRate (now ${learningRate}) or lengthen the warm-up.`,
      );
    }
    this.warnOfSpike(lossNats, plan);
    const gradNorm = await this.optimizer.update(sums, learningRate, 1 / lossTokens);
    state.step++;
    await this.countSeen(plan, tokens);
    const { step, epoch, tokensSeen, wordsSeen } = state;
    return { step, epoch, words: Math.round(wordsSeen), tokens: tokensSeen, learningRate, lossNats, gradNorm };
  }

  /** Count what the batch held, and call back for each word mark that has been reached. */
  private async countSeen(plan: StepPlan, tokens: number): Promise<void> {
    const { settings, state } = this;
    state.stepInEpoch++;
    state.tokensSeen += tokens;
    const wordsBefore = settings.wordsBefore + state.wordsSeen;
    const { finished, begun } = wordsOf(this.data.train, plan, settings);
    state.wordsFinished += finished;
    state.wordsSeen = state.wordsFinished + begun;
    for (const words of settings.wordCheckpoints) {
      if (words > wordsBefore && words <= settings.wordsBefore + state.wordsSeen) {
        await this.options.onWords?.(words, this.model);
      }
    }
  }

  /** Validation loss by source into the table; the best weights into `best/`. */
  private async validate(table: StepTable<ValidationRow>): Promise<void> {
    const { state } = this;
    this.validatedStep = state.step;
    const results = await validationLoss(this.model, this.data.validation, this.settings);
    for (const { source, lossNats, tokens } of results) {
      table.append({
        step: state.step,
        epoch: state.epoch,
        words: Math.round(state.wordsSeen),
        source,
        lossNats,
        tokens,
      });
    }
    if (state.step === 0) {
      const shown = results.map((r) => `${r.source} ${r.lossNats.toFixed(3)}`).join(", ");
      if (shown !== "") {
        const uniform = Math.log(this.model.config.vocabSize).toFixed(3);
        this.log(`${this.settings.name}: validation loss before: ${shown} (a uniform guess: ${uniform})`);
      }
      return;
    }
    const total = results.reduce((sum, r) => sum + r.tokens, 0);
    if (total === 0) return;
    const lossNats = results.reduce((sum, r) => sum + r.lossNats * r.tokens, 0) / total;
    if (state.best === null || lossNats < state.best.lossNats) {
      state.best = { step: state.step, lossNats };
      await this.writeWeights("best");
      state.bestSha256 = sha256File(path.join(this.folder, "best", "weights.safetensors"));
    }
  }

  private checkpointIsDue(epochOver: boolean): boolean {
    const { checkpointEverySteps, checkpointEverySeconds = 300 } = this.options;
    if (this.signal !== null) return true;
    if (checkpointEverySteps !== undefined && this.state.step % checkpointEverySteps === 0) return true;
    const seconds = (Date.now() - this.lastSaved) / 1000;
    return seconds >= (epochOver ? Math.min(20, checkpointEverySeconds) : checkpointEverySeconds);
  }

  private async checkpoint(tables: Record<string, string>): Promise<void> {
    this.state.tables = tables;
    const weights = await this.weightTensors();
    const moments = await this.optimizer.state();
    saveCheckpoint(this.folder, this.state, weights, moments, this.options.keepCheckpoints ?? 2);
    this.lastSaved = Date.now();
  }

  private async leave(signal: NodeJS.Signals): Promise<never> {
    throw new TrainingStopped(
      `${this.settings.name}: stopped by ${signal} after update ${this.state.step} of ${this.totalSteps}; ` +
        `everything is saved, and the same command goes on from there`,
    );
  }

  /** `final/`, and the checkpoints go: a finished stage is not continued. */
  private async finish(): Promise<StageResult> {
    const { settings, state } = this;
    if (settings.finalWeights === "best" && state.best !== null) {
      const file = path.join(this.folder, "best", "weights.safetensors");
      if (state.bestSha256 !== undefined) compare(file, state.bestSha256, `delete ${this.folder} to train it again`);
      this.loadWeights(file);
    }
    const result = {
      stage: settings.name,
      steps: state.step,
      epochs: settings.epochs,
      tokensSeen: state.tokensSeen,
      wordsSeen: Math.round(state.wordsSeen),
      cut: countCut(this.data.train, settings),
      validation: await validationLoss(this.model, this.data.validation, settings),
      best: state.best,
    };
    await this.writeWeights("final");
    const files = ["final/weights.safetensors", "best/weights.safetensors", "losses.csv", "validation.csv"]
      .filter((name) => fs.existsSync(path.join(this.folder, name)))
      .map((name) => [name, sha256File(path.join(this.folder, name))]);
    const record: Finished = { ...result, fingerprints: this.fingerprints, files: Object.fromEntries(files) };
    writeSealedJson(path.join(this.folder, "final", "result.json"), record);
    cleanCheckpoints(this.folder, true);
    return { ...result, ...this.tables() };
  }

  /** The result of a stage that had finished with the same inputs; null if it had not finished. */
  private readFinished(): StageResult | null {
    const file = path.join(this.folder, "final", "result.json");
    if (!fs.existsSync(file)) return null;
    const remedy = `put the file back, or delete ${this.folder} to train the stage again`;
    const { fingerprints, files, ...result } = readSealedJson<Finished>(file, remedy);
    checkFingerprints(file, fingerprints, this.fingerprints);
    for (const [name, sum] of Object.entries(files ?? {})) compare(path.join(this.folder, name), sum, remedy);
    return { ...result, ...this.tables() };
  }

  private tables(): Pick<StageResult, "losses" | "validations"> {
    return {
      losses: readStepTable<LossRow>(path.join(this.folder, "losses.csv"), LOSS_COLUMNS),
      validations: readStepTable<ValidationRow>(path.join(this.folder, "validation.csv"), VALIDATION_COLUMNS),
    };
  }

  /** Go on from the newest checkpoint, if there is one. */
  private restore(): void {
    cleanCheckpoints(this.folder);
    const checkpoint = loadLatestCheckpoint(this.folder, this.fingerprints);
    if (checkpoint === null) return;
    this.state = checkpoint.state;
    for (const [name, variable] of this.model.weights) assign(variable, checkpoint.weights.read(name));
    this.optimizer.restore(checkpoint.state.step, (name) => checkpoint.optimizer.read(name).values);
    this.log(`${this.settings.name}: going on after update ${thousands(this.state.step)}`);
  }

  private loadWeights(file: string): void {
    const saved = SafetensorsFile.open(file);
    for (const [name, variable] of this.model.weights) assign(variable, saved.read(name));
  }

  private async writeWeights(folder: "best" | "final"): Promise<void> {
    writeSafetensors(path.join(this.folder, folder, "weights.safetensors"), await this.weightTensors());
  }

  private async weightTensors(): Promise<[string, TensorData][]> {
    const values = await this.model.values();
    return [...values].map(([name, array]) => [name, { shape: this.model.weights.get(name)!.shape, values: array }]);
  }

  private async takeFingerprints(): Promise<Record<string, string>> {
    return {
      settings: sha256(JSON.stringify(this.settings, Object.keys(this.settings).sort())),
      "model config": sha256(JSON.stringify(this.model.config, Object.keys(this.model.config).sort())),
      "initial weights": fingerprintOfValues(await this.model.values()),
      "training data": fingerprintOfExamples(this.data.train),
      "validation data": fingerprintOfExamples(this.data.validation),
      ...this.options.fingerprints,
    };
  }

  /** The numbers that catch mistakes early. */
  private describe(): void {
    const { settings, data } = this;
    const tokens = data.train.reduce((sum, e) => sum + e.ids.length, 0);
    const underLoss = data.train.reduce((sum, e) => sum + Math.max(0, e.ids.length - Math.max(1, e.lossFrom)), 0);
    this.log(
      `${settings.name}: ${thousands(countParameters(this.model.config))} parameters; ${thousands(data.train.length)} examples, ` +
        `${thousands(tokens)} tokens, ${((100 * underLoss) / tokens).toFixed(1)} % under the loss; ` +
        `${settings.epochs} epochs of ${thousands(this.stepsPerEpoch)} updates`,
    );
    const cut = countCut(data.train, settings);
    if (cut.tokens > 0) {
      this.log(
        `${settings.name}: sequences of over ${settings.sequenceLength} tokens lose their end: ${thousands(cut.tokens)} tokens in all; ` +
          `${thousands(cut.examples)} examples lose all of their reply`,
      );
    }
    if (this.totalSteps <= settings.warmupSteps) {
      this.log(
        `${settings.name}: warning: ${this.totalSteps} updates end within the warm-up of ${settings.warmupSteps}, ` +
          `so the learning rate never reaches its peak`,
      );
    }
  }

  /** Warn where the loss is far above its running mean; keeps that mean. */
  private warnOfSpike(lossNats: number, plan: StepPlan): void {
    const { running } = this.state;
    const deviation = Math.sqrt(running.variance);
    if (running.count >= 50 && lossNats > running.mean + Math.max(1, 6 * deviation)) {
      this.log(
        `${this.settings.name}: warning: the loss jumps to ${lossNats.toFixed(3)} at update ${this.state.step + 1} ` +
          `(lately ${running.mean.toFixed(3)}), in the batch of ${this.nameBatch(plan)}`,
      );
    }
    const weight = 1 / Math.min(++running.count, 50); // a running mean over about 50 updates
    const difference = lossNats - running.mean;
    running.mean += weight * difference;
    running.variance = (1 - weight) * (running.variance + weight * difference * difference);
  }

  /** Which examples an update holds, for messages. */
  private nameBatch(plan: StepPlan): string {
    const examples = [...new Set(plan.pieces.flat().map((piece) => piece.example))];
    const shown = examples.slice(0, 8).map((i) => `${this.data.train[i].source} #${i}`);
    return shown.join(", ") + (examples.length > 8 ? ` and ${examples.length - 8} more` : "");
  }
}

function assign(variable: tf.Variable, { values }: TensorData): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, "float32")));
}
