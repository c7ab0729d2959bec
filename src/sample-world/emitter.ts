/** @file Ensures that the sample text contains no sentence of an evaluation item and few repeated sentences. */

import { countWords } from "../util/text-file";

/** Lower case, words only: the form in which sentences are compared. */
export function normalized(sentence: string): string {
  return sentence
    .toLowerCase()
    .replace(/[^a-z0-9'-]+/g, " ")
    .trim();
}

/** Shorter utterances ("Yes, she did.") may repeat, as in conversation. */
const MAY_REPEAT_WORDS = 3;

export class Emitter {
  /** Normalised sentences that no text may contain. */
  private readonly heldOut: ReadonlySet<string>;
  private readonly seen = new Set<string>();

  constructor(heldOut: ReadonlySet<string>) {
    this.heldOut = heldOut;
  }

  /**
   * Draw until the text is new.
   *
   * @param draw - one or more sentences; drawn again while any is held out, or the whole text was used before
   * @throws Error after 200 draws: the template has too few fillers
   */
  fresh(draw: () => string): string {
    let last = "";
    for (let attempt = 0; attempt < 200; attempt++) {
      const text = draw();
      last = text;
      if (!this.isClean(text)) continue;
      const key = normalized(text);
      if (countWords(text) <= MAY_REPEAT_WORDS) return text;
      if (this.seen.has(key)) {
        if (attempt < 20) continue; // an exhausted template may repeat rather than fail
      }
      this.seen.add(key);
      return text;
    }
    throw new Error(`Emitter.fresh: 200 draws were all held out, the last ${JSON.stringify(last)}`);
  }

  /** Whether neither a sentence of `text` nor the whole text belongs to an evaluation item. */
  isClean(text: string): boolean {
    if (this.heldOut.has(normalized(text))) return false;
    return text.split(/(?<=[.?!])\s+/).every((s) => !this.heldOut.has(normalized(s)));
  }
}
