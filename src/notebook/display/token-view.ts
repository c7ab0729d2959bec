/** @file Tables of tokens: each with its id, its text and whether it carries loss. */

import { renderPair } from "../../tokenizer/chat-template";
import type { Tokenizer } from "../../tokenizer/tokenizer";

export interface TokenRow {
  position: number;
  id: number;
  /** The token decoded alone; blanks as ␣, line ends as ⏎. */
  token: string;
}

/** The tokens of a text, without special tokens. */
export function tokenRows(text: string, tokenizer: Tokenizer): TokenRow[] {
  return rows(tokenizer.encodeIds(text, { addSpecialTokens: false }), tokenizer);
}

/** The tokens of a prompt and its reply under the chat template, with the loss mask. */
export function lossMaskRows(
  pair: { prompt: string; reply: string },
  tokenizer: Tokenizer,
): (TokenRow & { loss: "yes" | "" })[] {
  const { ids, replyFrom } = renderPair(pair, tokenizer);
  return rows(ids, tokenizer).map((row) => ({ ...row, loss: row.position >= replyFrom ? "yes" : "" }));
}

/** Share of tokens that carry loss, over many pairs. */
export function lossShare(pairs: readonly { prompt: string; reply: string }[], tokenizer: Tokenizer): number {
  let all = 0;
  let withLoss = 0;
  for (const pair of pairs) {
    const { ids, replyFrom } = renderPair(pair, tokenizer);
    all += ids.length;
    withLoss += ids.length - replyFrom;
  }
  return withLoss / all;
}

/** The text in one line, with a middle dot between the tokens of a word: `Mag·nus is tall·er`. */
export function splitView(text: string, tokenizer: Tokenizer): string {
  return tokenRows(text, tokenizer)
    .map(({ token }, i) => (i === 0 || token.startsWith("␣") ? token.replace("␣", " ") : `·${token}`))
    .join("")
    .trim();
}

function rows(ids: readonly number[], tokenizer: Tokenizer): TokenRow[] {
  return ids.map((id, position) => ({
    position,
    id,
    token: tokenizer.decode([id], { skipSpecialTokens: false }).replace(/ /g, "␣").replace(/\n/g, "⏎"),
  }));
}
