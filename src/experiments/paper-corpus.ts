/** @file What the paper's corpora hold: words of the pre-training text, and pairs and words of the two instruction sets. */

/** [paper §3]; the words of Switchboard count a turn once that is a reply and then a prompt. */
export const PAPER_CORPUS = {
  words: 91e6,
  switchPairs: 38_802,
  wikiPairs: 91_016,
  switchWords: 1.3e6,
  wikiWords: 7.4e6,
};
