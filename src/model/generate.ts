/** @file Autoregressive generation, token by token, until a stop token or a limit. */

import type { Rng } from "../util/rng";
import { requireFinite } from "./finite";
import { IncrementalDecoder } from "./kv-cache";
import type { Llama } from "./llama";
import { argMax, drawToken, GREEDY, nextTokenDistribution, type Sampling } from "./next-token";

export interface GenerateSettings extends Sampling {
  maxNewTokens: number;
  /** Ids that end the text and are not returned. Default: the model's end token. */
  stopTokens?: readonly number[];
  /** Ids that are never chosen (transformers' `suppress_tokens`), for example rows of the vocabulary without a token. */
  suppressTokens?: readonly number[];
}

/**
 * Yields the tokens after `prompt` as they are generated. Ends before a stop token, after `maxNewTokens`, or at the
 * model's maximum length.
 *
 * @param rng - needed unless the temperature is 0
 * @throws RangeError if the prompt is empty or reaches the model's maximum length
 * @throws Error if a score is NaN or infinite
 */
export async function* generateTokens(
  llama: Llama,
  prompt: ArrayLike<number>,
  settings: GenerateSettings,
  rng?: Rng,
): AsyncGenerator<number> {
  const { eosTokenId, maxPositionEmbeddings } = llama.config;
  const stops = settings.stopTokens ?? (eosTokenId === null ? [] : [eosTokenId]);
  if (prompt.length === 0) throw new RangeError("generateTokens: the prompt has no tokens; start with a BOS");
  if (prompt.length >= maxPositionEmbeddings) {
    throw new RangeError(
      `generateTokens: the prompt has ${prompt.length} tokens, the model supports ${maxPositionEmbeddings}; shorten it`,
    );
  }
  if (settings.temperature > 0 && rng === undefined) throw new Error("generateTokens: sampling needs a random stream");
  const text = Array.from(prompt);
  const decoder = new IncrementalDecoder(llama);
  try {
    let scores = await decoder.read(prompt);
    for (let n = 0; n < settings.maxNewTokens; n++) {
      const id = choose(scores, settings, text, rng);
      if (stops.includes(id)) return;
      yield id;
      text.push(id);
      if (n + 1 === settings.maxNewTokens || text.length >= maxPositionEmbeddings) return;
      scores = await decoder.read([id]);
    }
  } finally {
    decoder.dispose();
  }
}

/** All tokens of `generateTokens`; greedy by default. */
export async function generate(
  llama: Llama,
  prompt: ArrayLike<number>,
  settings: Partial<GenerateSettings> & { maxNewTokens: number },
  rng?: Rng,
): Promise<number[]> {
  const ids: number[] = [];
  for await (const id of generateTokens(llama, prompt, { ...GREEDY, ...settings }, rng)) ids.push(id);
  return ids;
}

/** Choose the next token; all scores are finite. */
function choose(scores: Float32Array, settings: GenerateSettings, text: readonly number[], rng?: Rng): number {
  const { suppressTokens = [], ...sampling } = settings;
  requireFinite(scores, `scores of the token after ${text.length}`);
  for (const id of suppressTokens) scores[id] = Number.NEGATIVE_INFINITY;
  if (sampling.temperature === 0 && sampling.repetitionPenalty === 1) return argMax(scores);
  const probabilities = nextTokenDistribution(scores, sampling, text);
  return sampling.temperature === 0 ? argMax(probabilities) : drawToken(probabilities, rng!);
}
