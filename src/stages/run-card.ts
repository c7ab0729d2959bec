/**
 * @file The `README.md` of a run's model folder: written when training ends, and again with the scores when they exist.
 * The same run gives the same card.
 */

import * as path from "node:path";
import { CURRICULA, type InstructionStage } from "../experiments/curricula";
import { INSTRUCTION, MODELS, PRETRAINING, type TrainingSettings } from "../experiments/models";
import type { Run } from "../experiments/runs";
import { modelCard } from "../model/checkpoint/model-card";
import { type LlamaConfig, readLlamaConfig } from "../model/llama-config";
import type { TaskScore, ValidationLoss } from "../results/schema";
import { writeFileAtomic } from "../util/atomic-file";
import { modelFolder, type Workspace } from "./workspace";

/** What is known of a run: after training without, after the evaluation with scores. */
export interface RunFacts {
  validationLossNats: readonly Pick<ValidationLoss, "source" | "lossNats" | "tokens">[];
  scores?: readonly TaskScore[];
  /** Precisions of matrix products in training; absent: all float32. */
  precisions?: readonly string[];
}

/** The card's text. */
export function runCard(
  workspace: Workspace,
  run: Run,
  config: LlamaConfig,
  { validationLossNats, scores = [], precisions }: RunFacts,
): string {
  const isTuned = CURRICULA[run.variant].some((stage) => !stage.asText);
  const text = workspace.world === "sample" ? "the sample world (synthetic data)" : "BabyLM text";
  return modelCard({
    title: `${run.runId} (${MODELS[workspace.scale][run.model].name}), scale ${workspace.scale}, seed ${workspace.seed}`,
    config,
    training: [
      `Pre-trained on ${text}: ${settingsOf(PRETRAINING[workspace.scale])}.`,
      ...CURRICULA[run.variant].map((stage) => {
        const how = stage.asText
          ? `Pre-trained further on the text of ${namesOf(stage)}, loss on every token`
          : `Instruction-tuned on ${namesOf(stage)}, loss on replies only`;
        return `${how}: ${settingsOf(INSTRUCTION[workspace.scale])}.`;
      }),
      ...(precisions === undefined ? [] : [`Matrix products of the training in ${precisions.join(" and ")}.`]),
    ],
    validation: validationLossNats,
    scores,
    licence: workspace.world === "sample" ? "mit" : "other",
    limits: [
      "Made to reproduce a paper (arXiv 2510.25364), not for use: it knows little, and its replies are not reliable.",
      ...(isTuned ? [] : ["Pre-trained only: it continues a text and does not answer."]),
      ...(workspace.scale === "paper" ? [] : ["Far smaller than the paper's models, and trained on far less text."]),
      ...(workspace.world === "sample"
        ? ["Its scores are on synthetic benchmarks and are not comparable with scores on the real ones."]
        : ["The licences of its training texts apply."]),
    ],
  });
}

/** Rewrite the card in the model folder of a finished run. */
export function writeRunCard(workspace: Workspace, run: Run, facts: RunFacts): void {
  const folder = modelFolder(workspace, run.runId);
  writeFileAtomic(path.join(folder, "README.md"), runCard(workspace, run, readLlamaConfig(folder), facts));
}

/** `4 epochs, batches of 16 sequences of at most 128 tokens, AdamW at 0.002 with linear decay after 300 updates`. */
function settingsOf(settings: TrainingSettings): string {
  const decay = settings.schedule === "linear" ? "linear decay" : "cosine decay";
  return (
    `${settings.epochs} epoch${settings.epochs === 1 ? "" : "s"}, batches of ${settings.batchSize} sequences of at most ${settings.sequenceLength} ` +
    `tokens, AdamW at ${settings.learningRate} with ${decay} after ${settings.warmupSteps} updates of warm-up`
  );
}

function namesOf({ sources }: InstructionStage): string {
  const names = { switchboard: "conversations (Switchboard)", simple_wiki: "questions and answers (Simple Wikipedia)" };
  return sources.map((source) => names[source]).join(" and ");
}
