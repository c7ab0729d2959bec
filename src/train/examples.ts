/** @file Texts as training examples: documents as pre-training reads them, prompts with their replies as instruction tuning does. */

import { renderPair } from "../tokenizer/chat-template";
import type { Tokenizer } from "../tokenizer/tokenizer";
import { countWords } from "../util/text-file";
import type { TrainingExample } from "./batch";

/**
 * A document as `<s> text </s>`, a loss on every token after the first. A special token spelt out in the text is text.
 *
 * @param document - `words` as the corpus counts them; default: counted here
 * @throws Error if the tokenizer has no token for the beginning or the end of a text
 */
export function documentExample(
  { source, text, words = countWords(text) }: { source: string; text: string; words?: number },
  tokenizer: Tokenizer,
): TrainingExample {
  const { bos, eos } = tokenizer.specialTokens;
  if (bos === null || eos === null) {
    throw new Error(
      "documentExample: the tokenizer has no <s> or </s>, between which every text of pre-training stands; take a " +
        "tokenizer that names bos_token and eos_token",
    );
  }
  const ids = tokenizer.encodeIds(text, { addSpecialTokens: false, specialTokensInText: false });
  return { ids: Int32Array.from([bos, ...ids, eos]), lossFrom: 1, source, words };
}

/** A pair under the chat template: a loss on the reply and the closing `</s>` only. */
export function pairExample(
  { prompt, reply, source }: { prompt: string; reply: string; source: string },
  tokenizer: Tokenizer,
): TrainingExample {
  const { ids, replyFrom } = renderPair({ prompt, reply }, tokenizer);
  return { ids: Int32Array.from(ids), lossFrom: replyFrom, source, words: countWords(prompt) + countWords(reply) };
}
