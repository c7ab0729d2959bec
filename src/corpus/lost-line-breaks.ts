/**
 * @file Gives lines back to text that has lost its line breaks.
 *
 * Some published samples of the BabyLM text join all lines with blanks: one line of several megabytes. The rule [ours]:
 * a line of over 20,000 characters has lost its breaks. It is then cut before every speaker (`*CHI:`, `A:`), before every
 * annotation tier (`%add:`), around every heading (`= = = Title = = =`), and, in sources without speakers, after the
 * sentence that brings a line to 200 characters. Paragraphs inside an article cannot be recovered; the article stays whole.
 */

import type { CorpusSource } from "./sources";
import type { TextPiece } from "./text-pieces";

const LOST_BREAKS_CHARACTERS = 20_000;
const PROSE_LINE_CHARACTERS = 200;
const OPEN_LINE_CHARACTERS = 8 << 20;

/** A heading, anywhere in a long line. The title holds no ` = = = ` itself and is at most 300 characters long. */
const HEADING = /(= = = (?:(?! = = =).){1,300} = = =)/;
const CHILDES_MARK = /\s+(?=\*[A-Za-z0-9]{1,8}:\s|%[a-z]{3,4}:\s)/;
const SWITCHBOARD_MARK = /\s+(?=[A-Z]:\s)/;
const SENTENCE_END = /(?<=[.!?]["')\]]?)\s+(?=["'([A-Z0-9-])/;

/** Whole lines from pieces; long ones cut by the rule above. `restored` counts the lines that came from the cutting. */
export function* restoreLineBreaks(
  pieces: Iterable<TextPiece>,
  source: CorpusSource,
  counts: { restored: number },
): Generator<string> {
  let open = ""; // the last, possibly unfinished line of a long line
  let isLong = false;
  for (const { text, continues } of pieces) {
    if (!continues && !isLong && text.length <= LOST_BREAKS_CHARACTERS) {
      yield text;
      continue;
    }
    isLong = true;
    const lines = cutLongLine(open + text, source);
    open = continues ? (lines.pop() ?? "") : "";
    if (open.length > OPEN_LINE_CHARACTERS) {
      lines.push(open); // nothing to cut at in many megabytes: hand it on as it is, so that memory stays flat
      open = "";
    }
    counts.restored += lines.length;
    yield* lines;
    if (!continues) isLong = false;
  }
  if (open !== "") {
    counts.restored++;
    yield open;
  }
}

export function cutLongLine(text: string, source: CorpusSource): string[] {
  const lines: string[] = [];
  for (const part of text.split(HEADING)) {
    if (part.trim() === "") continue;
    if (part.startsWith("= = = ")) lines.push(part);
    else if (source === "childes") lines.push(...part.split(CHILDES_MARK));
    else if (source === "switchboard") lines.push(...part.split(SWITCHBOARD_MARK));
    else if (source === "simple_wiki") lines.push(part.trim());
    else lines.push(...proseLines(part));
  }
  return lines.map((line) => line.trim()).filter((line) => line !== "");
}

/** Sentences gathered into lines of about `PROSE_LINE_CHARACTERS`. */
function proseLines(text: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const sentence of text.split(SENTENCE_END)) {
    line = line === "" ? sentence : `${line} ${sentence}`;
    if (line.length >= PROSE_LINE_CHARACTERS) {
      lines.push(line);
      line = "";
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}
