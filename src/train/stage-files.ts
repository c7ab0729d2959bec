/**
 * @file The folder of one stage, `<run>/<stage name>/`: `losses.csv`, `validation.csv`, the newest checkpoints, `best/` with
 * the weights of the lowest validation loss, and at the end `final/`.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { SafetensorsFile, type TensorData, writeSafetensors } from "../model/checkpoint/safetensors";
import type { Llama } from "../model/llama";
import { tf } from "../tensor";
import { compare } from "../util/manifest";
import { readSealedJson, writeSealedJson } from "../util/sealed-json";
import { sha256File } from "../util/sha256";
import { warnOnce } from "../util/warn";
import {
  LOSS_COLUMNS,
  type LossRow,
  readStepTable,
  StepTable,
  VALIDATION_COLUMNS,
  type ValidationRow,
} from "./loss-table";
import type { AdamW } from "./optimizer";
import {
  checkFingerprints,
  cleanCheckpoints,
  loadLatestCheckpoint,
  saveCheckpoint,
  saveCheckpointInBackground,
  type TrainingState,
} from "./resume";
import type { StageResult } from "./training-stage";

/** The tables are separate files. */
type ResultWithoutTables = Omit<StageResult, "losses" | "validations">;

/** Content of `final/result.json`. */
interface StoredResult extends ResultWithoutTables {
  fingerprints: Record<string, string>;
  /** SHA-256 of the stage's files by name; absent in results of earlier versions. */
  files?: Record<string, string>;
}

const LOSSES = "losses.csv";
const VALIDATIONS = "validation.csv";
const WEIGHTS = "weights.safetensors";

/** Reads and writes the stage's folder, independently of the training algorithm. */
export class StageFiles {
  private readonly folder: string;
  private readonly model: Llama;
  private writing: Promise<void> = Promise.resolve();
  private failure: Error | null = null;
  private tables: { losses: StepTable<LossRow>; validations: StepTable<ValidationRow> } | null = null;

  /** @param anew - ignore and replace the folder's content */
  constructor(folder: string, model: Llama, anew: boolean) {
    this.folder = folder;
    this.model = model;
    if (anew) fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
  }

  /** Start the tables, or continue them after the last step. Call this before any `append`. */
  openTables({ step, tables = {} }: TrainingState): void {
    this.tables = {
      losses: new StepTable(this.file(LOSSES), LOSS_COLUMNS, step, tables[LOSSES]),
      validations: new StepTable(this.file(VALIDATIONS), VALIDATION_COLUMNS, step, tables[VALIDATIONS]),
    };
  }

  appendLoss(row: LossRow): void {
    this.openedTables().losses.append(row);
  }

  appendValidation(row: ValidationRow): void {
    this.openedTables().validations.append(row);
  }

  /**
   * The result of a stage that finished earlier with the same inputs, with its weights loaded into the model; null if
   * it did not finish.
   *
   * @throws Error naming the changed input or file
   */
  loadFinished(fingerprints: Record<string, string>): StageResult | null {
    const file = this.file("final", "result.json");
    if (!fs.existsSync(file)) return null;
    const remedy = `put the file back, or delete ${this.folder} to train the stage again`;
    const { fingerprints: stored, files = {}, ...result } = readSealedJson<StoredResult>(file, remedy);
    checkFingerprints(file, stored, fingerprints);
    for (const [name, sum] of Object.entries(files)) compare(this.file(name), sum, remedy);
    this.loadWeights("final");
    return { ...result, ...this.readTables() };
  }

  /**
   * Load the newest checkpoint into model and optimizer. @returns the state of the training, or null if there is no
   * checkpoint
   */
  restore(optimizer: AdamW, fingerprints: Record<string, string>): TrainingState | null {
    cleanCheckpoints(this.folder);
    const checkpoint = loadLatestCheckpoint(this.folder, fingerprints);
    if (checkpoint === null) return null;
    for (const [name, variable] of this.model.weights) assign(variable, checkpoint.weights.read(name));
    optimizer.restore(checkpoint.state.step, (name) => checkpoint.optimizer.read(name).values);
    return checkpoint.state;
  }

  /**
   * Write a checkpoint, and remove all but the `keep` newest. An earlier one that is still being written is waited for.
   *
   * @param inBackground - only copy the arrays, and write them while training goes on; without memory for the copy beside
   *   the next updates, training waits, with a warning
   * @throws Error of this checkpoint or of the one before it
   */
  async checkpoint(state: TrainingState, optimizer: AdamW, keep: number, inBackground: boolean): Promise<void> {
    await this.checkpointWritten();
    const { losses, validations } = this.openedTables();
    if (!inBackground || !this.hasRoomForCopy()) {
      state.tables = { [LOSSES]: losses.flush(), [VALIDATIONS]: validations.flush() };
      saveCheckpoint(this.folder, state, await this.weightTensors(), await optimizer.state(), keep);
      return;
    }
    state.tables = { [LOSSES]: losses.checksum, [VALIDATIONS]: validations.checksum };
    const [weights, moments] = [await this.weightTensors(), await optimizer.state()];
    const tables = [this.file(LOSSES), this.file(VALIDATIONS)];
    this.writing = saveCheckpointInBackground(this.folder, state, weights, moments, keep, tables).catch((error) => {
      this.failure = error as Error;
    });
  }

  /** @throws Error if a checkpoint could not be written in the background */
  checkCheckpoint(): void {
    const { failure } = this;
    this.failure = null;
    if (failure !== null) throw failure;
  }

  /** Wait until no checkpoint is being written. @throws Error as `checkCheckpoint` */
  async checkpointWritten(): Promise<void> {
    await this.writing;
    this.checkCheckpoint();
  }

  /** Three copies: weights and both moments. */
  private hasRoomForCopy(): boolean {
    let bytes = 0;
    for (const { size } of this.model.weights.values()) bytes += 3 * 4 * size;
    const free = process.availableMemory();
    if (bytes <= free) return true;
    const gigabytes = (size: number) => `${(size / 1e9).toFixed(1)} GB`;
    warnOnce(
      `${this.folder}: training waits while checkpoints are written, because a copy of weights and moments ` +
        `(${gigabytes(bytes)}) does not fit into the free memory (${gigabytes(free)})`,
    );
    return false;
  }

  /** Write `final/` and remove the checkpoints, which a finished stage does not need. */
  async finish(result: ResultWithoutTables, fingerprints: Record<string, string>): Promise<StageResult> {
    await this.checkpointWritten();
    await this.writeWeights("final");
    const files = [path.join("final", WEIGHTS), path.join("best", WEIGHTS), LOSSES, VALIDATIONS]
      .filter((name) => fs.existsSync(this.file(name)))
      .map((name) => [name.split(path.sep).join("/"), sha256File(this.file(name))]);
    const record: StoredResult = { ...result, fingerprints, files: Object.fromEntries(files) };
    writeSealedJson(this.file("final", "result.json"), record);
    cleanCheckpoints(this.folder, true);
    return { ...result, ...this.readTables() };
  }

  /** @returns the file's SHA-256 */
  async writeWeights(which: "best" | "final"): Promise<string> {
    const file = this.file(which, WEIGHTS);
    writeSafetensors(file, await this.weightTensors());
    return sha256File(file);
  }

  /** Load the weights of the lowest validation loss. @throws Error if their checksum differs */
  loadBest(checksum: string | undefined): void {
    const file = this.file("best", WEIGHTS);
    if (checksum !== undefined) compare(file, checksum, `delete ${this.folder} to train it again`);
    this.loadWeights("best");
  }

  private loadWeights(which: "best" | "final"): void {
    const saved = SafetensorsFile.open(this.file(which, WEIGHTS));
    for (const [name, variable] of this.model.weights) assign(variable, saved.read(name));
  }

  private openedTables() {
    if (this.tables === null) throw new Error("StageFiles: call openTables first");
    return this.tables;
  }

  private readTables(): Pick<StageResult, "losses" | "validations"> {
    return {
      losses: readStepTable<LossRow>(this.file(LOSSES), LOSS_COLUMNS),
      validations: readStepTable<ValidationRow>(this.file(VALIDATIONS), VALIDATION_COLUMNS),
    };
  }

  private async weightTensors(): Promise<[string, TensorData][]> {
    const values = await this.model.values();
    return [...values].map(([name, array]) => [name, { shape: this.model.weights.get(name)!.shape, values: array }]);
  }

  private file(...parts: string[]): string {
    return path.join(this.folder, ...parts);
  }
}

function assign(variable: tf.Variable, { values }: TensorData): void {
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, "float32")));
}
