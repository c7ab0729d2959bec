/**
 * @file Age of acquisition: word surprisals at every training checkpoint, compared with the ages at which children say
 * the words.
 */

import * as path from "node:path";
import type { LanguageModel } from "../../model/language-model";
import { CHECKPOINTS_GROUP } from "../../results/frame";
import { bootstrapInterval } from "../../stats/bootstrap";
import { pearson } from "../../stats/correlation";
import { type AoaWord, loadAoaWords, loadChildCurves } from "../../tasks/aoa";
import type { AcquisitionTask } from "../../tasks/task";
import { readJson } from "../../util/jsonl";
import { Rng } from "../../util/rng";
import { type AoaResult, acquisitionScore, randomSurprisal } from "../acquisition-curves";
import { stepWords, trackCheckpoints } from "../checkpoints";
import { orZero, undefinedNote } from "../metrics";
import { readResultFile, whyNoFiles, zeroShotResults } from "../official/folders";
import { PythonFloat, parsePythonJson, pythonJson } from "../official/python-format";
import { surprisalJson } from "../official/result-files";
import { codePoints, encodeText, phraseLogProb, requestFrom, type TextTokenizer } from "../phrase";
import type { ScoringMode } from "../scoring-mode";
import type { Scored, ScoringContext, ZeroShotKind } from "./kind";

/** The children's proportions; the file lies beside the words in their contexts. */
const CHILD_FILE = "cdi_human.csv";

/** [pipeline, 2026] the score; the file lies beside the surprisals. */
const SCORE_FILE = "aoa_score.json";

/** The kind of `AOA`. */
export const ageOfAcquisition: ZeroShotKind<AcquisitionTask> = {
  dataFolders: (folder) => [folder],
  whyAbsent: (task, dataFolder, shown) => whyNoFiles(dataFolder, shown, [task.file, CHILD_FILE]),
  resultFolder: (task) => zeroShotResults(task.officialName, null),
  resultFile: "surprisal.json",
  alwaysInMain: true, // the task visits all revisions itself
  rules: ["bos", "aoaThreshold", "aoaPoints", "aoaFit", "aoaSignificance"],
  needsCheckpoints: true,
  section: null,
  score,
  collated: (_, file, __, track) => collatedSurprisals(file, track),
  fastScores: () => {
    throw new Error("age of acquisition is not part of the fast suite");
  },
  finalScores: (parts, mode) =>
    parts.map(({ task, stored, dataFolder, resultFolder }) => {
      const name = task.tableName ?? task.displayName;
      // the score of later protocols needs the tokenizer, so it is read from the file written at scoring
      if (mode.protocol !== "2025")
        return { name, value: readJson<{ aoa: number }>(path.join(resultFolder, SCORE_FILE)).aoa };
      const { results } = stored as { results: AoaResult[] };
      const children = loadChildCurves(path.join(dataFolder, CHILD_FILE));
      return { name, value: acquisitionScore(results, children).curveFitness };
    }),
  answers: () => null, // the result is a correlation over words, so there are no answers per item
};

/** Score the words in their contexts: a correlation of ages, and the official file. */
async function score(task: AcquisitionTask, context: ScoringContext): Promise<Scored> {
  const { mode, checkpoints, model } = context;
  if (checkpoints.length < 4) {
    throw new Error(
      `age of acquisition follows a model through its training: it needs at least 4 checkpoints (chck_1M, ...), ` +
        `${model.name} has ${checkpoints.length}`,
    );
  }
  const words = loadAoaWords(path.join(context.dataFolder, task.file));
  const children = loadChildCurves(path.join(context.dataFolder, CHILD_FILE));
  const results = placed(await surprisalsOf(words, context), words, context);
  const under = (threshold: ScoringMode["aoaThreshold"]) =>
    acquisitionScore(results, children, randomGuess(threshold, context), mode);
  const ages = under(mode.aoaThreshold);
  const n = ages.validWords.length;
  const pick = (values: readonly number[], indices: Uint32Array) => Array.from(indices, (i) => values[i]);
  const correlation = (indices: Uint32Array) => pearson(pick(ages.modelAges, indices), pick(ages.childAges, indices));
  return {
    scores: [
      {
        task: task.name,
        family: "zero-shot",
        metric: "pearson_r",
        value: orZero(ages.curveFitness),
        n,
        interval: n < 3 ? null : bootstrapInterval(n, correlation, Rng.fromSeed(`bootstrap/${task.name}`)),
        chance: 0,
        majority: null,
        groups: [
          { name: "words asked", value: words.length, n: words.length },
          { name: "words with both ages", value: n, n: words.length },
          { name: CHECKPOINTS_GROUP, value: checkpoints.length, n: checkpoints.length },
        ],
        mode: mode.name,
        ties: 0,
        alternatives: {
          "r, official threshold": orZero(under("official").curveFitness),
          "r, threshold in nats": orZero(under("nats").curveFitness),
          ...undefinedNote(ages.curveFitness),
        },
      },
    ],
    files: {
      "surprisal.json": surprisalJson(context.modelName, checkpoints.length, results),
      ...(mode.protocol !== "2025" && { [SCORE_FILE]: pythonJson({ aoa: new PythonFloat(ages.curveFitness) }, 2) }),
    },
  };
}

/** Surprisal of a random guess of a word. [pipeline, 2026] a word's tokens are counted after "The ". */
function randomGuess(
  threshold: ScoringMode["aoaThreshold"],
  { tokenizer }: Pick<ScoringContext, "tokenizer">,
): (word: string) => number {
  const count = (text: string) => tokenizer.encode(text, { addSpecialTokens: false }).ids.length;
  const vocabSize = threshold === "nats-per-token" ? tokenizer.modelVocabSize : tokenizer.tokenCount;
  return (word) => randomSurprisal(threshold, vocabSize, Math.max(1, count(`The ${word}`) - count("The")));
}

/**
 * Surprisals in the order checkpoint, word, context; checkpoints that are complete in the journal are not scored again.
 */
async function surprisalsOf(words: readonly AoaWord[], context: ScoringContext): Promise<number[]> {
  const { checkpoints, mode, tokenizer } = context;
  const perStep = words.reduce((sum, { contexts }) => sum + contexts.length, 0);
  const total = perStep * checkpoints.length;
  const known = checkpoints.map(({ fingerprint }) => fingerprint);
  const journal = context.openJournal(known.includes(undefined) ? undefined : known.join(), words);
  const out: number[] = [];
  for (const [c, { step, load }] of checkpoints.entries()) {
    const stored = Array.from({ length: perStep }, (_, i) => journal.get(c * perStep + i));
    if (stored.every((s) => s !== undefined)) {
      // nothing to score is NaN, which JSON lacks: stored as an empty list
      for (const s of stored) out.push(-(s?.logProbs[0] ?? Number.NaN));
      continue;
    }
    const { model, dispose } = await load();
    try {
      const tell = (done: number, of: number) => context.onProgress?.(perStep * (c + done / of), total, step);
      const surprisals = await aoaSurprisals(model, tokenizer, words, mode, tell);
      const entry = (s: number) => (Number.isNaN(s) ? { logProbs: [], tokens: [] } : { logProbs: [-s], tokens: [1] });
      journal.add(surprisals.map((s, i) => [c * perStep + i, entry(s)] as const));
      out.push(...surprisals);
    } finally {
      dispose();
    }
  }
  return out;
}

/**
 * Surprisal of each word after each of its contexts, in nats; NaN where there is nothing to score.
 *
 * `strip(context) + " " + strip(word)`; the tokens that end within the word count.
 *
 * @throws Error if the model gives NaN
 */
export async function aoaSurprisals(
  model: LanguageModel,
  tokenizer: TextTokenizer,
  words: readonly AoaWord[],
  mode: Pick<ScoringMode, "bos">,
  onProgress?: (done: number, total: number) => void,
): Promise<number[]> {
  const requests = words.flatMap(({ word, contexts }) =>
    contexts.map((context) => {
      const target = word.trim();
      const text = `${context.trim()} ${target}`;
      const { ids, offsets } = encodeText(tokenizer, text, mode.bos);
      try {
        return requestFrom(ids, offsets, codePoints(text) - codePoints(target), text);
      } catch {
        return null; // nothing to score
      }
    }),
  );
  const open = requests.filter((request) => request !== null);
  const answers = await model.score(open, onProgress);
  let next = 0;
  return requests.map((request) => {
    if (request === null) return Number.NaN;
    const surprisal = -phraseLogProb(answers[next++], request);
    if (Number.isNaN(surprisal)) {
      throw new Error(
        `age of acquisition: ${model.name} gives NaN; a broken checkpoint has no score, remove or repair it`,
      );
    }
    return surprisal;
  });
}

/** The surprisals with checkpoint, word and context, as in `surprisal.json`. */
function placed(surprisals: readonly number[], words: readonly AoaWord[], context: ScoringContext): AoaResult[] {
  let next = 0;
  return context.checkpoints.flatMap(({ step }) =>
    words.flatMap(({ word, contexts }) =>
      contexts.map((text, context_id) => ({
        step,
        word_count: stepWords(step),
        target_word: word,
        context_id,
        context: text,
        surprisal: surprisals[next++],
      })),
    ),
  );
}

/** @throws Error unless the steps are the track's and each has the same number of entries */
function collatedSurprisals(file: string, track: string | null): unknown {
  const { metadata, results } = parsePythonJson(readResultFile(file)) as {
    metadata: object;
    results: { step: string; surprisal: number }[];
  };
  const entries = new Map<string, number>();
  for (const { step } of results) entries.set(step, (entries.get(step) ?? 0) + 1);
  if (new Set(entries.values()).size > 1) {
    const list = [...entries].map(([step, n]) => `${step} ${n}`).join(", ");
    throw new Error(`${file}: the checkpoints have unequal numbers of surprisals: ${list}; score the task again`);
  }
  const lacking = track === null ? [] : trackCheckpoints(track).filter((step) => !entries.has(step));
  if (lacking.length > 0)
    throw new Error(`${file}: no surprisals of ${lacking.join(", ")}; score the task with these checkpoints`);
  return { metadata, results: results.map((r) => ({ ...r, surprisal: new PythonFloat(r.surprisal ?? Number.NaN) })) };
}
