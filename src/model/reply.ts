/** @file A model's reply to one prompt, through the chat template. Single turns only, as in training. */

import { renderPrompt } from "../tokenizer/chat-template";
import type { Tokenizer } from "../tokenizer/tokenizer";
import type { Rng } from "../util/rng";
import { type GenerateSettings, generateTokens } from "./generate";
import type { Llama } from "./llama";
import { GREEDY } from "./next-token";

export interface Reply {
  prompt: string;
  reply: string;
  /** Token ids of the reply. */
  ids: number[];
  /** Whether the model ended the reply itself. */
  ended: boolean;
}

const DEFAULTS: GenerateSettings = { ...GREEDY, maxNewTokens: 64 };

/**
 * The model's reply to one prompt, greedy by default. Ids without a token in the tokenizer are never chosen.
 *
 * @param onText - called with each new piece of text, in complete characters
 * @param rng - needed if the temperature is above 0
 */
export async function ask(
  llama: Llama,
  tokenizer: Tokenizer,
  prompt: string,
  options: { settings?: Partial<GenerateSettings>; rng?: Rng; onText?: (piece: string) => void } = {},
): Promise<Reply> {
  const settings = { ...DEFAULTS, ...options.settings };
  const end = tokenizer.specialTokens.eos;
  const stopTokens = settings.stopTokens ?? (end === null ? [] : [end]);
  // a padded vocabulary has rows without a token, which cannot be decoded
  const suppressTokens = Array.from({ length: llama.config.vocabSize }, (_, id) => id).filter(
    (id) => !tokenizer.hasId(id),
  );
  const rendered = renderPrompt(prompt, tokenizer);
  const room = llama.config.maxPositionEmbeddings - rendered.length;
  const ids: number[] = [];
  let shown = "";
  for await (const id of generateTokens(llama, rendered, { ...settings, stopTokens, suppressTokens }, options.rng)) {
    ids.push(id);
    const text = tokenizer.decode(ids).trimStart(); // the template's blank before a reply is not part of the reply
    if (text.endsWith("\ufffd")) continue; //          incomplete character: the next token completes it
    options.onText?.(text.slice(shown.length));
    shown = text;
  }
  const reply = tokenizer.decode(ids).trim();
  return { prompt, reply, ids, ended: ids.length < Math.min(settings.maxNewTokens, room) };
}
