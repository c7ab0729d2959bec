/** @file Parse transcript lines into utterances and merge consecutive utterances of one speaker into turns. */

export interface Utterance {
  /** `A`, `B`, `CHI`, `MOT`, ...; null if the line names no speaker. */
  speaker: string | null;
  text: string;
}

/** CHILDES has a star before the speaker; Switchboard has @ or @@ where the transcriber was not sure. */
const SPEAKER = /^(?:\*|@{1,2})?([A-Za-z][A-Za-z0-9]{0,7}):(?:\s+|$)/;

/**
 * Separate the speaker from a transcript line.
 *
 * @example
 * parseUtterance("*CHI:\tmore milk ."); // => { speaker: "CHI", text: "more milk ." }
 * parseUtterance("@A:\tYes, I do.");    // => { speaker: "A", text: "Yes, I do." }
 */
export function parseUtterance(line: string): Utterance {
  const match = SPEAKER.exec(line);
  if (match === null) return { speaker: null, text: line };
  return { speaker: match[1], text: line.slice(match[0].length) };
}

/** The inverse of `parseUtterance` in one form: `A: text`. */
export function formatUtterance({ speaker, text }: Utterance): string {
  return speaker === null ? text : `${speaker}: ${text}`;
}

/**
 * Concatenate consecutive utterances of one speaker [paper §3]. A line without a speaker is appended to the previous turn.
 *
 * @example
 * mergeTurns([{ speaker: "A", text: "Yeah," }, { speaker: "A", text: "I do." }, { speaker: "B", text: "Oh." }]);
 * // => [{ speaker: "A", text: "Yeah, I do." }, { speaker: "B", text: "Oh." }]
 */
export function mergeTurns(utterances: Iterable<Utterance>): Utterance[] {
  const turns: Utterance[] = [];
  for (const { speaker, text } of utterances) {
    const last = turns[turns.length - 1];
    if (last !== undefined && (speaker === null || last.speaker === speaker)) last.text += ` ${text}`;
    else turns.push({ speaker, text });
  }
  return turns;
}
