/** @file Formats of ours: every file carries a checksum, so damage is refused or changes nothing. */

import * as fs from "node:fs";
import * as path from "node:path";
import { readInstructionSet, writeInstructionSet } from "../../../src/augmentation/instruction-files";
import { AnswerCache } from "../../../src/augmentation/teachers/answer-cache";
import { readClaims } from "../../../src/claims/judge-claims";
import { addToLedger, readLedger } from "../../../src/data-sets/ledger";
import { readResultFile, writeResultFiles } from "../../../src/eval/official/folders";
import { readPredictions } from "../../../src/eval/official/predictions";
import { readItemScores, ScoreJournal } from "../../../src/eval/score-journal";
import { loadHuggingFace, saveHuggingFace } from "../../../src/model/checkpoint/hugging-face";
import { readPublished } from "../../../src/results/beside-paper";
import { pairLengthsOf } from "../../../src/results/open-results";
import { readPaperValues } from "../../../src/results/paper-values";
import { readLosses, readSummaries } from "../../../src/results/read";
import { once } from "../../../src/stages/once";
import { trainBpe } from "../../../src/tokenizer/bpe-train";
import { Tokenizer } from "../../../src/tokenizer/tokenizer";
import { trainStage } from "../../../src/train/loop";
import { LOSS_COLUMNS, type LossRow, readStepTable, StepTable } from "../../../src/train/loss-table";
import { projectRoot } from "../../../src/util/project-root";
import { readSealedJson, writeSealedJson } from "../../../src/util/sealed-json";
import { TINY_DATA, TINY_SETTINGS, tinyModel } from "../../train/support/tiny-stage";
import type { Kind } from "../mutate";
import type { Format } from "./format";

const modelFolder: Format = {
  name: "model folder",
  isChecked: true,
  make: async (folder) => {
    const model = tinyModel();
    await saveHuggingFace(folder, model, trainBpe(["the cat and the dog"], { vocabSize: 262 }));
    model.dispose();
    return {
      "model.safetensors": "bytes",
      "config.json": "json",
      "generation_config.json": "json",
      "tokenizer.json": "json",
      "tokenizer_config.json": "json",
      SHA256SUMS: "text",
    };
  },
  read: async (folder) => {
    const model = loadHuggingFace(folder);
    const tokenizer = Tokenizer.load(folder);
    const read = [model.config, await model.values(), tokenizer.encode("the dog"), tokenizer.specialTokens];
    model.dispose();
    return read;
  },
};

const finishedStage: Format = {
  name: "finished training stage",
  isChecked: true,
  make: async (folder) => {
    await train(folder);
    return {
      "pretrain/final/weights.safetensors": "bytes",
      "pretrain/best/weights.safetensors": "bytes",
      "pretrain/final/result.json": "json",
      "pretrain/losses.csv": "text",
      "pretrain/validation.csv": "text",
    };
  },
  read: (folder) => train(folder),
};

const SMALL = { ...TINY_SETTINGS, epochs: 1 };

async function train(folder: string, stopAt = Number.POSITIVE_INFINITY): Promise<unknown> {
  const model = tinyModel();
  try {
    const onStep = ({ step }: { step: number }) => {
      if (step === stopAt) throw new Stop();
    };
    const options = { runFolder: folder, checkpointEverySteps: 3, onStep };
    return [await trainStage(model, TINY_DATA, SMALL, options), await model.values()];
  } finally {
    model.dispose();
  }
}

class Stop extends Error {}

const stoppedStage: Format = {
  name: "stopped training stage",
  isChecked: true,
  make: async (folder) => {
    await train(folder, 8).catch((error: unknown) => {
      if (!(error instanceof Stop)) throw error;
    });
    const checkpoints = fs.readdirSync(path.join(folder, "pretrain")).filter((name) => name.startsWith("checkpoint-"));
    const newest = `pretrain/${checkpoints.sort().at(-1)}`;
    return {
      [`${newest}/weights.safetensors`]: "bytes",
      [`${newest}/optimizer.safetensors`]: "bytes",
      [`${newest}/state.json`]: "json",
      "pretrain/losses.csv": "text",
      "pretrain/validation.csv": "text",
    } as Record<string, Kind>;
  },
  read: (folder) => train(folder),
};

const scoreJournal: Format = {
  name: "score journal",
  isChecked: true,
  make: (folder) => {
    const journal = ScoreJournal.anew(path.join(folder, "item-scores.jsonl"), "weights");
    for (let item = 0; item < 20; item++) {
      journal.add([[item, { logProbs: [-item / 3, Number.NEGATIVE_INFINITY], tokens: [item, 2] }]]);
    }
    return { "item-scores.jsonl": "json" };
  },
  read: (folder) => {
    const file = path.join(folder, "item-scores.jsonl");
    const before = fs.readFileSync(file);
    const scores = readItemScores(file);
    // what a resumed scoring takes over must be right, not complete
    const resumed = ScoreJournal.open(file, "weights");
    for (let item = 0; item < 20; item++) {
      const kept = resumed.get(item);
      if (kept !== undefined && kept.logProbs[0] !== -item / 3)
        throw new Error(`RESUMED WITH ANOTHER SCORE: item ${item}`);
    }
    fs.writeFileSync(file, before);
    return scores.length === 20 ? scores : `incomplete: ${scores.length}`;
  },
};

const lossTable: Format = {
  name: "loss table",
  isChecked: true,
  make: (folder) => {
    const table = new StepTable<LossRow>(path.join(folder, "losses.csv"), LOSS_COLUMNS, 0);
    for (let step = 1; step <= 20; step++) {
      table.append({
        step,
        epoch: 0,
        words: 9 * step,
        tokens: 13 * step,
        learningRate: 1e-3,
        lossNats: 1 / step,
        gradNorm: 1,
      });
    }
    return { "losses.csv": "text" };
  },
  read: (folder) => {
    const rows = readStepTable<LossRow>(path.join(folder, "losses.csv"), LOSS_COLUMNS);
    return rows.length === 20 ? rows : `incomplete: ${rows.length}`;
  },
};

const answerCache: Format = {
  name: "teacher's answers",
  isChecked: true,
  make: (folder) => {
    const cache = AnswerCache.open(path.join(folder, "answers.jsonl"));
    for (let i = 0; i < 12; i++) cache.append(answer(i));
    cache.close();
    return { "answers.jsonl": "json" };
  },
  read: (folder) => {
    const cache = AnswerCache.open(path.join(folder, "answers.jsonl"));
    const all = Array.from({ length: 12 }, (_, i) => cache.get(`key ${i}`));
    cache.close();
    for (const [i, found] of all.entries()) {
      if (found !== undefined && JSON.stringify(found) !== JSON.stringify(answer(i)))
        throw new Error(`ANOTHER ANSWER: ${i}`);
    }
    return all.length === 12 && !all.includes(undefined) ? all : "incomplete";
  },
};

const answer = (i: number) => ({
  key: `key ${i}`,
  model: "m",
  article: "a",
  text: `{"pairs": [${i}]}\n\u2028`,
  finishReason: "stop",
  promptTokens: 3,
  completionTokens: 4,
});

const instructionSet: Format = {
  name: "instruction set",
  isChecked: true,
  make: (folder) => {
    const rows = Array.from({ length: 10 }, (_, i) => ({
      prompt: `question ${i}?`,
      reply: `It is the answer ${i} to it.`,
      source: i % 2 === 0 ? ("simple_wiki" as const) : ("switchboard" as const),
      text: "",
      documentId: `d/${i >> 1}`,
    }));
    writeInstructionSet(folder, rows, { teacher: "attack" });
    return { "simple_wiki/train-00000-of-00001.parquet": "bytes", "simple_wiki/documents.json": "json" };
  },
  read: (folder) => readInstructionSet(folder).then(({ rows }) => rows),
};

const results: Format = {
  name: "committed results",
  isChecked: true,
  make: (folder) => {
    const from = path.join(projectRoot(), "data", "results", "sample");
    const to = path.join(folder, "data", "results", "sample");
    fs.cpSync(path.join(from, "wide-base"), path.join(to, "wide-base"), { recursive: true });
    for (const name of ["instruction-lengths.csv", "SHA256SUMS", "data-report.json"]) {
      fs.copyFileSync(path.join(from, name), path.join(to, name));
    }
    return {
      "data/results/sample/wide-base/summary.json": "json",
      "data/results/sample/wide-base/losses.csv": "text",
      "data/results/sample/wide-base/SHA256SUMS": "text",
      "data/results/sample/instruction-lengths.csv": "text",
    };
  },
  read: (folder) => {
    const runs = path.join(folder, "data", "results", "sample");
    return [
      readSummaries(runs),
      readLosses(path.join(runs, "wide-base", "losses.csv")),
      pairLengthsOf("sample", folder),
    ];
  },
};

const published: Format = {
  name: "published numbers",
  isChecked: true,
  make: (folder) => {
    fs.cpSync(path.join(projectRoot(), "data", "paper"), path.join(folder, "data", "paper"), { recursive: true });
    return {
      "data/paper/published-results.json": "json",
      "data/paper/claims.json": "json",
      "data/paper/figure-values.csv": "text",
      "data/paper/SHA256SUMS": "text",
    };
  },
  read: (folder) => [readPublished(folder), readClaims(folder), readPaperValues(folder)],
};

const ledger: Format = {
  name: "ledger of the data",
  isChecked: true,
  make: (folder) => {
    const entry = {
      dataSet: "x",
      bytes: 4,
      sha256: "0".repeat(64),
      from: "https://x",
      checksum: "first-fetch" as const,
    };
    addToLedger(folder, { "a/b.txt": entry, "c.txt": { ...entry, bytes: 5 } });
    return { "ledger.json": "json" };
  },
  read: (folder) => readLedger(folder),
};

const records: Format = {
  name: "notes and records of a run",
  isChecked: true,
  make: async (folder) => {
    await once(path.join(folder, "done.json"), { seed: 1 }, ["out.bin"], async () => {
      fs.writeFileSync(path.join(folder, "out.bin"), "made of this");
    });
    writeSealedJson(path.join(folder, "training.json"), { parameters: 12, losses: [1.5, 2.25] });
    return { "done.json": "json", "out.bin": "bytes", "training.json": "json" };
  },
  read: async (folder) => {
    const state = await once(path.join(folder, "done.json"), { seed: 1 }, ["out.bin"], async () => {
      throw new Error("DONE AGAIN");
    });
    const record = readSealedJson(path.join(folder, "training.json"), "make it again");
    return [state, fs.readFileSync(path.join(folder, "out.bin")), record];
  },
};

const taskResults: Format = {
  name: "a task's result files",
  isChecked: true,
  make: (folder) => {
    const predictions = '{"sv": {"predictions": [{"id": "sv_0", "pred": " a b"}, {"id": "sv_1", "pred": " c d"}]}}';
    writeResultFiles(folder, { "predictions.json": predictions, "report.txt": "### UID ACCURACY\nsv: 50.00\n" });
    return { "predictions.json": "json", "report.txt": "text", SHA256SUMS: "text" };
  },
  read: (folder) => [
    readPredictions(path.join(folder, "predictions.json")),
    readResultFile(path.join(folder, "report.txt")),
  ],
};

export const OURS: readonly Format[] = [
  modelFolder,
  finishedStage,
  stoppedStage,
  scoreJournal,
  lossTable,
  answerCache,
  instructionSet,
  results,
  published,
  ledger,
  records,
  taskResults,
];
