/**
 * @file Read the Switchboard Dialog Act Corpus (SwDA), which has the conversation boundaries that BabyLM's copy lacks.
 *
 * Three published formats are supported, one conversation per file:
 * `*.csv` (Potts; columns `caller`, `text`, ...), `*.utt` (the Linguistic Data Consortium's `qy  A.1 utt1: ...`) and `*.txt`
 * (`A|text|tag`). Disfluency marks are removed and every word is kept, as in BabyLM:
 * `{F Uh, } [ I, + I ] do. /` becomes `Uh, I, I do.`
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { brief } from "../util/check";
import { parseCsv } from "../util/csv";
import { filesBelow } from "../util/list-files";
import { readText } from "../util/text-file";
import { classSource } from "../util/unicode";
import { countWordsFast, zeroCount } from "./clean-text";
import type { RawDocument } from "./documents";
import { type CorpusDocument, type CorpusOptions, type CorpusReport, cleanDocuments, emptyReport } from "./load-corpus";
import type { Utterance } from "./turns";

/**
 * All conversations under a folder, cleaned like BabyLM's Switchboard, in the order of their file names.
 *
 * @throws Error if there are none; file and line where a file is not in one of the three forms
 */
export function loadSwda(
  folder: string,
  options: CorpusOptions = {},
): { documents: CorpusDocument[]; report: CorpusReport } {
  const files = listConversations(folder);
  const source = emptyReport("switchboard", folder);
  const raws = files.map((file): RawDocument => {
    const utterances = readConversation(file);
    source.linesIn += utterances.length;
    const lines = utterances.map(({ speaker, text }) => `${speaker}:\t${text}`);
    for (const line of lines) source.wordsIn += countWordsFast(line);
    source.bytes += fs.statSync(file).size;
    const id = `switchboard/${path.basename(file).replace(/\.[^.]*$/, "")}`;
    return { source: "switchboard", id, group: id, title: null, lines };
  });
  const documents = [...cleanDocuments(raws, zeroCount("headings", "none in this corpus"), source, options)];
  return { documents, report: { sources: [source], wordsIn: source.wordsIn, wordsOut: source.wordsOut } };
}

const HAS_WORD = new RegExp(`[${classSource("L", "N")}]`, "u");

/** The utterances of one file, without disfluency marks and without utterances that have no word. */
export function readConversation(file: string): Utterance[] {
  const text = readText(file);
  const read = file.endsWith(".csv") ? fromCsv : file.endsWith(".utt") ? fromUtt : fromPipes;
  const utterances = read(text, file)
    .map(({ speaker, text: marked }) => ({ speaker, text: withoutMarks(marked) }))
    .filter(({ text: bare }) => HAS_WORD.test(bare));
  if (utterances.length === 0)
    throw new Error(
      `${file}: has no utterance; want a conversation of the Switchboard Dialog Act Corpus, or remove the file`,
    );
  return utterances;
}

/**
 * Remove the marks of disfluencies, noises and comments.
 *
 * @example
 * withoutMarks("{F Uh, } [ I, + I ] do, <laughter> {D you know, } -- /"); // => "Uh, I, I do, you know,"
 */
export function withoutMarks(text: string): string {
  return text
    .replace(/<<[^<>]*>>|<[^<>]*>|\*\[\[[^\]]*\]\]/g, " ") // noises, comments
    .replace(/\{[A-Z] /g, " ")
    .replace(/-\/|\/|--|\(\(|\)\)|[{}[\]+#@*]/g, " ")
    .replace(/\s+/g, " ")
    .replace(/ (?=[.,?!])/g, "")
    .trim();
}

function listConversations(folder: string): string[] {
  if (!fs.existsSync(folder))
    throw new Error(`${folder}: no such folder; give the folder of the Switchboard Dialog Act Corpus`);
  const isConversation = (file: string) =>
    /\.(?:csv|utt|txt)$/.test(file) && !/metadata|readme/i.test(path.basename(file));
  const files = filesBelow(folder)
    .filter(isConversation)
    .map((file) => path.join(folder, file));
  if (files.length === 0) {
    throw new Error(`${folder}: holds no conversation (*.csv, *.utt, *.txt); "npm run data -- fetch swda" brings them`);
  }
  return files;
}

/** Act tags are short, such as `sd(^q)` or `fo_o_fw_"_by_bc`, sometimes two separated by a space. */
const LONGEST_TAG = 24;

function fromCsv(text: string, file: string): Utterance[] {
  const [header, ...rows] = parseCsv(text, file);
  const columns = header?.fields ?? [];
  const [caller, words] = [columns.indexOf("caller"), columns.indexOf("text")];
  if (caller < 0 || words < 0) {
    throw new Error(
      `${file}:1: want the columns caller and text, got ${columns.join(", ").slice(0, 200)}; use the CSV files of swda.zip`,
    );
  }
  return rows.map(({ line, fields }) => {
    if (fields.length !== columns.length) {
      throw new Error(`${file}:${line}: ${fields.length} fields, the header has ${columns.length}; correct this line`);
    }
    return { speaker: speakerOf(fields[caller], file, line), text: fields[words] };
  });
}

/**
 * `qy  A.1 utt1: Is it? /` starts an utterance, for any act tag. An indented line directly below
 * an utterance continues it. Any other line is an error, because text attributed to the wrong speaker would go unnoticed.
 */
function fromUtt(text: string, file: string): Utterance[] {
  const utterances: Utterance[] = [];
  const lines = text.split(/\r?\n/);
  const start = lines.findIndex((line) => /^=+\s*$/.test(line)) + 1; // the header ends with a line of equal signs
  let isOpen = false; // the line before belongs to an utterance
  for (let i = start; i < lines.length; i++) {
    const line = lines[i].trimEnd();
    if (line === "" || /^=+$|^\*x\*/.test(line)) {
      isOpen = false;
      continue;
    }
    const [head, ...further] = line.matchAll(/(?<!\S)@{0,2}([AB])\.\d+\s+utt\d+:/g);
    const refuse = (why: string): never => {
      throw new Error(
        `${file}:${i + 1}: ${why}; want "tag  A.1 utt1: text" (or an indented continuation of the line above), ` +
          `got ${brief(line)}. Correct or remove this line.`,
      );
    };
    if (further.length > 0) refuse("two utterances on one line");
    if (head !== undefined) {
      const tag = line.slice(0, head.index).trim();
      if (tag.length > LONGEST_TAG) refuse("text before the caller");
      utterances.push({ speaker: head[1], text: line.slice(head.index + head[0].length).trim() });
      isOpen = true;
    } else if (isOpen && /^\s/.test(line)) utterances[utterances.length - 1].text += ` ${line.trim()}`;
    else refuse("this line neither starts nor continues an utterance");
  }
  return utterances;
}

function fromPipes(text: string, file: string): Utterance[] {
  const utterances: Utterance[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const parts = line.split("|");
    if (parts.length !== 3) {
      throw new Error(`${file}:${index + 1}: want "speaker|text|tag", got ${brief(line)}; correct this line`);
    }
    utterances.push({ speaker: speakerOf(parts[0], file, index + 1), text: parts[1] });
  }
  return utterances;
}

/** The callers are A, B, @A, @B, @@A and @@B; @ means that the transcriber was not sure. */
function speakerOf(name: string, file: string, line: number): string {
  const speaker = /^@{0,2}([AB])$/.exec(name.trim())?.[1];
  if (speaker === undefined) {
    throw new Error(
      `${file}:${line}: caller: want A or B (also @A, @@A, @B, @@B), got ${brief(name)}. Correct this line.`,
    );
  }
  return speaker;
}
