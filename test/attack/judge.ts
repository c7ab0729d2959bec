/** @file Is a refusal one plain line with file and reason? */

/** What the engine or a library says about itself rather than about the file. */
const RAW =
  /Cannot (read|set|convert|mix|create|destructure)|is not (a function|iterable|a constructor|defined|an object)|Invalid (array|typed array|string|count)|Maximum call stack|Array buffer allocation|[Oo]ut of (bounds|memory|range)|Reduce of empty|\bERR_|\bundefined\b|\[object |^E[A-Z]+:/;

/** What to do, said after what is wrong: a verb among the first words of a clause. */
const REMEDY =
  /(?:[;.?(] *(?:[\w"']+ ){0,2}|, or )(?:check|convert|correct|delete|export|fetch|fill|get|give|import|move|name|put|remove|rename|resize|save|set|shorten|take|train|try|use|write)\b/i;

const LONGEST = 700; // characters

/**
 * @param names - texts of which the message must contain one: the folder, or the damaged file's name
 * @param isForeign - the file is not ours, so that the user has to be told what to do about it
 * @returns null for a plain refusal, else what is wrong with it
 */
export function faultOf(error: unknown, names: readonly string[], isForeign = false): string | null {
  if (!(error instanceof Error)) return "not an Error";
  const { message } = error;
  if (/^(RESUMED|ANOTHER|DONE AGAIN)/.test(message)) return `other numbers: ${message}`;
  if (/[\n\r]/.test(message)) return "several lines";
  if (/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.test(message)) return "unprintable characters";
  if (message.length > LONGEST) return `${message.length} characters`;
  if (RAW.test(message)) return "a raw message";
  if (/\bat .*:\d+:\d+/.test(message)) return "a stack trace";
  if (!names.some((name) => message.includes(name))) return "does not name the file";
  return isForeign && !REMEDY.test(message) ? "does not say what to do" : null;
}
