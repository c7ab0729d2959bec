/**
 * @file Restore line breaks in text that has lost them.
 *
 * Some published samples of the BabyLM text join all lines with spaces into one line of several megabytes. The rule [ours]:
 * a line of over 20,000 characters has lost its breaks. Such a line is cut before every speaker (`*CHI:`, `A:`), before every
 * annotation tier (`%add:`), around every heading (`= = = Title = = =`), and, in sources without speakers, after the
 * sentence that brings a line to 200 characters. Paragraphs inside an article cannot be recovered; the article stays whole.
 */

import type { LineChunk } from "./line-chunks";
import type { CorpusSource } from "./sources";

const LOST_BREAKS_CHARACTERS = 20_000;
const PROSE_LINE_CHARACTERS = 200;
const OPEN_LINE_CHARACTERS = 8 << 20;

/** A heading anywhere in a long line. Its title contains no ` = = = ` and has at most 300 characters. */
const HEADING = /(= = = (?:(?! = = =).){1,300} = = =)/;
const CHILDES_MARK = /\s+(?=\*[A-Za-z0-9]{1,8}:\s|%[a-z]{3,4}:\s)/;
const SWITCHBOARD_MARK = /\s+(?=[A-Z]:\s)/;
const SENTENCE_END = /(?<=[.!?]["')\]]?)\s+(?=["'([A-Z0-9-])/;

/** Join chunks to whole lines and cut long ones by the rule above. `restored` counts the lines that cutting created. */
export function* restoreLineBreaks(
  pieces: Iterable<LineChunk>,
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
      lines.push(open); // no place to cut in many megabytes: pass it on unchanged to bound memory
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

/** Cut one long line by the source's marks. */
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

/** Group sentences into lines of about `PROSE_LINE_CHARACTERS`. */
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
