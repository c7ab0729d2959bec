import assert from "node:assert/strict";
import { test } from "node:test";
import { Cleaner, countWordsFast } from "../../src/corpus/clean-text";
import { countWords } from "../../src/util/text-file";

test("entries of two words or fewer are dropped, the speaker not counted", () => {
  const cleaner = new Cleaner("switchboard");
  assert.equal(cleaner.clean("A:\tUh-huh."), null);
  assert.equal(cleaner.clean("B:\tOh, really?"), null);
  assert.equal(cleaner.clean("B:\tIs that so?"), "B: Is that so?");
  const { dropped, droppedWords } = cleaner.counts[cleaner.counts.length - 1];
  assert.deepEqual({ dropped, droppedWords }, { dropped: 2, droppedWords: 5 }, "labels are words of the file");
});

test("CHILDES: the star goes, the speaker stays, annotations and tiers go", () => {
  const cleaner = new Cleaner("childes");
  assert.equal(cleaner.clean("*MOT:\tyeah, bud [whispered], come here."), "MOT: yeah, bud, come here.");
  assert.equal(cleaner.clean("*MOT:\t[laughs] did you have a rest ?"), "MOT: did you have a rest?");
  assert.equal(cleaner.clean("%add:\tBRO and some more"), null);
  assert.equal(cleaner.clean("*CHI:\t[coughs]."), null);
});

test("markup, typography and special characters", () => {
  const wiki = new Cleaner("simple_wiki");
  assert.equal(wiki.clean("It uses PE 2.0, &lt;br&gt; like &quot;Windows&quot;."), 'It uses PE 2.0, like "Windows".');
  assert.equal(wiki.clean("“Green and pleasant” – Blake’s poem…"), '"Green and pleasant" - Blake\'s poem...');
  assert.equal(wiki.clean("Kyōto\u00a0(京都) has £5 & 10%"), "Kyōto (京都) has £5 & 10%");
  assert.equal(wiki.clean("The airport () , known as * a|b # hub ."), "The airport, known as a b hub.");
  assert.equal(wiki.clean("Asha Brill (; born 1933) sings."), "Asha Brill (born 1933) sings.");
  assert.equal(wiki.clean("na\u0308ive zero\u200bwidth soft\u00adhyphen here"), "näive zerowidth softhyphen here");
  assert.equal(new Cleaner("open_subtitles").clean("- <i>Where is</i> he? {\\an8} ♪"), "Where is he?");
  assert.equal(new Cleaner("gutenberg").clean("It was a _very_ old _house_ indeed"), "It was a very old house indeed");
});

test("every named HTML entity is decoded, only with its semicolon", () => {
  const wiki = new Cleaner("simple_wiki");
  // values by hand from the table of the HTML standard
  assert.equal(
    wiki.clean("caf&eacute; &ldquo;Na&iuml;ve&rdquo; &ndash; it&rsquo;s &pound;5&hellip;"),
    'café "Naïve" - it\'s £5...',
  );
  assert.equal(wiki.clean("R&D and AT&T &copy not &notaname; here"), "R&D and AT&T &copy not &notaname; here");
  assert.equal(wiki.clean("one&nbsp;two&#160;three &#xe9; &amp;eacute; &frac12;"), "one two three é é ½");
});

test("every step says what it changed and dropped", () => {
  const cleaner = new Cleaner("childes");
  for (const line of [
    "%mor:\tn|cat",
    "*CHI:\ta b c [x] d",
    "*CHI:\tno",
    "*CHI:\tstar * here it is",
    "*CHI:\tplain words are kept",
  ])
    cleaner.clean(line);
  const counts = Object.fromEntries(cleaner.counts.map(({ step, changed, dropped }) => [step, [changed, dropped]]));
  assert.deepEqual(counts, {
    tiers: [0, 1],
    typography: [0, 0],
    markup: [1, 0],
    "special-characters": [1, 0],
    "white-space": [1, 0],
    "short-entries": [0, 1],
  });
});

test("the fast word count equals the plain one", () => {
  const texts = [
    "",
    " ",
    "a",
    " a  b\tc\nd ",
    "x\u00a0y",
    "a\u2003b\u3000c",
    "é 😀 ok",
    "\ufeffa b",
    "a\u200bb c",
    "\u0085a b",
  ];
  for (const text of texts) assert.equal(countWordsFast(text), countWords(text), JSON.stringify(text));
});
