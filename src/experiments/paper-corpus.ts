/**
 * @file Sizes of the paper's corpora: words of the pre-training text, and pairs and words of the two instruction sets.
 */

/** [paper §3]; for Switchboard, a turn that is both a reply and the next prompt counts once. */
export const PAPER_CORPUS = {
  words: 91e6,
  switchPairs: 38_802,
  wikiPairs: 91_016,
  switchWords: 1.3e6,
  wikiWords: 7.4e6,
};
