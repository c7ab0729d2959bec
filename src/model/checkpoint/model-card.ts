/** @file The model card (`README.md`) of a saved model: description, training, scores. */

import { countParameters } from "../count-parameters";
import type { LlamaConfig } from "../llama-config";

export interface ModelCard {
  title: string;
  config: LlamaConfig;
  /** One sentence per stage: data, epochs, learning rate. */
  training: readonly string[];
  /** Validation loss in nats by source. */
  validation: readonly { source: string; lossNats: number; tokens: number }[];
  /** One line per task; accuracies as fractions. `interval`: 95 %. */
  scores: readonly { task: string; metric: string; value: number; interval: [number, number] | null; n: number }[];
  /** Licence of the weights, an SPDX name in lower case. */
  licence: string;
  /** Limitations for users. */
  limits: readonly string[];
}

/** Text of the card: front matter for the Hub, then Markdown. The same input gives the same bytes. */
export function modelCard(card: ModelCard): string {
  const { config } = card;
  const lines = [
    "---",
    "language: en",
    `license: ${card.licence}`,
    "library_name: transformers",
    "pipeline_tag: text-generation",
    "tags: [babylm, llama]",
    "---",
    "",
    `# ${card.title}`,
    "",
    `A LLaMA of ${countParameters(config).toLocaleString("en-US")} parameters: ${config.numHiddenLayers} layers, hidden size ` +
      `${config.hiddenSize}, ${config.numAttentionHeads} heads, vocabulary ${config.vocabSize.toLocaleString("en-US")}, ` +
      `at most ${config.maxPositionEmbeddings.toLocaleString("en-US")} tokens, float32.`,
    "",
    "## Training",
    "",
    ...card.training.map((sentence) => `- ${sentence}`),
    "",
  ];
  if (card.validation.length > 0) {
    lines.push("| held-out source | loss (nats per token) | perplexity | tokens |", "|---|---|---|---|");
    for (const { source, lossNats, tokens } of card.validation) {
      lines.push(
        `| ${source} | ${lossNats.toFixed(3)} | ${Math.exp(lossNats).toFixed(1)} | ${tokens.toLocaleString("en-US")} |`,
      );
    }
    lines.push("");
  }
  if (card.scores.length > 0) {
    lines.push("## Evaluation", "", "| task | metric | value | 95 % interval | items |", "|---|---|---|---|---|");
    for (const { task, metric, value, interval, n } of card.scores) {
      const shown = interval === null ? "" : `${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}`;
      lines.push(`| ${task} | ${metric} | ${value.toFixed(3)} | ${shown} | ${n.toLocaleString("en-US")} |`);
    }
    lines.push("");
  }
  if (card.limits.length > 0) lines.push("## Limits", "", ...card.limits.map((sentence) => `- ${sentence}`), "");
  return lines.join("\n");
}
