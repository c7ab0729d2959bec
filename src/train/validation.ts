/** @file The loss on held-out text, per source. */

import type { Llama } from "../model/llama";
import { type BatchSettings, type Examples, microBatches, type Span, splitIntoSpans } from "./batch";
import { yieldToEventLoop } from "./event-loop";

/**
 * Mean cross-entropy in nats by source, over the tokens that carry loss. Sources in alphabetical order; a source
 * without such a token (every reply was cut off) is left out.
 *
 * @throws Error if a loss is not finite, naming the source
 */
export async function validationLoss(
  model: Llama,
  examples: Examples,
  settings: BatchSettings,
): Promise<{ source: string; lossNats: number; tokens: number }[]> {
  const results = [];
  for (const [source, spans] of spansBySource(examples, settings)) {
    spans.sort((a, b) => a.to - a.from - (b.to - b.from) || a.example - b.example); // similar lengths pack well
    const plan = { spans: spans.map((span) => [span]) };
    let total = 0;
    let tokens = 0;
    for (const micro of microBatches(examples, plan, { ...settings, packing: "examples" })) {
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

/** Sources in alphabetical order, those without a token to predict included. */
function spansBySource(examples: Examples, settings: BatchSettings): [string, Span[]][] {
  const bySource = new Map<string, Span[]>();
  let example = 0;
  for (const { ids, source } of examples) {
    const spans = bySource.get(source) ?? [];
    bySource.set(source, spans);
    for (const span of splitIntoSpans(example++, ids.length - 1, settings)) spans.push(span);
  }
  return [...bySource].sort(([a], [b]) => (a < b ? -1 : 1));
}
