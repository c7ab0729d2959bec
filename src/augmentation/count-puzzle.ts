/**
 * @file Compares the published counts, which do not agree (97,697 and 91,016 items; 8.7 and 18 million words).
 *
 * Each line tests one reading of a count: the value if the reading is right, beside the published value. A line fits if
 * it is within 10 %; a limit fits if it is kept. The mean length of an article and a question is measured on real text.
 * The mean length of a reply is derived from the published bytes. The published rows could not be read, so a reading
 * that fits is possible, not proved.
 */

/** Mean lengths measured on real text (written by `augment compare-prompts`). */
export interface PairMeans {
  /** Words of an article of Simple Wikipedia, and of a question about one. */
  articleWords: number;
  questionWords: number;
  /** Bytes of an article per word, blanks included; of a Switchboard turn. */
  articleBytesPerWord: number;
  turnBytesPerWord: number;
}

/**
 * Typed in from arXiv 2510.25364 §3.2 and §4, the card of the data set (colinglab/CLASS_IT) and figure 1 of the poster.
 */
export const PUBLISHED = {
  paperItems: 97_697, //      paper: Simple Wikipedia; poster: the whole set
  wikiRows: 91_016, //        card
  wikiBytes: 100_591_017, //  card
  talkRows: 38_802, //        paper and card
  talkBytes: 14_360_205, //   card
  talkWords: 1_300_000, //    paper: a turn that is a reply and then a prompt counted once
  subsetWords: 8_700_000, //  paper: the portion used; card: both sources
  allWords: 18_000_000, //    paper: Simple Wikipedia; poster: the whole set
  corpusWords: 91_000_000, // paper: pre-training
  wordLimit: 100_000_000, //  the BabyLM challenge's limit
  tuningWords: 180_000_000, // paper: ten epochs of tuning
  epochs: 10,
  figureWikiPrompts: 29_971, // poster, sum of the bins, +-6 %
  figureTalkPrompts: 37_897, // the same
} as const;

export interface PuzzleLine {
  about: string;
  reading: string;
  computed: number;
  published: number;
  /** computed / published */
  ratio: number;
  fits: boolean;
}

const TOLERANCE = 0.1;
/** Bytes of four columns: a 4-byte length for each, and the name of the source. */
const ROW_BYTES = 4 * 4 + "simple_wiki".length; // "switchboard" is as long

/**
 * Words per reply that the published bytes of a wiki row leave, if the row holds one article (in the prompt, or in
 * `text`), one question and one reply.
 */
export function impliedReplyWords({ articleWords, questionWords, articleBytesPerWord }: PairMeans): number {
  const rowBytes = PUBLISHED.wikiBytes / PUBLISHED.wikiRows - ROW_BYTES;
  return rowBytes / articleBytesPerWord - articleWords - questionWords;
}

/** Tests all readings of the published counts, the most obvious first. Replies have the length that `impliedReplyWords` gives. */
export function countPuzzle(means: PairMeans): PuzzleLine[] {
  const p = PUBLISHED;
  const { articleWords, questionWords, articleBytesPerWord, turnBytesPerWord } = means;
  const replyWords = impliedReplyWords(means);
  const withArticle = articleWords + questionWords + replyWords; // words of a wiki row
  const without = questionWords + replyWords;
  const third = p.wikiRows / 3;
  const talkBytes = 2 * (p.talkWords / p.talkRows) * turnBytesPerWord; // prompt and reply
  const line = (about: string, reading: string, computed: number, published: number): PuzzleLine => {
    const ratio = computed / published;
    const fits = about.startsWith("limit") ? ratio <= 1 : Math.abs(ratio - 1) <= TOLERANCE;
    return { about, reading, computed: Math.round(computed), published: Math.round(published), ratio, fits };
  };
  return [
    line("items", "97,697 is the whole set (poster)", p.wikiRows + p.talkRows, p.paperItems),
    line("items", "97,697 is Simple Wikipedia (paper), 91,016 what is left of it", p.wikiRows, p.paperItems),
    line("figure 1, wiki", "it shows all 91,016 pairs", p.wikiRows, p.figureWikiPrompts),
    line("figure 1, wiki", "it shows a third of them", third, p.figureWikiPrompts),
    line("figure 1, Switchboard", "it shows all 38,802 pairs", p.talkRows, p.figureTalkPrompts),
    line("18M words", "91,016 pairs, prompts are questions", p.wikiRows * without + p.talkWords, p.allWords),
    line("18M words", "97,697 pairs, prompts carry the article", p.paperItems * withArticle, p.allWords),
    line("18M words", "91,016 such pairs and Switchboard", p.wikiRows * withArticle + p.talkWords, p.allWords),
    line("8.7M words", "91,016 pairs, prompts are questions", p.wikiRows * without + p.talkWords, p.subsetWords),
    line(
      "8.7M words",
      "a third of the pairs with articles, Switchboard's turns once",
      third * withArticle + p.talkWords,
      p.subsetWords,
    ),
    line(
      "8.7M words",
      "a third of the pairs with articles, Switchboard's prompts and replies",
      third * withArticle + 2 * p.talkWords,
      p.subsetWords,
    ),
    line("180M words of tuning", "ten epochs of the 8.7M subset", p.epochs * p.subsetWords, p.tuningWords),
    line("180M words of tuning", "ten epochs of 18M", p.epochs * p.allWords, p.tuningWords),
    line("limit of 100M words", "91M and the 8.7M subset", p.corpusWords + p.subsetWords, p.wordLimit),
    line("limit of 100M words", "91M and 18M", p.corpusWords + p.allWords, p.wordLimit),
    line(
      "bytes of a wiki row",
      "article in the prompt, and `text` repeats prompt and reply",
      ROW_BYTES + 2 * withArticle * articleBytesPerWord,
      p.wikiBytes / p.wikiRows,
    ),
    line("bytes of a Switchboard row", "`text` is empty", ROW_BYTES + talkBytes, p.talkBytes / p.talkRows),
    line(
      "bytes of a Switchboard row",
      "`text` repeats prompt and reply",
      ROW_BYTES + 2 * talkBytes,
      p.talkBytes / p.talkRows,
    ),
  ];
}
