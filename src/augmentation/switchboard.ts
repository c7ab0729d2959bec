/**
 * @file Makes prompt and reply pairs from telephone conversations: a window of two turns that moves by one turn (paper,
 * section 3.2).
 *
 * (A1, B1), (B1, A2), (A2, B2), ...: every turn but the first is a reply, and every turn but the last a prompt. A
 * window never crosses the border between two conversations.
 */

import type { CorpusDocument } from "../corpus/load-corpus";
import { formatUtterance, mergeTurns, parseUtterance, type Utterance } from "../corpus/turns";

export interface PromptReply {
  prompt: string;
  reply: string;
}

export interface SwitchboardOptions {
  /** Turns in a prompt. 1 [paper §3.2]; with more, each turn of the prompt is on its own line with its speaker. */
  contextTurns?: number;
}

/**
 * The pairs of one conversation. Utterances of one speaker in a row are merged first.
 *
 * @example
 * conversationPairs([{ speaker: "A", text: "Hi." }, { speaker: "B", text: "Hello." }, { speaker: "A", text: "Well?" }]);
 * // => [{ prompt: "Hi.", reply: "Hello." }, { prompt: "Hello.", reply: "Well?" }]
 */
export function conversationPairs(
  utterances: Iterable<Utterance>,
  { contextTurns = 1 }: SwitchboardOptions = {},
): PromptReply[] {
  if (!Number.isInteger(contextTurns) || contextTurns < 1) {
    throw new RangeError(`conversationPairs: contextTurns ${contextTurns}, want a whole number of turns, 1 or more`);
  }
  const turns = mergeTurns(utterances);
  const pairs: PromptReply[] = [];
  for (let i = 1; i < turns.length; i++) {
    const context = turns.slice(Math.max(0, i - contextTurns), i);
    const prompt = contextTurns === 1 ? context[0].text : context.map(formatUtterance).join("\n");
    pairs.push({ prompt, reply: turns[i].text });
  }
  return pairs;
}

/** The pairs of a Switchboard document: one conversation, or one part of a recording without conversation marks. */
export function documentPairs(document: CorpusDocument, options: SwitchboardOptions = {}): PromptReply[] {
  return conversationPairs(document.text.split("\n").map(parseUtterance), options);
}
