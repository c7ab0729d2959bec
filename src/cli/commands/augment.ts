/** @file `class-it augment`: make an instruction set (Parquet) from Switchboard and Simple Wikipedia text. */

import * as path from "node:path";
import type { Command } from "commander";
import { askTeacher } from "../../augmentation/ask-teacher";
import type { PairMeans } from "../../augmentation/count-puzzle";
import { writeInstructionSet } from "../../augmentation/instruction-files";
import { buildInstructionSet, type InstructionReport, type InstructionSet } from "../../augmentation/instruction-set";
import { DEFAULT_PROMPT_FORM, PROMPT_FORMS } from "../../augmentation/prompt-form";
import {
  type AskedArticle,
  comparePromptForms,
  POSTER_WIKI_PROMPTS,
  PROMPT_COMPARISON_FILE,
  type PromptComparison,
} from "../../augmentation/prompt-lengths";
import { countsBesidePaper } from "../../augmentation/published-counts";
import { articlesOf } from "../../augmentation/simple-wikipedia";
import { documentPairs } from "../../augmentation/switchboard";
import type { Teacher } from "../../augmentation/teacher";
import { type OpenTeacher, openTeacher, TEACHERS } from "../../augmentation/teachers/open-teacher";
import { DEFAULT_ENDPOINT } from "../../augmentation/teachers/openai-teacher";
import { templateTeacher } from "../../augmentation/template-teacher";
import { type CorpusDocument, loadCorpus } from "../../corpus/load-corpus";
import { loadSwda } from "../../corpus/swda";
import { oneOf } from "../../util/check";
import { thousands } from "../../util/format";
import { writeJson, writeJsonl } from "../../util/jsonl";
import { startProgress } from "../../util/progress";
import { projectRoot } from "../../util/project-root";
import { countWords } from "../../util/text-file";
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
  promptForm: string;
}

interface CompareOptions {
  texts: string[];
  out: string;
  seed: number;
}

export function register(program: Command): void {
  const root = projectRoot();
  const augmentCommand = program
    .command("augment")
    .description(
      "make the instruction set: sliding windows over Switchboard, questions and answers about Simple Wikipedia",
    )
    .option(
      "--text <folder>",
      "folder with switchboard.train and simple_wiki.train",
      path.join(root, "data/sample/text"),
    )
    .option("--swda <folder>", "take the conversations from the Switchboard Dialog Act Corpus (SwDA) instead")
    .option(
      "--out <folder>",
      "output folder of the set; reproduce --data <data> uses the set in <data>/class-it",
      path.join(root, "data/prepared/instruction-set"),
    )
    .option("--teacher <name>", `teacher that writes the questions: ${TEACHERS.join(", ")}`, "template")
    .option("--url <address>", `chat endpoint of the teacher "endpoint"; default ${DEFAULT_ENDPOINT.baseUrl}`)
    .option(
      "--model <name>",
      `its model, default ${DEFAULT_ENDPOINT.model} (LLaMA-3.2-3B-Instruct); for llama-cpp a GGUF file`,
    )
    .option("--cache <file>", "cache of the model's answers", path.join(root, "data/prepared/teacher-answers.jsonl"))
    .option("--concurrency <number>", "articles sent to the teacher at the same time", wholeNumber({ least: 1 }), 4)
    .option(
      "--token-budget <number>",
      "limit on the tokens spent at the endpoint; default none",
      wholeNumber({ least: 1 }),
    )
    .option("--seed <number>", "seed of the split and of the selected portion", wholeNumber(), 42)
    .option("--words <number>", "word budget, such as 8700000 for the paper's; default none", wholeNumber({ least: 1 }))
    .option("--context-turns <number>", "turns in a Switchboard prompt", wholeNumber({ least: 1 }), 1)
    .option("--prompt-form <form>", `content of a wiki prompt: ${PROMPT_FORMS.join(", ")}`, DEFAULT_PROMPT_FORM)
    .enablePositionalOptions() // both commands have an --out option
    .action(augment);
  augmentCommand
    .command("compare-prompts")
    .description("measure which form of the wiki prompt fits the paper's figure 1, by lengths on real Simple Wikipedia")
    .requiredOption("--texts <folders...>", "folders with simple_wiki.train")
    .option("--out <file>", "output file of the comparison", path.join(root, PROMPT_COMPARISON_FILE))
    .option("--seed <number>", "seed of the bootstrap", wholeNumber(), 42)
    .action(comparePrompts);
}

async function augment(options: Options): Promise<void> {
  const { seed, contextTurns, words: wordBudget } = options;
  oneOf("--prompt-form", options.promptForm, PROMPT_FORMS);
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
    promptForm: oneOf("--prompt-form", options.promptForm, PROMPT_FORMS),
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
  writeInstructionSet(folder, [...train, ...validation], {
    teacher: teacher.name,
    ...(report.promptForm !== "as given" && { promptForm: report.promptForm }),
  });
  writeJson(path.join(folder, "report.json"), report);
  const rejected = lessons.flatMap(({ article, rejected: list }) => list.map((r) => ({ article: article.id, ...r })));
  writeJsonl(path.join(folder, "rejected.jsonl"), rejected);
}

function* reportLines(report: InstructionReport): Generator<string> {
  yield "";
  yield "source       side         pairs    documents       words";
  for (const { source, side, rows, documents, words } of report.counts) {
    const numbers = [thousands(rows).padStart(8), thousands(documents).padStart(12), thousands(words).padStart(11)];
    yield `${source.padEnd(12)} ${side.padEnd(10)} ${numbers.join(" ")}`;
  }
  const { asked, untitled, tooShort, laterParts } = report.articles;
  const { accepted, rejected, byReason } = report.pairs;
  yield "";
  yield `a wiki prompt is: ${report.promptForm}`;
  yield `articles asked about ${thousands(asked)}; skipped: ${thousands(tooShort)} too short, ${thousands(untitled)} without title, ${thousands(laterParts)} later parts`;
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

async function comparePrompts({ texts, out, seed }: CompareOptions): Promise<void> {
  const comparison: PromptComparison = { poster: POSTER_WIKI_PROMPTS, seed, texts: [] };
  for (const folder of texts) {
    const { documents } = loadCorpus(folder, { sources: ["simple_wiki", "switchboard"] });
    const turns = documents
      .filter(({ source }) => source === "switchboard")
      .flatMap((d) => documentPairs(d).map(({ reply }) => reply));
    const lessons = await askTeacher(templateTeacher, articlesOf(documents).articles);
    const questionsOf = new Map(lessons.map((l) => [l.article.id, l.accepted.map(({ question }) => question)]));
    const all = articlesOf(documents, { minSentences: 0 }).articles.map((article) => {
      const questions = questionsOf.get(article.id) ?? [];
      return { article, questions: questions.length > 0 ? questions : null };
    });
    const asked = all.filter(({ questions }) => questions !== null);
    comparison.texts.push({
      text: path.basename(path.resolve(folder)),
      teacher: templateTeacher.name,
      means: turns.length === 0 ? null : pairMeans(all, turns),
      everyArticle: comparePromptForms(all, seed),
      askedArticles: comparePromptForms(asked, seed),
    });
  }
  writeJson(out, comparison);
  for (const line of comparisonLines(comparison)) process.stdout.write(`${line}\n`);
}

/** Means over every article, the teacher's questions, and Switchboard's turns. */
function pairMeans(asked: readonly AskedArticle[], turns: readonly string[]): PairMeans {
  const articles = asked.map(({ article }) => article.wholeText ?? article.text);
  const questions = asked.flatMap((one) => one.questions ?? []);
  const words = (texts: readonly string[]) => texts.reduce((sum, text) => sum + countWords(text), 0);
  const bytesPerWord = (texts: readonly string[]) =>
    texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / words(texts);
  return {
    articleWords: words(articles) / articles.length,
    questionWords: words(questions) / questions.length,
    articleBytesPerWord: bytesPerWord(articles),
    turnBytesPerWord: bytesPerWord(turns),
  };
}

function* comparisonLines({ poster, texts }: PromptComparison): Generator<string> {
  const counts = (list: readonly number[]) => list.map((n) => n.toFixed(0).padStart(7)).join("");
  const interval = (ends: [number, number] | null) => (ends ?? []).map((end) => end.toFixed(3)).join(", ");
  yield `prompts per bin of ${poster.binWords} words, scaled to the poster's total; the last column is everything beyond`;
  yield `${"poster".padEnd(24)}${counts(poster.counts)}`;
  for (const { text, everyArticle, askedArticles } of texts) {
    for (const [which, comparison] of Object.entries({ "every article": everyArticle, asked: askedArticles })) {
      yield `${text}, ${which} (${thousands(comparison.articles)})`;
      for (const fit of comparison.fits) {
        yield `  ${fit.form.padEnd(22)}${counts(fit.scaledCounts)}`;
        yield `    log distance ${fit.logDistance.toFixed(3)} [${interval(fit.logDistanceInterval)}], total variation ` +
          `${fit.totalVariation.toFixed(3)} [${interval(fit.totalVariationInterval)}]; longest ${thousands(fit.longestWords)}`;
      }
      for (const { form, logDistance, interval: ends } of comparison.fartherThanBest) {
        yield `    ${form} is farther than the best by ${logDistance.toFixed(3)} [${interval(ends)}]`;
      }
    }
  }
}
