/**
 * @file Makes training examples from texts: documents for pre-training, prompts with replies for instruction tuning.
 */

import { renderPair } from "../tokenizer/chat-template";
import type { Tokenizer } from "../tokenizer/tokenizer";
import { countWords } from "../util/text-file";
import type { TrainingExample } from "./batch";

/**
 * A document as `<s> text </s>`, with loss on every token after the first. A special token spelt out in the text is
 * encoded as text.
 *
 * @param document - `words` is the corpus's count; default: counted here
 * @throws Error if the tokenizer has no token for the beginning or the end of a text
 */
export function documentExample(
  { source, text, words = countWords(text) }: { source: string; text: string; words?: number },
  tokenizer: Tokenizer,
): TrainingExample<Int32Array> {
  const { bos, eos } = tokenizer.specialTokens;
  if (bos === null || eos === null) {
    throw new Error(
      "documentExample: the tokenizer has no <s> or </s>, which enclose every text of pre-training; use a " +
        "tokenizer that names bos_token and eos_token",
    );
  }
  const ids = tokenizer.encodeIds(text, { addSpecialTokens: false, specialTokensInText: false });
  return { ids: Int32Array.from([bos, ...ids, eos]), lossFrom: 1, source, words };
}

/** A pair in the chat template, with loss only on the reply and the closing `</s>`. */
export function pairExample(
  { prompt, reply, source }: { prompt: string; reply: string; source: string },
  tokenizer: Tokenizer,
): TrainingExample<Int32Array> {
  const { ids, replyFrom } = renderPair({ prompt, reply }, tokenizer);
  return { ids: Int32Array.from(ids), lossFrom: replyFrom, source, words: countWords(prompt) + countWords(reply) };
}
