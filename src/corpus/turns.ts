/** @file Speakers: a transcript line as an utterance, and consecutive utterances of one speaker as a turn. */

export interface Utterance {
  /** `A`, `B`, `CHI`, `MOT`, ...; null where the line names nobody. */
  speaker: string | null;
  text: string;
}

/** The star is CHILDES's; Switchboard's transcribers put one or two @ before a caller they were not sure of. */
const SPEAKER = /^(?:\*|@{1,2})?([A-Za-z][A-Za-z0-9]{0,7}):(?:\s+|$)/;

/**
 * Take the speaker off a transcript line.
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

export function formatUtterance({ speaker, text }: Utterance): string {
  return speaker === null ? text : `${speaker}: ${text}`;
}

/**
 * Concatenate consecutive utterances of one speaker [paper §3]. A line without a speaker goes on the turn before it.
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
