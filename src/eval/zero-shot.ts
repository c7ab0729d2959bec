/**
 * @file Score one model on one zero-shot task: read the data, ask the model, decide, write the official files, and sum it
 * all up as `TaskScore`s.
 *
 * Files go to `<out>/<model>/<revision>/zero_shot/causal/<task>/<data folder>/`, as in the pipeline, with one of ours
 * beside them: `item-scores.jsonl`, every option's log-probability.
 */

import * as path from "node:path";
import type { LanguageModel } from "../model/language-model";
import type { TaskScore } from "../results/schema";
import { bootstrapInterval, groupedBootstrapInterval } from "../stats/bootstrap";
import { pearson, spearman } from "../stats/correlation";
import { type AoaWord, loadAoaWords, loadChildCurves } from "../tasks/aoa";
import { zeroShotTask } from "../tasks/index";
import { loadItems, type Placed } from "../tasks/load";
import { loadReading } from "../tasks/reading";
import type {
  AcquisitionTask,
  ChoiceItem,
  ForcedChoiceTask,
  PreferenceTask,
  ReadingTask,
  ZeroShotTask,
} from "../tasks/task";
import { writeFileAtomic } from "../util/atomic-file";
import { Rng } from "../util/rng";
import { sha256 } from "../util/sha256";
import { type AoaResult, ageOfAcquisition, aoaSurprisals, randomSurprisal, stepWords } from "./age-of-acquisition";
import { averageOver, comparable, decide, splitMeans, tally } from "./forced-choice";
import type { TextTokenizer } from "./phrase";
import { firstShare, preferenceRho } from "./preference";
import { pythonStem } from "./python-format";
import { readingGain, readingIntervals } from "./reading-gain";
import { wordSurprisals } from "./reading-surprisal";
import { accuracyReport, predictionsJson, readingFiles, rhoReport, surprisalJson } from "./report";
import { scoreItems } from "./score-items";
import { type ItemScores, ScoreJournal } from "./score-journal";
import { OFFICIAL, type ScoringMode } from "./scoring-mode";

/** A model at some point of its training; loaded when its turn comes, so that one is in memory at a time. */
export interface Checkpoint {
  /** With the words seen in it: `chck_10M`. */
  step: string;
  load(): Promise<{ model: LanguageModel; dispose(): void }>;
  /** What tells these weights from any others; with it, a killed run goes on after the checkpoints already scored. */
  fingerprint?: string;
}

export interface ZeroShotRequest {
  model: LanguageModel;
  tokenizer: TextTokenizer;
  /** One of `ZERO_SHOT`'s names, or a task of your own. */
  task: string | ZeroShotTask;
  /** The task's own folder, for example `evaluation_data/full_eval/blimp_filtered`. */
  dataFolder: string;
  /** Root of the results. */
  outFolder: string;
  /** Default: the model's name; its stem becomes a folder. */
  modelName?: string;
  /** Default `main`. */
  revision?: string;
  /** Default `OFFICIAL`. */
  mode?: ScoringMode;
  /**
   * What tells this model's weights and tokenizer from any other's, for example their checksums. With it, a killed run goes
   * on from the items already scored; without it, every item is scored anew, because a name alone may be stale.
   */
  fingerprint?: string;
  /** Age of acquisition only: the training checkpoints, first to last. */
  checkpoints?: readonly Checkpoint[];
  onProgress?: (done: number, total: number, note?: string) => void;
}

/** Every option's log-probability, in the task's folder. */
const JOURNAL = "item-scores.jsonl";

/** Age of acquisition was asked for, but the model has no training checkpoints. */
export class NoCheckpointsError extends Error {}

/**
 * One score; two for reading (`reading_eye_tracking`, `reading_self_paced`).
 *
 * @throws Error for bad data (`file:line`), a model that gives NaN, or age of acquisition without checkpoints
 */
export async function scoreZeroShot(request: ZeroShotRequest): Promise<TaskScore[]> {
  const task = typeof request.task === "string" ? zeroShotTask(request.task) : request.task;
  switch (task.kind) {
    case "forced-choice":
      return [await scoreForcedChoice(task, request)];
    case "preference":
      return [await scorePreference(task, request)];
    case "reading":
      return scoreReading(task, request);
    case "age-of-acquisition":
      return [await scoreAgeOfAcquisition(task, request)];
  }
}

/** Where a task's files go. The pipeline keeps reading and age of acquisition without a data folder. */
export function taskFolder(request: ZeroShotRequest, task: ZeroShotTask): string {
  const model = pythonStem(request.modelName ?? request.model.name);
  // [pipeline] age of acquisition always goes to main, since it visits all revisions itself
  const revision = task.kind === "age-of-acquisition" ? "main" : (request.revision ?? "main");
  const folder = path.join(request.outFolder, model, revision, "zero_shot", "causal", task.officialName);
  const isProcedure = task.kind === "reading" || task.kind === "age-of-acquisition";
  return isProcedure ? folder : path.join(folder, pythonStem(request.dataFolder));
}

async function scoreForcedChoice(task: ForcedChoiceTask, request: ZeroShotRequest): Promise<TaskScore> {
  const mode = request.mode ?? OFFICIAL;
  const items = loadItems(request.dataFolder, task.toItem);
  const folder = taskFolder(request, task);
  const scores = await scoresOf(items, request, folder);
  const decisions = scores.map((s) => decide(comparable(s, mode.logProb), mode.ties));
  const credits = decisions.map((d) => d.credit);
  const counts = tally(items, credits);
  const uids = uidAccuracies(items, credits, 100);
  const splits = task.aggregate === "macro" ? undefined : splitMeans(uids, task.aggregate.splits);
  const average = averageOver(uids, task.aggregate);
  writeFileAtomic(path.join(folder, "best_temperature_report.txt"), accuracyReport(counts, average, splits));
  const chosen = decisions.map((d) => d.chosen);
  writeFileAtomic(path.join(folder, "predictions.json"), predictionsJson(items, chosen));

  const under = (change: Partial<ScoringMode>) => {
    const other = { ...mode, ...change };
    const values = scores.map((s) => decide(comparable(s, other.logProb), other.ties).credit);
    return averageOver(uidAccuracies(items, values, 1), task.aggregate);
  };
  const names = [...uids.keys()];
  const place = new Map(names.map((uid, g) => [uid, g]));
  const groups = names.map((): number[] => []);
  for (const [i, item] of items.entries()) groups[place.get(item.uid) as number].push(credits[i]);
  const average01 = (means: readonly number[]) =>
    averageOver(new Map(names.map((uid, g) => [uid, means[g]])), task.aggregate);
  return {
    task: task.name,
    family: "zero-shot",
    metric: "accuracy",
    value: average01(groups.map((g) => g.reduce((sum, v) => sum + v, 0) / g.length)),
    n: items.length,
    interval: groupedBootstrapInterval(groups, bootstrapRng(task), average01),
    chance: task.chance,
    majority: null,
    groups: names.map((name, g) => ({ name, value: (uids.get(name) as number) / 100, n: groups[g].length })),
    mode: mode.name,
    ties: decisions.filter((d) => d.tie).length,
    alternatives: {
      "accuracy, ties count first": under({ ties: "first" }),
      "accuracy, ties count half": under({ ties: "half" }),
      "accuracy, mean log-probability": under({ logProb: "mean" }),
    },
  };
}

async function scorePreference(task: PreferenceTask, request: ZeroShotRequest): Promise<TaskScore> {
  const mode = request.mode ?? OFFICIAL;
  const items = loadItems(request.dataFolder, task.toItem);
  const folder = taskFolder(request, task);
  const scores = await scoresOf(items, request, folder);
  const human = items.map((item) => item.humanRatio);
  const decisions = scores.map((s) => decide(comparable(s, mode.logProb), mode.ties));
  const shares = scores.map((s) => firstShare(comparable(s, mode.logProb), mode.wugRatio));
  const rho = preferenceRho(shares, human);
  writeFileAtomic(path.join(folder, "best_temperature_report.txt"), rhoReport(rho));
  const chosen = decisions.map((d) => d.chosen);
  writeFileAtomic(path.join(folder, "predictions.json"), predictionsJson(items, chosen, shares));
  const rhoUnder = (logProb: ScoringMode["logProb"], precision: ScoringMode["wugRatio"]) =>
    preferenceRho(
      scores.map((s) => firstShare(comparable(s, logProb), precision)),
      human,
    );
  const pick = (values: readonly number[], indices: Uint32Array) => Array.from(indices, (i) => values[i]);
  return {
    task: task.name,
    family: "zero-shot",
    metric: "spearman_rho",
    value: orZero(rho),
    n: items.length,
    interval: bootstrapInterval(
      items.length,
      (indices) => spearman(pick(shares, indices), pick(human, indices)),
      bootstrapRng(task),
    ),
    chance: 0,
    majority: null,
    groups: [{ name: task.name, value: orZero(rho), n: items.length }],
    mode: mode.name,
    ties: decisions.filter((d) => d.tie).length,
    alternatives: {
      "rho, float32 ratios": orZero(rhoUnder(mode.logProb, "float32")),
      "rho, float64 ratios": orZero(rhoUnder(mode.logProb, "float64")),
      // the pipeline's metric until 2025-08-02, which older leaderboard numbers still have
      "accuracy, first form counts as right": decisions.filter((d) => d.chosen === 0).length / items.length,
      "rho, mean log-probability": orZero(rhoUnder("mean", mode.wugRatio)),
      ...undefinedNote(rho),
    },
  };
}

async function scoreReading(task: ReadingTask, request: ZeroShotRequest): Promise<TaskScore[]> {
  const mode = request.mode ?? OFFICIAL;
  const rows = loadReading(path.join(request.dataFolder, task.file));
  const previous = rows.flatMap((row) => (row.previous === null ? [] : [row.previous]));
  const words = [...rows.map(({ context, word }) => ({ context, word })), ...previous];
  const surprisals = await wordSurprisals(request.model, request.tokenizer, words, mode, request.onProgress);
  let next = rows.length;
  const predicted = rows.map((row, r) => ({
    ...row,
    pred: surprisals[r],
    prevPred: row.previous === null ? Number.NaN : surprisals[next++],
  }));
  const gain = readingGain(predicted);
  const folder = taskFolder(request, task);
  for (const [name, text] of Object.entries(readingFiles(predicted, gain))) {
    writeFileAtomic(path.join(folder, name), text);
  }
  const intervals = readingIntervals(predicted, bootstrapRng(task));
  const shared = {
    family: "zero-shot",
    metric: "variance_explained_percent",
    chance: 0,
    majority: null,
    mode: mode.name,
    ties: 0,
  } as const;
  const eye = gain.withoutSpillover.filter((g) => g.response.includes("RT"));
  const selfPaced = gain.withSpillover.filter((g) => g.response === "self_paced_reading_time");
  const groups = (list: typeof eye) => list.map((g) => ({ name: g.response, value: g.gainPercent, n: g.model.n }));
  return [
    {
      ...shared,
      task: "reading_eye_tracking",
      value: gain.eyeTrackingPercent,
      n: eye[0].model.n,
      interval: intervals.eyeTrackingPercent,
      groups: groups(eye),
    },
    {
      ...shared,
      task: "reading_self_paced",
      value: gain.selfPacedPercent,
      n: selfPaced[0].model.n,
      interval: intervals.selfPacedPercent,
      groups: groups(selfPaced),
    },
  ];
}

async function scoreAgeOfAcquisition(task: AcquisitionTask, request: ZeroShotRequest): Promise<TaskScore> {
  const mode = request.mode ?? OFFICIAL;
  const checkpoints = request.checkpoints ?? [];
  if (checkpoints.length < 4) {
    throw new NoCheckpointsError(
      `age of acquisition follows a model through its training: it needs at least 4 checkpoints (chck_1M, ...), ` +
        `${request.model.name} has ${checkpoints.length}`,
    );
  }
  const words = loadAoaWords(path.join(request.dataFolder, task.file));
  const children = loadChildCurves(path.join(request.dataFolder, "cdi_human.csv"));
  const surprisals = await surprisalsOf(words, checkpoints, request, path.join(taskFolder(request, task), JOURNAL));
  const results: AoaResult[] = [];
  let next = 0;
  for (const { step } of checkpoints) {
    for (const { word, contexts } of words) {
      contexts.forEach((context, context_id) => {
        const surprisal = surprisals[next++];
        results.push({ step, word_count: stepWords(step), target_word: word, context_id, context, surprisal });
      });
    }
  }
  const name = request.modelName ?? request.model.name;
  writeFileAtomic(
    path.join(taskFolder(request, task), "surprisal.json"),
    surprisalJson(name, checkpoints.length, results),
  );
  const under = (threshold: ScoringMode["aoaThreshold"]) =>
    ageOfAcquisition(results, children, randomSurprisal(threshold, request.model.vocabSize));
  const both = { official: under("official"), nats: under("nats") };
  const score = both[mode.aoaThreshold];
  const n = score.validWords.length;
  return {
    task: task.name,
    family: "zero-shot",
    metric: "pearson_r",
    value: orZero(score.curveFitness),
    n,
    interval:
      n < 3
        ? null
        : bootstrapInterval(
            n,
            (indices) =>
              pearson(
                Array.from(indices, (i) => score.modelAges[i]),
                Array.from(indices, (i) => score.childAges[i]),
              ),
            bootstrapRng(task),
          ),
    chance: 0,
    majority: null,
    groups: [
      { name: "words asked", value: words.length, n: words.length },
      { name: "words with both ages", value: n, n: words.length },
    ],
    mode: mode.name,
    ties: 0,
    alternatives: {
      "r, official threshold": orZero(both.official.curveFitness),
      "r, threshold in nats": orZero(both.nats.curveFitness),
      ...undefinedNote(score.curveFitness),
    },
  };
}

/** Surprisals in the order checkpoint, word, context; whole checkpoints come from the journal where they are there. */
async function surprisalsOf(
  words: readonly AoaWord[],
  checkpoints: readonly Checkpoint[],
  request: ZeroShotRequest,
  file: string,
): Promise<number[]> {
  const mode = request.mode ?? OFFICIAL;
  const perStep = words.reduce((sum, w) => sum + w.contexts.length, 0);
  const total = perStep * checkpoints.length;
  const known = checkpoints.map((c) => c.fingerprint);
  const journal = openJournal(file, known.includes(undefined) ? undefined : known.join(), words, mode);
  const out: number[] = [];
  for (const [c, { step, load }] of checkpoints.entries()) {
    const stored = Array.from({ length: perStep }, (_, i) => journal.get(c * perStep + i));
    if (stored.every((s) => s !== undefined)) {
      // nothing to score is NaN, which JSON does not have: an empty list
      for (const s of stored) out.push(-(s?.logProbs[0] ?? Number.NaN));
      continue;
    }
    const { model, dispose } = await load();
    try {
      const tell = (done: number, of: number) => request.onProgress?.(perStep * (c + done / of), total, step);
      const surprisals = await aoaSurprisals(model, request.tokenizer, words, mode, tell);
      const entry = (s: number) => (Number.isNaN(s) ? { logProbs: [], tokens: [] } : { logProbs: [-s], tokens: [1] });
      journal.add(surprisals.map((s, i) => [c * perStep + i, entry(s)] as const));
      out.push(...surprisals);
    } finally {
      dispose();
    }
  }
  return out;
}

/** All items' scores, from the journal where they are there already. */
function scoresOf(
  items: readonly Placed<ChoiceItem>[],
  request: ZeroShotRequest,
  folder: string,
): Promise<ItemScores[]> {
  const mode = request.mode ?? OFFICIAL;
  const data = items.map((item) => [item.sentences, item.completions]);
  const journal = openJournal(path.join(folder, JOURNAL), request.fingerprint, data, mode);
  return scoreItems(request.model, request.tokenizer, items, mode, journal, request.onProgress);
}

/** The journal of these weights, these data and this BOS rule; without a fingerprint of the weights, an empty one. */
function openJournal(file: string, weights: string | undefined, data: unknown, mode: ScoringMode): ScoreJournal {
  const fingerprint = sha256(JSON.stringify([weights ?? null, sha256(JSON.stringify(data)), mode.bos]));
  return weights === undefined ? ScoreJournal.anew(file, fingerprint) : ScoreJournal.open(file, fingerprint);
}

/** Accuracy per UID, times `scale` before the division as in the pipeline; in order of first appearance. */
function uidAccuracies(
  items: readonly Pick<ChoiceItem, "uid">[],
  credits: readonly number[],
  scale: number,
): Map<string, number> {
  const uids = tally(
    items.map(({ uid }) => ({ groups: [["UID", uid]] })),
    credits,
  ).get("UID");
  return new Map([...(uids ?? [])].map(([uid, { credit, n }]) => [uid, (scale * credit) / n]));
}

/** Says in the result that a 0 stands for a correlation that is not defined. */
function undefinedNote(correlation: number): Record<string, number> {
  return Number.isNaN(correlation) ? { "undefined: the model's answers are constant": 1 } : {};
}

/** A correlation that is not defined, because the model answers the same everywhere, tells nothing: 0. */
function orZero(value: number): number {
  return Number.isNaN(value) ? 0 : value;
}

function bootstrapRng(task: ZeroShotTask): Rng {
  return Rng.fromSeed(`bootstrap/${task.name}`);
}
