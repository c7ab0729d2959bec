/** @file The loss on held-out text, per source. */

import type { Llama } from "../model/llama";
import { type BatchSettings, microBatches, splitIntoSpans, type TrainingExample } from "./batch";
import { yieldToEventLoop } from "./event-loop";

/**
 * Mean cross-entropy in nats by source, over the tokens that carry loss. Sources in alphabetical order; a source
 * without such a token (every reply was cut off) is left out.
 *
 * @throws Error if a loss is not finite, naming the source
 */
export async function validationLoss(
  model: Llama,
  examples: readonly TrainingExample[],
  settings: BatchSettings,
): Promise<{ source: string; lossNats: number; tokens: number }[]> {
  const results = [];
  for (const source of [...new Set(examples.map((example) => example.source))].sort()) {
    const own = examples.filter((example) => example.source === source && example.ids.length > 1);
    const spans = own.flatMap(({ ids }, example) => splitIntoSpans(example, ids.length - 1, settings));
    spans.sort((a, b) => a.to - a.from - (b.to - b.from) || a.example - b.example); // similar lengths pack well
    const plan = { spans: spans.map((span) => [span]) };
    let total = 0;
    let tokens = 0;
    for (const micro of microBatches(own, plan, { ...settings, packing: "examples" })) {
      if (micro.lossTokens === 0) continue;
      const loss = model.loss(micro.batch, micro.labels, "sum");
      total += (await loss.data())[0];
      tokens += micro.lossTokens;
      loss.dispose();
      await yieldToEventLoop();
    }
    if (tokens === 0) continue;
    if (!Number.isFinite(total)) {
      throw new Error(`the loss on held-out ${source} is ${total}: the weights contain NaN or too large numbers`);
    }
    results.push({ source, lossNats: total / tokens, tokens });
  }
  return results;
}
