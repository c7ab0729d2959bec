/**
 * @file Builds the instruction data (prompt and reply pairs from Switchboard and Simple Wikipedia), split by document.
 *
 * The paper uses "a representative portion" of 8.7M words to keep the total under 100M words, and does not say how the
 * portion was chosen. Ours: all of Switchboard while it fits the budget, then whole articles in seeded random order
 * until the next one would exceed it. Words are counted as the paper counts Switchboard's: a turn that is both a reply
 * and the next prompt counts once.
 */

import type { CorpusDocument } from "../corpus/load-corpus";
import { planSplit, type Side, type SplitPlan } from "../corpus/split";
import { Rng } from "../util/rng";
import { countWords } from "../util/text-file";
import { type AskOptions, askTeacher, type Lesson } from "./ask-teacher";
import { DEFAULT_PROMPT_FORM, type PromptForm, wikiPrompt } from "./prompt-form";
import { type ArticleOptions, type ArticleSelection, articlesOf } from "./simple-wikipedia";
import { documentPairs, type SwitchboardOptions } from "./switchboard";
import type { Teacher } from "./teacher";

export type InstructionSource = "switchboard" | "simple_wiki";

/** One row as in colinglab/CLASS_IT, with its document. */
export interface InstructionRow {
  prompt: string;
  reply: string;
  source: InstructionSource;
  /** Prompt and reply on two lines. The content of the published `text` column is not documented. */
  text: string;
  /** Rows of one document stay on one side of the split. */
  documentId: string;
}

export interface InstructionOptions extends SwitchboardOptions, ArticleOptions, AskOptions {
  teacher: Teacher;
  seed: number;
  /** Content of a wiki prompt. Default `DEFAULT_PROMPT_FORM`. */
  promptForm?: PromptForm;
  /** Limit on the words of prompts and replies of both sources. Default: none. The paper's is 8.7 million. */
  wordBudget?: number;
  /**
   * Limit on the words of Switchboard within the budget. Default: the whole budget, since Switchboard is taken first.
   */
  switchboardBudget?: number;
  /**
   * The split of pre-training, so that its validation articles are not used for instruction training. Default: a new
   * split of these documents.
   */
  split?: SplitPlan;
}

export interface InstructionReport {
  teacher: string;
  /** Content of wiki prompts; `as given` for a finished set. */
  promptForm: PromptForm | "as given";
  /** Rows, words and documents by source and side. */
  counts: { source: InstructionSource; side: Side; rows: number; documents: number; words: number }[];
  /** Documents left out to keep within the word budget. */
  overBudget: { source: InstructionSource; documents: number; rows: number; words: number }[];
  articles: { asked: number } & ArticleSelection["skipped"];
  pairs: { accepted: number; rejected: number; byReason: Record<string, number> };
  /** Validation rows that equalled a training row and were dropped. */
  leakedRows: number;
}

export interface InstructionSet {
  train: InstructionRow[];
  validation: InstructionRow[];
  /** The teacher's pairs for each article, with the rejections and their reasons. */
  lessons: Lesson[];
  report: InstructionReport;
}

/**
 * Build both instruction sets from corpus documents. Documents of other sources are ignored.
 *
 * @throws Error if there is neither a Switchboard nor a Simple Wikipedia document
 */
export async function buildInstructionSet(
  documents: readonly CorpusDocument[],
  options: InstructionOptions,
): Promise<InstructionSet> {
  const relevant = documents.filter(({ source }) => source === "switchboard" || source === "simple_wiki");
  if (relevant.length === 0) {
    throw new Error(
      `buildInstructionSet: none of the ${documents.length} documents are from switchboard or simple_wiki; ` +
        "does the text folder contain switchboard.train and simple_wiki.train?",
    );
  }
  const split = options.split ?? planSplit(relevant, { seed: options.seed });
  const rng = Rng.fromSeed(options.seed).fork("instruction-set");
  const budget = options.wordBudget ?? Number.POSITIVE_INFINITY;
  const promptForm = options.promptForm ?? DEFAULT_PROMPT_FORM;
  const groupOf = (lesson: Lesson) => lessonGroup(lesson, promptForm);

  const conversations = relevant
    .filter(({ source }) => source === "switchboard")
    .map((d) => switchboardRows(d, options));
  const talk = withinBudget(
    byDocument(conversations.flat()),
    Math.min(budget, options.switchboardBudget ?? budget),
    rng.fork("switchboard"),
  );
  const { articles, skipped } = articlesOf(relevant, options);
  const lessons: Lesson[] = [];
  const lectures: Group[] = [];
  let left = budget - talk.words;
  const order = Number.isFinite(budget) ? rng.fork("simple_wiki").shuffled(articles) : articles;
  // each request costs: do not ask about more articles at once than the rest of the budget is likely to take
  for (let i = 0; i < order.length && left > 0; i = lessons.length) {
    const size = Math.max(
      options.concurrency ?? 1,
      Math.min(ASK_AT_ONCE, Math.ceil(left / WORDS_PER_ARTICLE[promptForm])),
    );
    const batch = await askTeacher(options.teacher, order.slice(i, i + size), {
      ...options,
      onProgress: (done) => options.onProgress?.(i + done, order.length),
    });
    lessons.push(...batch);
    for (const group of batch.map(groupOf)) {
      if (group.rows.length === 0 || left <= 0) continue;
      if (group.words <= left) lectures.push(group);
      left = group.words <= left ? left - group.words : 0; // stop at the first document that does not fit
    }
  }
  const train: InstructionRow[] = [];
  const validation: InstructionRow[] = [];
  for (const { documentId, rows } of [...talk.kept, ...inOrder(lectures, articles)]) {
    (split.sideOf(documentId) === "train" ? train : validation).push(...rows);
  }
  const inTrain = new Set(train.map(rowKey));
  const clean = validation.filter((row) => !inTrain.has(rowKey(row)));
  const rejected = lessons.flatMap((lesson) => lesson.rejected);
  return {
    train,
    validation: clean,
    lessons,
    report: {
      teacher: options.teacher.name,
      promptForm,
      counts: countRows(train, clean),
      overBudget: [{ source: "switchboard", ...talk.left }, leftOver("simple_wiki", lessons.map(groupOf), lectures)],
      articles: { asked: lessons.length, ...skipped },
      pairs: {
        accepted: lessons.reduce((sum, { accepted }) => sum + accepted.length, 0),
        rejected: rejected.length,
        byReason: countBy(rejected.map(({ reason }) => reason)),
      },
      leakedRows: validation.length - clean.length,
    },
  };
}

export interface GivenSetOptions {
  /** Author of the set, for the report. */
  name: string;
  seed: number;
  /** As in `InstructionOptions`. */
  wordBudget?: number;
  switchboardBudget?: number;
  /** The split of the source documents; rows of other documents are split here. */
  split?: SplitPlan;
}

/**
 * Divide a finished instruction set, such as the published one, into training and validation rows, with the same word
 * budget (whole documents, Switchboard first, each source in seeded random order) and the same split by document.
 *
 * @throws Error if there are no rows
 */
export function divideInstructionSet(rows: readonly InstructionRow[], options: GivenSetOptions): InstructionSet {
  if (rows.length === 0) throw new Error(`divideInstructionSet: ${options.name} has no rows`);
  const rng = Rng.fromSeed(options.seed).fork("instruction-set");
  const budget = options.wordBudget ?? Number.POSITIVE_INFINITY;
  const groupsOf = (source: InstructionSource) => byDocument(rows.filter((row) => row.source === source));
  const talk = withinBudget(
    groupsOf("switchboard"),
    Math.min(budget, options.switchboardBudget ?? budget),
    rng.fork("switchboard"),
  );
  const lectures = withinBudget(groupsOf("simple_wiki"), budget - talk.words, rng.fork("simple_wiki"));
  const kept = [...talk.kept, ...lectures.kept];
  const own = planSplit(
    kept.map(({ documentId, rows: list, words }) => {
      return { source: list[0].source, group: documentId, text: list.map(rowKey).join("\n"), words };
    }),
    { seed: options.seed },
  );
  const train: InstructionRow[] = [];
  const validation: InstructionRow[] = [];
  for (const { documentId, rows: list } of kept) {
    const side = options.split?.has(documentId) === true ? options.split.sideOf(documentId) : own.sideOf(documentId);
    (side === "train" ? train : validation).push(...list);
  }
  const inTrain = new Set(train.map(rowKey));
  const clean = validation.filter((row) => !inTrain.has(rowKey(row)));
  return {
    train,
    validation: clean,
    lessons: [],
    report: {
      teacher: options.name,
      promptForm: "as given",
      counts: countRows(train, clean),
      overBudget: [
        { source: "switchboard", ...talk.left },
        { source: "simple_wiki", ...lectures.left },
      ],
      articles: { asked: 0, untitled: 0, tooShort: 0, laterParts: 0 },
      pairs: { accepted: rows.filter(({ source }) => source === "simple_wiki").length, rejected: 0, byReason: {} },
      leakedRows: validation.length - clean.length,
    },
  };
}

const ASK_AT_ONCE = 256;
/** Words of three pairs with replies of about fifty words; an article has about 120 words. */
const WORDS_PER_ARTICLE: Record<PromptForm, number> = { "article-and-question": 500, article: 500, question: 150 };

/** Words counted as in the paper: a prompt that repeats the previous reply is not counted again. */
export function instructionWords(rows: Iterable<Pick<InstructionRow, "prompt" | "reply">>): number {
  let words = 0;
  let previous: string | null = null;
  for (const { prompt, reply } of rows) {
    words += countWords(reply);
    if (prompt !== previous) words += countWords(prompt);
    previous = reply;
  }
  return words;
}

interface Group {
  documentId: string;
  rows: InstructionRow[];
  words: number;
}

function switchboardRows(document: CorpusDocument, options: SwitchboardOptions): InstructionRow[] {
  return documentPairs(document, options).map((pair) => toRow(pair.prompt, pair.reply, "switchboard", document.group));
}

function lessonGroup({ article, accepted }: Lesson, form: PromptForm): Group {
  const rows = accepted.map(({ question, answer }) =>
    toRow(wikiPrompt(article, question, form), answer, "simple_wiki", article.id),
  );
  return { documentId: article.id, rows, words: instructionWords(rows) };
}

export function toRow(prompt: string, reply: string, source: InstructionSource, documentId: string): InstructionRow {
  return { prompt, reply, source, text: `${prompt}\n${reply}`, documentId };
}

function byDocument(rows: readonly InstructionRow[]): Group[] {
  const groups = new Map<string, InstructionRow[]>();
  for (const row of rows) {
    const group = groups.get(row.documentId);
    if (group === undefined) groups.set(row.documentId, [row]);
    else group.push(row);
  }
  return [...groups].map(([documentId, list]) => ({ documentId, rows: list, words: instructionWords(list) }));
}

/** Whole documents in random order until one does not fit; returned in their original order. */
function withinBudget(
  groups: readonly Group[],
  budget: number,
  rng: Rng,
): { kept: Group[]; words: number; left: { documents: number; rows: number; words: number } } {
  let words = 0;
  const taken = new Set<Group>();
  for (const group of rng.shuffled(groups)) {
    if (words + group.words > budget) break;
    words += group.words;
    taken.add(group);
  }
  const kept = groups.filter((group) => taken.has(group));
  const out = groups.filter((group) => !taken.has(group));
  const sum = (of: (group: Group) => number) => out.reduce((total, group) => total + of(group), 0);
  return { kept, words, left: { documents: out.length, rows: sum((g) => g.rows.length), words: sum((g) => g.words) } };
}

function inOrder(groups: readonly Group[], articles: readonly { id: string }[]): Group[] {
  const byId = new Map(groups.map((group) => [group.documentId, group]));
  return articles.flatMap(({ id }) => byId.get(id) ?? []);
}

function leftOver(source: InstructionSource, all: readonly Group[], kept: readonly Group[]) {
  const ids = new Set(kept.map(({ documentId }) => documentId));
  const out = all.filter(({ documentId, rows }) => rows.length > 0 && !ids.has(documentId));
  const sum = (of: (group: Group) => number) => out.reduce((total, group) => total + of(group), 0);
  return { source, documents: out.length, rows: sum((g) => g.rows.length), words: sum((g) => g.words) };
}

function countRows(
  train: readonly InstructionRow[],
  validation: readonly InstructionRow[],
): InstructionReport["counts"] {
  const sides: [Side, readonly InstructionRow[]][] = [
    ["train", train],
    ["validation", validation],
  ];
  return (["switchboard", "simple_wiki"] as const).flatMap((source) =>
    sides.map(([side, all]) => {
      const rows = all.filter((row) => row.source === source);
      const documents = new Set(rows.map(({ documentId }) => documentId)).size;
      return { source, side, rows: rows.length, documents, words: instructionWords(rows) };
    }),
  );
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function rowKey({ source, prompt, reply }: InstructionRow): string {
  return `${source}\n${prompt}\n${reply}`;
}
