/**
 * @file The training loop of pre-training and of every stage of instruction tuning.
 *
 * A stage trains a given model in place on token sequences. Its folder `<runFolder>/<stage name>/` has `losses.csv`,
 * `validation.csv`, the newest checkpoints, `best/` (weights with the lowest validation loss) and at the end `final/`.
 * A stage that is started again resumes and gives the same bytes, or returns immediately if it was finished.
 *
 * The sequences (tokenizer, templates) and the order of stages are defined in `stages/`.
 */

import * as path from "node:path";
import { countParameters } from "../model/count-parameters";
import type { Llama } from "../model/llama";
import { requireNoDropout } from "../model/llama-config";
import { initBackend, type Precision, tf } from "../tensor";
import { bytes, thousands } from "../util/format";
import { startProgress } from "../util/progress";
import { Rng } from "../util/rng";
import { sha256 } from "../util/sha256";
import { countCut, microBatches, passTokens, planEpoch, stepsPerEpoch, type UpdatePlan } from "./batch";
import { yieldToEventLoop } from "./event-loop";
import { fingerprintOfExamples, fingerprintOfValues } from "./fingerprint";
import { accumulateGradients } from "./gradient-accumulation";
import type { LossRow } from "./loss-table";
import { AdamW } from "./optimizer";
import type { TrainingState } from "./resume";
import { lockRunFolder } from "./run-lock";
import { learningRateFactor } from "./schedule";
import { isSpike, NO_LOSS_YET, withLoss } from "./spike-warning";
import { StageFiles } from "./stage-files";
import { memoryUse, needsRecompute, planMemory, trainingMemory } from "./training-cost";
import { checkStage, type StageData, type StageOptions, type StageResult, type StageSettings } from "./training-stage";
import { validationLoss } from "./validation";
import { wordsOfUpdate } from "./words-seen";

/** Thrown after SIGINT or SIGTERM, when the state is saved. */
export class TrainingStopped extends Error {
  override name = "TrainingStopped";
}

/**
 * Train `model` in place. `model.recompute` is switched on if the activations would not fit the memory of the GPU, or of
 * this machine; the weights have the same bytes with and without.
 *
 * @throws TrainingStopped after a signal, with the state saved
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

/**
 * Import weights trained by another program (`torch-export.ts`) as the result of a stage. Its folder then has the files
 * of `trainStage`, with the validation loss of these weights, and starting the stage returns immediately.
 *
 * @param model - with the stage's initial weights; has the trained ones afterwards
 * @param trained - weights by name
 * @param losses - one row per update
 * @throws Error as `trainStage`
 */
export async function adoptStage(
  model: Llama,
  data: StageData,
  settings: StageSettings,
  options: StageOptions,
  trained: ReadonlyMap<string, Float32Array>,
  losses: readonly LossRow[],
): Promise<StageResult> {
  checkStage(data, settings);
  const unlock = lockRunFolder(options.runFolder);
  let stage: Stage | null = null;
  try {
    stage = new Stage(model, data, settings, { ...options, resume: false });
    return await stage.adopt(trained, losses);
  } finally {
    stage?.dispose();
    unlock();
  }
}

/** Hashes of the inputs that determine the bytes of a stage's result, by name. */
export async function stageFingerprints(
  model: Llama,
  data: StageData,
  settings: StageSettings,
  further: Record<string, string> = {},
): Promise<Record<string, string>> {
  return {
    settings: sha256(JSON.stringify(settings, Object.keys(settings).sort())),
    "model config": sha256(JSON.stringify(model.config, Object.keys(model.config).sort())),
    "initial weights": fingerprintOfValues(await model.values()),
    "training data": fingerprintOfExamples(data.train),
    "validation data": fingerprintOfExamples(data.validation),
    ...further,
  };
}

/** State of one call of `trainStage`. */
class Stage {
  private readonly model: Llama;
  private readonly data: StageData;
  private readonly settings: StageSettings;
  private readonly options: StageOptions;
  private readonly files: StageFiles;
  private readonly optimizer: AdamW;
  private readonly stepsPerEpoch: number;
  private readonly totalSteps: number;
  private readonly log: (line: string) => void;
  private fingerprints: Record<string, string> = {};
  private state: TrainingState;
  private lastSaved = Date.now();
  private validatedStep = -1;
  private signal: NodeJS.Signals | null = null;
  private precision: Precision = "float32";

  constructor(model: Llama, data: StageData, settings: StageSettings, options: StageOptions) {
    this.model = model;
    this.data = data;
    this.settings = settings;
    this.options = options;
    this.files = new StageFiles(path.join(options.runFolder, settings.name), model, options.resume === false);
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
      running: NO_LOSS_YET,
      fingerprints: {},
    };
  }

  async run(): Promise<StageResult> {
    await this.takeFingerprints();
    const finished = this.files.loadFinished(this.fingerprints);
    if (finished !== null) {
      this.log(`${this.settings.name}: finished before, after ${thousands(finished.steps)} updates`);
      return finished;
    }
    const restored = this.files.restore(this.optimizer, this.fingerprints);
    if (restored !== null) {
      this.state = restored;
      this.log(`${this.settings.name}: resumed after update ${thousands(restored.step)}`);
    }
    this.describe();
    this.fitMemory();
    this.precision = (await initBackend()).precisions.training;
    const stop = (signal: NodeJS.Signals) => {
      this.signal = signal;
    };
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    try {
      return await this.train();
    } finally {
      await this.files.checkpointWritten().catch(() => {}); // an error that stops the training comes first
      process.off("SIGINT", stop);
      process.off("SIGTERM", stop);
    }
  }

  async adopt(trained: ReadonlyMap<string, Float32Array>, losses: readonly LossRow[]): Promise<StageResult> {
    await this.takeFingerprints();
    this.files.openTables(this.state);
    await this.validate();
    for (const [name, variable] of this.model.weights) {
      tf.tidy(() => variable.assign(tf.tensor(trained.get(name)!, variable.shape, "float32")));
    }
    for (const row of losses) this.files.appendLoss(row);
    const { step, epoch, words, tokens } = losses[losses.length - 1];
    Object.assign(this.state, { step, epoch, tokensSeen: tokens, wordsFinished: words, wordsSeen: words });
    await this.validate();
    return this.finish();
  }

  dispose(): void {
    this.optimizer.dispose();
  }

  private async takeFingerprints(): Promise<void> {
    const { model, data, settings, options } = this;
    this.fingerprints = await stageFingerprints(model, data, settings, options.fingerprints);
    this.state.fingerprints = this.fingerprints;
  }

  private async train(): Promise<StageResult> {
    const { settings, state, data } = this;
    this.files.openTables(state);
    if (state.step === 0) await this.validate();
    const progress = startProgress(settings.name, this.totalSteps);
    progress.update(state.step);
    const rng = Rng.fromSeed(settings.seed).fork(settings.name);
    for (; state.epoch < settings.epochs; state.epoch++, state.stepInEpoch = 0) {
      let skip = state.stepInEpoch;
      for (const plan of planEpoch(data.train, settings, rng.fork(`epoch-${state.epoch}`))) {
        if (skip-- > 0) continue;
        const row = await this.update(plan);
        if (row !== null) {
          this.files.appendLoss(row);
          this.options.onStep?.(row);
          progress.update(state.step, `loss ${row.lossNats.toFixed(3)}`);
        }
        const epochOver = state.stepInEpoch === this.stepsPerEpoch;
        const isDue = settings.validateEverySteps !== null && state.step % settings.validateEverySteps === 0;
        if ((epochOver || isDue) && state.step > this.validatedStep) await this.validate();
        await yieldToEventLoop(); // signals are delivered here
        this.files.checkCheckpoint();
        if (this.checkpointIsDue(epochOver)) {
          await this.files.checkpoint(state, this.optimizer, this.options.keepCheckpoints ?? 2, this.signal === null);
          this.lastSaved = Date.now();
        }
        if (this.signal !== null) await this.leave(this.signal);
      }
    }
    progress.stop();
    return this.finish();
  }

  /**
   * One update: forward, backward, clip, AdamW. Returns null for a batch in which no token carries loss (every reply
   * was cut off): it is skipped, without a loss or an optimizer step, and does not count as an update.
   */
  private async update(plan: UpdatePlan): Promise<LossRow | null> {
    const { settings, state } = this;
    let lossTokens = 0;
    let tokens = 0;
    const passes = function* (this: Stage) {
      for (const { batch, labels, lossTokens: counted } of microBatches(this.data.train, plan, settings)) {
        tokens += batch.B * batch.T;
        lossTokens += counted;
        if (counted > 0) yield () => this.model.loss(batch, labels, "sum");
      }
    };
    const { lossSum, gradients } = await accumulateGradients(this.model.weights, passes.call(this));
    if (lossTokens === 0) {
      this.log(`${settings.name}: skipped a batch without a token with loss: ${this.nameBatch(plan)}`);
      await this.countSeen(plan, tokens);
      return null;
    }
    const learningRate = settings.learningRate * learningRateFactor(settings, state.step, this.totalSteps);
    // both are started before either is awaited
    const update = this.optimizer.update(gradients, learningRate, 1 / lossTokens);
    const [loss, norm] = await Promise.allSettled([lossSum(), update]);
    if (loss.status === "rejected") throw loss.reason;
    const lossNats = loss.value / lossTokens;
    if (!Number.isFinite(lossNats)) {
      throw new Error(
        `${settings.name}: the loss is ${lossNats} at update ${state.step + 1}, in the batch of ${this.nameBatch(plan)}. ` +
          `The weights before it are kept in the last checkpoint. Lower learningRate (now ${learningRate}) or lengthen the warm-up.`,
      );
    }
    if (norm.status === "rejected") throw norm.reason;
    const gradNorm = norm.value;
    this.warnOfSpike(lossNats, plan);
    this.notePrecision();
    state.step++;
    await this.countSeen(plan, tokens);
    const { step, epoch, tokensSeen, wordsSeen } = state;
    return { step, epoch, words: Math.round(wordsSeen), tokens: tokensSeen, learningRate, lossNats, gradNorm };
  }

  /** A run may move to another host, so one stage can have updates in several precisions. */
  private notePrecision(): void {
    const { state, precision } = this;
    const used: Precision[] = state.precisions ?? (state.step === 0 ? [] : ["float32"]);
    if (!used.includes(precision)) used.push(precision);
    if (used.some((name) => name !== "float32")) state.precisions = used;
  }

  /** Count the tokens and words of the batch, and call `onWords` for each checkpoint reached. */
  private async countSeen(plan: UpdatePlan, tokens: number): Promise<void> {
    const { settings, state } = this;
    state.stepInEpoch++;
    state.tokensSeen += tokens;
    const wordsBefore = settings.wordsBefore + state.wordsSeen;
    const { finished, begun } = wordsOfUpdate(this.data.train, plan, settings);
    state.wordsFinished += finished;
    state.wordsSeen = state.wordsFinished + begun;
    for (const words of settings.wordCheckpoints) {
      if (words > wordsBefore && words <= settings.wordsBefore + state.wordsSeen) {
        await this.options.onWords?.(words, this.model);
      }
    }
  }

  /** Write the validation loss per source to the table, and the best weights to `best/`. */
  private async validate(): Promise<void> {
    const { state } = this;
    this.validatedStep = state.step;
    const results = await validationLoss(this.model, this.data.validation, this.settings);
    for (const { source, lossNats, tokens } of results) {
      const words = Math.round(state.wordsSeen);
      this.files.appendValidation({ step: state.step, epoch: state.epoch, words, source, lossNats, tokens });
    }
    if (state.step === 0) {
      const shown = results.map(({ source, lossNats }) => `${source} ${lossNats.toFixed(3)}`).join(", ");
      if (shown !== "") {
        const uniform = Math.log(this.model.config.vocabSize).toFixed(3);
        this.log(`${this.settings.name}: validation loss before: ${shown} (a uniform guess: ${uniform})`);
      }
      return;
    }
    const total = results.reduce((sum, { tokens }) => sum + tokens, 0);
    if (total === 0) return;
    const lossNats = results.reduce((sum, { lossNats, tokens }) => sum + lossNats * tokens, 0) / total;
    if (state.best === null || lossNats < state.best.lossNats) {
      state.best = { step: state.step, lossNats };
      state.bestSha256 = await this.files.writeWeights("best");
    }
  }

  private checkpointIsDue(epochOver: boolean): boolean {
    const { checkpointEverySteps, checkpointEverySeconds = 300 } = this.options;
    if (this.signal !== null) return true;
    if (checkpointEverySteps !== undefined && this.state.step % checkpointEverySteps === 0) return true;
    const seconds = (Date.now() - this.lastSaved) / 1000;
    return seconds >= (epochOver ? Math.min(20, checkpointEverySeconds) : checkpointEverySeconds);
  }

  private async leave(signal: NodeJS.Signals): Promise<never> {
    await this.files.checkpointWritten();
    throw new TrainingStopped(
      `${this.settings.name}: stopped by ${signal} after update ${this.state.step} of ${this.totalSteps}; ` +
        `the state is saved, and the same command resumes there`,
    );
  }

  private async finish(): Promise<StageResult> {
    const { settings, state } = this;
    if (settings.finalWeights === "best" && state.best !== null) this.files.loadBest(state.bestSha256);
    const result = {
      stage: settings.name,
      steps: state.step,
      epochs: settings.epochs,
      tokensSeen: state.tokensSeen,
      wordsSeen: Math.round(state.wordsSeen),
      cut: countCut(this.data.train, settings),
      validation: await validationLoss(this.model, this.data.validation, settings),
      best: state.best,
      ...(state.precisions && { precisions: state.precisions }),
    };
    return this.files.finish(result, this.fingerprints);
  }

  /** Recompute activations if they would not fit. */
  private fitMemory(): void {
    const { model, settings } = this;
    const tokens = passTokens(settings);
    const memory = trainingMemory();
    if (model.recompute || !needsRecompute(model.config, tokens, memory)) return;
    model.recompute = true;
    const [kept, recomputed] = [false, true].map((recompute) =>
      bytes(memoryUse(planMemory(model.config, tokens, recompute), memory)),
    );
    this.log(
      `${settings.name}: passes of ${thousands(tokens)} tokens need about ${kept}, ` +
        `too much for the ${bytes(memory.bytes)} of ${memory.of}; activations are recomputed in the backward pass ` +
        `(${recomputed}), which takes a third more work and changes no number`,
    );
  }

  /** The numbers that catch mistakes early. */
  private describe(): void {
    const { settings, data } = this;
    let tokens = 0;
    let underLoss = 0;
    for (const { ids, lossFrom } of data.train) {
      tokens += ids.length;
      underLoss += Math.max(0, ids.length - Math.max(1, lossFrom));
    }
    this.log(
      `${settings.name}: ${thousands(countParameters(this.model.config))} parameters; ${thousands(data.train.length)} examples, ` +
        `${thousands(tokens)} tokens, ${((100 * underLoss) / tokens).toFixed(1)} % with loss; ` +
        `${settings.epochs} epochs of ${thousands(this.stepsPerEpoch)} updates`,
    );
    const cut = countCut(data.train, settings);
    if (cut.tokens > 0) {
      this.log(
        `${settings.name}: sequences of more than ${settings.sequenceLength} tokens lose their end: ${thousands(cut.tokens)} tokens in total; ` +
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

  private warnOfSpike(lossNats: number, plan: UpdatePlan): void {
    const { running, step } = this.state;
    if (isSpike(lossNats, running)) {
      this.log(
        `${this.settings.name}: warning: the loss jumps to ${lossNats.toFixed(3)} at update ${step + 1} ` +
          `(running mean ${running.mean.toFixed(3)}), in the batch of ${this.nameBatch(plan)}`,
      );
    }
    this.state.running = withLoss(lossNats, running);
  }

  /** Names the examples of an update, for messages. */
  private nameBatch(plan: UpdatePlan): string {
    const examples = [...new Set(plan.spans.flat().map((span) => span.example))];
    const shown = examples.slice(0, 8).map((i) => `${this.data.train.at(i)!.source} #${i}`);
    return shown.join(", ") + (examples.length > 8 ? ` and ${examples.length - 8} more` : "");
  }
}
