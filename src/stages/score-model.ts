/** @file All zero-shot tasks whose data are there, for one model. */

import * as fs from "node:fs";
import * as path from "node:path";
import { stepWords } from "../eval/age-of-acquisition";
import { availableTasks, type Checkpoint, type Suite, scoreZeroShot, scoringMode } from "../eval/index";
import type { Run } from "../experiments/runs";
import { loadHuggingFace } from "../model/checkpoint/hugging-face";
import { LlamaLanguageModel } from "../model/llama-language-model";
import type { AbsentTask, TaskScore } from "../results/schema";
import { readJson, writeJson } from "../util/jsonl";
import { sha256File } from "../util/sha256";
import { once } from "./once";
import { loadTokenizer } from "./tokenizer";
import { modelFolder, runFolder, type Workspace } from "./workspace";

export interface ZeroShotRecord {
  scores: TaskScore[];
  experiments: TaskScore[];
  absent: AbsentTask[];
}

/** Tasks that are scored a second time with a named correction, beside the official number. */
const EXPERIMENTS: Record<string, string> = { reading: "reading-blank" };

const recordFile = (w: Workspace, runId: string) => path.join(runFolder(w, runId), "zero-shot.json");
export const readZeroShot = (w: Workspace, runId: string) => readJson<ZeroShotRecord>(recordFile(w, runId));

export async function zeroShot(w: Workspace, run: Run, report: (share: number, note: string) => void): Promise<void> {
  const folder = runFolder(w, run.runId);
  const suite: Suite = w.suite;
  const { present, absent } = availableTasks(w.dataFolder, suite);
  const weights = sha256File(path.join(modelFolder(w, run.runId), "model.safetensors"));
  const inputs = { weights, suite, tasks: present.map(({ task }) => task), experiments: EXPERIMENTS };
  await once(path.join(folder, "zero-shot.done.json"), inputs, async () => {
    const tokenizer = loadTokenizer(w, run.model);
    const llama = loadHuggingFace(modelFolder(w, run.runId));
    const model = new LlamaLanguageModel(llama, { name: run.runId });
    const checkpoints = checkpointsOf(path.join(folder, "checkpoints"));
    const record: ZeroShotRecord = { scores: [], experiments: [], absent: [...absent] };
    for (const [i, { task, dataFolder }] of present.entries()) {
      if (task === "aoa" && checkpoints.length === 0) {
        record.absent.push({
          task,
          why: "needs the checkpoints of pre-training, which a tuned model shares with its base",
        });
        continue;
      }
      const score = (mode: string) =>
        scoreZeroShot({
          model,
          tokenizer,
          task,
          dataFolder,
          outFolder: path.join(folder, mode === "official" ? "official" : `mode-${mode}`),
          mode: scoringMode(mode),
          fingerprint: weights,
          checkpoints,
          onProgress: (done, total) => report((i + done / total) / present.length, task),
        });
      record.scores.push(...(await score("official")));
      if (task in EXPERIMENTS) record.experiments.push(...(await score(EXPERIMENTS[task])));
    }
    writeJson(recordFile(w, run.runId), record);
    llama.dispose();
  });
}

/** The checkpoints of pre-training in the order of words seen. */
function checkpointsOf(folder: string): Checkpoint[] {
  if (!fs.existsSync(folder)) return [];
  return fs
    .readdirSync(folder)
    .sort((a, b) => stepWords(a) - stepWords(b))
    .map((step) => ({
      step,
      load: async () => {
        const llama = loadHuggingFace(path.join(folder, step));
        return { model: new LlamaLanguageModel(llama, { name: step }), dispose: () => llama.dispose() };
      },
    }));
}
