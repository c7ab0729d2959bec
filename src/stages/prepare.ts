/**
 * @file Prepares the data of a reproduction once for all models: cleaned documents split 90/10, instruction pairs split
 * along with them, and a table of lengths for figure 1.
 */

import { isUtf8 } from "node:buffer";
import * as fs from "node:fs";
import * as path from "node:path";
import { INSTRUCTION_CONFIGS, readInstructionSet } from "../augmentation/instruction-files";
import {
  buildInstructionSet,
  divideInstructionSet,
  type InstructionReport,
  type InstructionRow,
  type InstructionSet,
} from "../augmentation/instruction-set";
import { DEFAULT_PROMPT_FORM } from "../augmentation/prompt-form";
import { templateTeacher } from "../augmentation/template-teacher";
import { type CorpusDocument, type CorpusReport, loadCorpus } from "../corpus/load-corpus";
import { CORPUS_SOURCES } from "../corpus/sources";
import { planSplit, type SplitPlan } from "../corpus/split";
import { INSTRUCTION_WORDS, SWITCHBOARD_WORDS, VALIDATION_SHARE } from "../experiments/models";
import { publish, writeCsv } from "../results/write";
import { writeAll, writeAtomically } from "../util/atomic-file";
import { parseJson, writeJson, writeJsonl } from "../util/jsonl";
import { filesBelow, filesIn } from "../util/list-files";
import { sha256File } from "../util/sha256";
import { countWords, decodeUtf8, readLines } from "../util/text-file";
import { once } from "./once";
import { preparedFolder, type Workspace } from "./workspace";

export interface PreparedReport {
  corpus: CorpusReport;
  split: { source: string; side: string; groups: number; words: number }[];
  instructions: InstructionReport;
}

/** Files that preparation writes to `<runs>/prepared/`. */
const PREPARED = [
  "documents-train.jsonl",
  "documents-validation.jsonl",
  "instructions-train.jsonl",
  "instructions-validation.jsonl",
  "report.json",
  "instruction-lengths.csv",
] as const;

/**
 * Clean, split and augment the data (or use the instruction set in `<data>/class-it`). Writes to `<runs>/prepared/`;
 * the report and the table of lengths also go to the results.
 */
export async function prepare(
  workspace: Workspace,
  report: (share: number, note: string) => void = () => {},
): Promise<void> {
  const folder = preparedFolder(workspace);
  const files = textFiles(workspace.dataFolder);
  const given = givenSetFiles(workspace);
  const switchboardBudget = SWITCHBOARD_WORDS[workspace.scale];
  const inputs = {
    seed: workspace.seed,
    validationShare: VALIDATION_SHARE,
    teacher: templateTeacher.name,
    promptForm: DEFAULT_PROMPT_FORM,
    instructionWords: String(INSTRUCTION_WORDS[workspace.scale]), // JSON has no infinity
    ...(switchboardBudget !== undefined && { switchboardWords: switchboardBudget }),
    files: files.map((file) => ({ file: path.relative(workspace.dataFolder, file), sha256: sha256File(file) })),
    ...(given.length > 0 && { given: given.map((file) => sha256File(file)) }),
  };
  await once(path.join(folder, "done.json"), inputs, PREPARED, async () => {
    report(0, "cleaning");
    const { documents, report: corpus } = loadCorpus(gather(files, path.join(folder, "text")));
    const split = planSplit(documents, { seed: workspace.seed, validationShare: VALIDATION_SHARE });
    const onSide = (side: string) => documents.filter(({ group }) => split.sideOf(group) === side);
    writeJsonl(path.join(folder, "documents-train.jsonl"), onSide("train"));
    writeJsonl(path.join(folder, "documents-validation.jsonl"), onSide("validation"));
    const common = { seed: workspace.seed, split, wordBudget: INSTRUCTION_WORDS[workspace.scale], switchboardBudget };
    const onProgress = (done: number, total: number) => report(0.3 + (0.6 * done) / total, "questions and answers");
    const set =
      given.length > 0
        ? await givenSet(workspace, common)
        : await buildInstructionSet(documents, { ...common, teacher: templateTeacher, onProgress });
    writeJsonl(path.join(folder, "instructions-train.jsonl"), set.train);
    writeJsonl(path.join(folder, "instructions-validation.jsonl"), set.validation);
    writeJson(path.join(folder, "report.json"), {
      corpus: withoutPaths(corpus),
      split: split.counts,
      instructions: set.report,
    } satisfies PreparedReport);
    writeLengths(path.join(folder, "instruction-lengths.csv"), [...set.train, ...set.validation]);
  });
  publish(path.join(folder, "report.json"), workspace.resultsFolder, "data-report.json");
  publish(path.join(folder, "instruction-lengths.csv"), workspace.resultsFolder, "instruction-lengths.csv");
}

/** Folder of a finished instruction set; `npm run data -- fetch class-it` downloads the published one to it. */
const givenSetFolder = (workspace: Workspace) => path.join(workspace.dataFolder, "class-it");

/** Its files; empty if there is no set. */
function givenSetFiles(workspace: Workspace): string[] {
  return INSTRUCTION_CONFIGS.flatMap((config) => {
    const folder = path.join(givenSetFolder(workspace), config);
    if (!fs.existsSync(folder)) return [];
    const names = filesIn(folder).filter((name) => name.endsWith(".parquet") || name === "documents.json");
    return names.map((name) => path.join(folder, name));
  });
}

async function givenSet(
  workspace: Workspace,
  { split, ...common }: { seed: number; split: SplitPlan; wordBudget: number; switchboardBudget?: number },
): Promise<InstructionSet> {
  const { rows, configs } = await readInstructionSet(givenSetFolder(workspace));
  // document names recovered from the rows differ from the corpus's
  const isOurs = configs.every(({ documents }) => documents !== "recovered");
  return divideInstructionSet(rows, { ...common, name: "given: class-it/", ...(isOurs && { split }) });
}

/** The cleaned documents of one side, in the order of the corpus. */
export function* readDocuments(workspace: Workspace, side: "train" | "validation"): Generator<CorpusDocument> {
  yield* readRows(path.join(preparedFolder(workspace), `documents-${side}.jsonl`));
}

/** The instruction pairs of one side. */
export function* readInstructions(workspace: Workspace, side: "train" | "validation"): Generator<InstructionRow> {
  yield* readRows(path.join(preparedFolder(workspace), `instructions-${side}.jsonl`));
}

/** The rows of a file of any size. */
function* readRows<T>(file: string): Generator<T> {
  for (const line of readLines(file)) yield parseJson<T>(line, file);
}

/** Words of prompts and replies by source, one row per pair: the data of figure 1. */
function writeLengths(file: string, rows: readonly InstructionRow[]): void {
  writeCsv(
    file,
    ["source", "promptWords", "replyWords"],
    rows.map((row) => [row.source, countWords(row.prompt), countWords(row.reply)]),
  );
}

/**
 * The text files of a data folder: `<source>.train` or `<source>_dev.train`, in it or below, except in evaluation data.
 *
 * @throws Error if there are none
 */
function textFiles(dataFolder: string): string[] {
  const found = filesBelow(dataFolder)
    .filter((file) => !file.split("/").slice(0, -1).includes("evaluation_data") && sourceOf(file) !== null)
    .map((file) => path.join(dataFolder, file));
  if (found.length === 0) {
    throw new Error(
      `${dataFolder}: has no text; want BabyLM files such as ${CORPUS_SOURCES[0]}.train in it or in a folder below`,
    );
  }
  return found.sort(); // whole paths, in the same order as in earlier runs
}

function sourceOf(file: string): string | null {
  const stem = /^(.*?)(_dev)?\.train$/.exec(path.basename(file))?.[1];
  return CORPUS_SOURCES.find((source) => source === stem) ?? null;
}

/** Write one file per source to `folder`; several files of a source are concatenated. */
function gather(files: readonly string[], folder: string): string {
  for (const source of CORPUS_SOURCES) {
    const own = files.filter((file) => sourceOf(file) === source);
    if (own.length === 0) continue;
    writeAtomically(path.join(folder, `${source}.train`), (fd) => {
      for (const file of own) {
        const bytes = fs.readFileSync(file);
        if (!isUtf8(bytes)) decodeUtf8(bytes, file); // throws with the place in the user's own file
        writeAll(fd, bytes);
        if (bytes.length > 0 && bytes[bytes.length - 1] !== 10) writeAll(fd, Buffer.from("\n"));
      }
    });
  }
  return folder;
}

/** Committed reports contain no paths of a machine. */
function withoutPaths(corpus: CorpusReport): CorpusReport {
  return {
    ...corpus,
    sources: corpus.sources.map((source) => ({
      ...source,
      file: source.file === null ? null : path.basename(source.file),
    })),
  };
}
