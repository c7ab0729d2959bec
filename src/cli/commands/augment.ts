/** @file `class-it augment`: Switchboard and Simple Wikipedia text in, an instruction set as Parquet out. */

import * as path from "node:path";
import type { Command } from "commander";
import { writeInstructionSet } from "../../augmentation/instruction-files";
import { buildInstructionSet, type InstructionReport, type InstructionSet } from "../../augmentation/instruction-set";
import { countsBesidePaper } from "../../augmentation/published-counts";
import type { Teacher } from "../../augmentation/teacher";
import { type OpenTeacher, openTeacher, TEACHERS } from "../../augmentation/teachers/open-teacher";
import { DEFAULT_ENDPOINT } from "../../augmentation/teachers/openai-teacher";
import { type CorpusDocument, loadCorpus } from "../../corpus/load-corpus";
import { loadSwda } from "../../corpus/swda";
import { thousands } from "../../util/format";
import { writeJson, writeJsonl } from "../../util/jsonl";
import { startProgress } from "../../util/progress";
import { projectRoot } from "../../util/project-root";
import { wholeNumber } from "../options";

interface Options {
  text: string;
  out: string;
  swda?: string;
  teacher: string;
  url?: string;
  model?: string;
  cache: string;
  concurrency: number;
  tokenBudget?: number;
  seed: number;
  words?: number;
  contextTurns: number;
}

export function register(program: Command): void {
  const root = projectRoot();
  program
    .command("augment")
    .description(
      "make the instruction set: sliding windows over Switchboard, questions and answers on Simple Wikipedia",
    )
    .option(
      "--text <folder>",
      "folder with switchboard.train and simple_wiki.train",
      path.join(root, "data/sample/text"),
    )
    .option("--swda <folder>", "take the conversations from the Switchboard Dialog Act Corpus instead")
    .option(
      "--out <folder>",
      "where to write the set; in <data>/class-it, reproduce --data <data> takes it",
      path.join(root, "data/prepared/instruction-set"),
    )
    .option("--teacher <name>", `who writes the questions: ${TEACHERS.join(", ")}`, "template")
    .option("--url <address>", `chat endpoint of the teacher "endpoint"; default ${DEFAULT_ENDPOINT.baseUrl}`)
    .option(
      "--model <name>",
      `its model, default ${DEFAULT_ENDPOINT.model} (LLaMA-3.2-3B-Instruct); for llama-cpp a GGUF file`,
    )
    .option("--cache <file>", "every answer of a model, kept", path.join(root, "data/prepared/teacher-answers.jsonl"))
    .option("--concurrency <number>", "articles asked about at the same time", wholeNumber({ least: 1 }), 4)
    .option(
      "--token-budget <number>",
      "tokens that may be spent at the endpoint; default no limit",
      wholeNumber({ least: 1 }),
    )
    .option("--seed <number>", "seed of the split and of the portion", wholeNumber(), 42)
    .option(
      "--words <number>",
      "word budget, such as 8700000 for the paper's; default no limit",
      wholeNumber({ least: 1 }),
    )
    .option("--context-turns <number>", "turns in a Switchboard prompt", wholeNumber({ least: 1 }), 1)
    .action(augment);
}

async function augment(options: Options): Promise<void> {
  const { seed, contextTurns, words: wordBudget } = options;
  const documents = readDocuments(options);
  const opened = await openTeacher(options.teacher, {
    cache: options.cache,
    url: options.url,
    model: options.model,
    tokenBudget: options.tokenBudget,
    seed,
  });
  try {
    await askAndWrite(opened, documents, options, { seed, contextTurns, wordBudget });
  } finally {
    await opened.close();
  }
}

async function askAndWrite(
  { teacher, summary }: OpenTeacher,
  documents: CorpusDocument[],
  options: Options,
  numbers: { seed: number; contextTurns: number; wordBudget: number | undefined },
): Promise<void> {
  const { wordBudget, ...rest } = numbers;
  const progress = startProgress(`questions by ${teacher.name}`, 1);
  const set = await buildInstructionSet(documents, {
    teacher,
    ...rest,
    concurrency: options.concurrency,
    ...(wordBudget === undefined ? {} : { wordBudget }),
    onProgress: (done, total) => progress.update(done / total, `${thousands(done)} of ${thousands(total)} articles`),
  });
  progress.stop(summary());
  writeSet(options.out, set, teacher);
  for (const line of reportLines(set.report)) process.stdout.write(`${line}\n`);
  process.stdout.write(`The set is in ${options.out}; rejected answers with their reasons are in rejected.jsonl\n`);
}

function readDocuments({ text, swda }: Options): CorpusDocument[] {
  if (swda === undefined) return loadCorpus(text, { sources: ["simple_wiki", "switchboard"] }).documents;
  const articles = loadCorpus(text, { sources: ["simple_wiki"] }).documents;
  return [...articles, ...loadSwda(swda).documents];
}

function writeSet(folder: string, { train, validation, lessons, report }: InstructionSet, teacher: Teacher): void {
  writeInstructionSet(folder, [...train, ...validation], { teacher: teacher.name });
  writeJson(path.join(folder, "report.json"), report);
  const rejected = lessons.flatMap(({ article, rejected: list }) => list.map((r) => ({ article: article.id, ...r })));
  writeJsonl(path.join(folder, "rejected.jsonl"), rejected);
}

export function* reportLines(report: InstructionReport): Generator<string> {
  yield "";
  yield "source       side         pairs    documents       words";
  for (const { source, side, rows, documents, words } of report.counts) {
    const numbers = [thousands(rows).padStart(8), thousands(documents).padStart(12), thousands(words).padStart(11)];
    yield `${source.padEnd(12)} ${side.padEnd(10)} ${numbers.join(" ")}`;
  }
  const { asked, untitled, tooShort, laterParts } = report.articles;
  const { accepted, rejected, byReason } = report.pairs;
  yield "";
  yield `articles asked about ${thousands(asked)}; passed over: ${thousands(tooShort)} too short, ${thousands(untitled)} without title, ${thousands(laterParts)} later parts`;
  yield `answers accepted ${thousands(accepted)}, rejected ${thousands(rejected)}${rejected > 0 ? ":" : ""}`;
  for (const [reason, count] of Object.entries(byReason)) yield `    ${reason.padEnd(18)} ${thousands(count)}`;
  if (report.leakedRows > 0)
    yield `validation pairs dropped because training has the same: ${thousands(report.leakedRows)}`;
  yield "";
  yield "                        ours      paper     poster   published";
  const cell = (n: number | null) => (n === null ? "-" : thousands(n)).padStart(11);
  for (const { source, what, ours, paper, poster, publishedSet } of countsBesidePaper(report)) {
    yield `${source.padEnd(11)} ${what} ${[ours, paper, poster, publishedSet].map(cell).join("")}`;
  }
  yield "";
}
