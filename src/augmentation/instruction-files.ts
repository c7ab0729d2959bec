/**
 * @file The instruction set on disk: Parquet in the layout of colinglab/CLASS_IT, so that the published set can be used
 * in its place.
 *
 *     <folder>/simple_wiki/train-00000-of-00001.parquet    columns prompt, reply, source, text (strings)
 *     <folder>/switchboard/train-00000-of-00001.parquet
 *     <folder>/README.md                                    data card with the configs
 *     <folder>/<config>/documents.json                      ours only: which rows come from one document, and the
 *                                                           checksum of the file that holds them
 *
 * The published set has no split and no document ids. Without `documents.json`, Switchboard's conversations are
 * recovered from the sliding window itself (a reply is the next row's prompt), and Simple Wikipedia rows are one
 * document where they share an article, in the prompt or in `text` (the published bytes have room for one copy; see
 * `count-puzzle.ts`).
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { type FileMetaData, parquetMetadata, parquetReadObjects } from "hyparquet";
import { parquetWriteBuffer } from "hyparquet-writer";
import { writeFileAtomic } from "../util/atomic-file";
import { brief, messageOf, printable } from "../util/check";
import { thousands } from "../util/format";
import { readSealedJson, writeSealedJson } from "../util/sealed-json";
import { sha256, sha256File } from "../util/sha256";
import { type InstructionRow, type InstructionSource, instructionWords } from "./instruction-set";
import { checkParquetPages, compressors, parquetColumns, UnsupportedParquet } from "./parquet-pages";
import { type PromptForm, splitWikiPrompt } from "./prompt-form";

/** The published set's configs. */
export const INSTRUCTION_CONFIGS: readonly InstructionSource[] = ["simple_wiki", "switchboard"];

const COLUMNS = ["prompt", "reply", "source", "text"] as const;
const SHARD = "train-00000-of-00001.parquet";

/** Write both configs and the card. Rows keep their order within a config. */
export function writeInstructionSet(
  folder: string,
  rows: readonly InstructionRow[],
  about: { teacher: string; promptForm?: PromptForm },
): void {
  const sizes: Partial<Record<InstructionSource, number>> = {};
  for (const config of INSTRUCTION_CONFIGS) {
    const own = rows.filter(({ source }) => source === config);
    const data = parquetWriteBuffer({
      columnData: COLUMNS.map((name) => ({ name, type: "STRING", nullable: true, data: own.map((row) => row[name]) })),
      createdBy: "class-it-notebooks",
    });
    const bytes = new Uint8Array(data);
    writeFileAtomic(path.join(folder, config, SHARD), bytes);
    const list: DocumentList = { files: { [SHARD]: sha256(bytes) }, documents: runLengths(own) };
    writeSealedJson(path.join(folder, config, "documents.json"), list);
    sizes[config] = data.byteLength;
  }
  writeFileAtomic(path.join(folder, "README.md"), dataCard(rows, sizes, about));
}

/**
 * `documents.json`: checksums of the config's files by name, and for each run of consecutive rows its document and
 * length.
 */
interface DocumentList {
  files: Record<string, string>;
  documents: [id: string, rows: number][];
}

export interface InstructionFiles {
  rows: InstructionRow[];
  /** Per config: its files (none if the config is absent) and how its rows were grouped into documents. */
  configs: { config: InstructionSource; files: string[]; rows: number; documents: "listed" | "recovered" | "none" }[];
}

/**
 * Read an instruction set: ours, or the published one as it is downloaded.
 *
 * @throws Error if the folder holds neither config; file and remedy where a file is truncated, is not Parquet, lacks a
 *   column or holds an empty cell
 */
export async function readInstructionSet(folder: string): Promise<InstructionFiles> {
  const rows: InstructionRow[] = [];
  const configs: InstructionFiles["configs"] = [];
  for (const config of INSTRUCTION_CONFIGS) {
    const files = shardsOf(path.join(folder, config));
    const list = readDocumentList(path.join(folder, config, "documents.json"), files);
    const own: InstructionRow[] = [];
    for (const file of files) own.push(...(await readShard(file, config)));
    const documents = own.length === 0 ? "none" : nameDocuments(list, own, config);
    configs.push({ config, files, rows: own.length, documents });
    rows.push(...own);
  }
  if (rows.length === 0) {
    throw new Error(
      `${folder}: has no instruction set; want ${INSTRUCTION_CONFIGS.map((c) => `${c}/train-*.parquet`).join(" and ")}. ` +
        `"npm run data -- fetch class-it" downloads the published one, "npm run class-it -- augment" makes one.`,
    );
  }
  return { rows, configs };
}

function shardsOf(folder: string): string[] {
  if (!fs.existsSync(folder)) return [];
  const names = fs.readdirSync(folder).filter((name) => /^train-.*\.parquet$/.test(name));
  return names.sort().map((name) => path.join(folder, name));
}

/** Read the `documents.json` beside the files, if there is one, and verify their checksums. */
function readDocumentList(file: string, shards: readonly string[]): { file: string; list: DocumentList } | null {
  if (!fs.existsSync(file)) return null;
  const remedy = `"npm run class-it -- augment" makes the set again; if you replaced its files, delete ${file}`;
  const list = readSealedJson<DocumentList>(file, remedy);
  if (!Array.isArray(list.documents) || typeof list.files !== "object" || list.files === null) {
    throw new Error(`${file}: want checksums and documents; ${remedy}`);
  }
  for (const shard of shards) {
    if (sha256File(shard) !== list.files[path.basename(shard)]) {
      throw new Error(
        `${shard}: is not the file that ${path.basename(file)} was written for, or is damaged; ${remedy}`,
      );
    }
  }
  return { file, list };
}

async function readShard(file: string, config: InstructionSource): Promise<InstructionRow[]> {
  const bytes = new Uint8Array(fs.readFileSync(file));
  let metadata: FileMetaData;
  let found: string[];
  try {
    metadata = parquetMetadata(bytes);
    found = [...parquetColumns(metadata).keys()];
  } catch (error) {
    throw new Error(
      `${file}: not a whole Parquet file (${decoderMessage(error)}); was the download cut off? Fetch it again.`,
    );
  }
  const missing = COLUMNS.filter((name) => name !== "text" && name !== "source" && !found.includes(name));
  if (missing.length > 0) {
    throw new Error(
      `${file}: lacks the column ${missing.join(" and ")} (or it holds only nulls); has ${found.join(", ")}; want ` +
        `${COLUMNS.join(", ")}. Name or fill the columns so and write the file again.`,
    );
  }
  let objects: Record<string, unknown>[];
  try {
    const columns = ["prompt", "reply", "text"].filter((name) => found.includes(name));
    checkParquetPages(bytes, metadata, columns);
    const inMemory = { byteLength: bytes.length, slice: (from: number, to?: number) => bytes.buffer.slice(from, to) };
    objects = await parquetReadObjects({ file: inMemory, metadata, columns, compressors });
  } catch (error) {
    if (error instanceof UnsupportedParquet) {
      throw new Error(
        `${file}: ${error.message}. Write it again as plain text columns, for example with pyarrow: ` +
          `parquet.write_table(table, file, column_encoding="PLAIN", use_dictionary=False).`,
      );
    }
    throw new Error(
      `${file}: its data cannot be read (${decoderMessage(error)}); is the file damaged? Fetch it again.`,
    );
  }
  if (objects.length !== Number(metadata.num_rows)) {
    throw new Error(`${file}: ${objects.length} rows, but its header says ${metadata.num_rows}; fetch it again`);
  }
  return objects.map(({ prompt, reply, text }, index) => {
    if (typeof prompt !== "string" || typeof reply !== "string" || prompt === "" || reply === "") {
      throw new Error(
        `${file}: row ${index + 1}: want a prompt and a reply, got ${brief({ prompt, reply })}; fill them, or leave the row out`,
      );
    }
    return {
      prompt,
      reply,
      source: config,
      text: typeof text === "string" ? text : `${prompt}\n${reply}`,
      documentId: "",
    };
  });
}

/**
 * The decoder's message, or a plain one for errors (such as TypeError) that a damaged footer causes inside the decoder.
 */
function decoderMessage(error: unknown): string {
  return error instanceof TypeError ? "its description of the data is damaged" : printable(messageOf(error));
}

/** Fill in `documentId` from our `documents.json`, or by recovery. */
function nameDocuments(
  listed: { file: string; list: DocumentList } | null,
  rows: InstructionRow[],
  config: InstructionSource,
): "listed" | "recovered" {
  if (listed !== null) {
    const { documents } = listed.list;
    const total = documents.reduce((sum, [, count]) => sum + count, 0);
    if (total !== rows.length) {
      throw new Error(
        `${listed.file}: lists ${total} rows, the Parquet files have ${rows.length}; delete it if they were replaced`,
      );
    }
    let row = 0;
    for (const [id, count] of documents) for (let i = 0; i < count; i++) rows[row++].documentId = id;
    return "listed";
  }
  const byArticle = new Map<string, string>();
  let number = 0;
  for (let i = 0; i < rows.length; i++) {
    const { prompt, text } = rows[i];
    const chained = config === "switchboard" && i > 0 && prompt === rows[i - 1].reply;
    const articles = config === "simple_wiki" ? [text, splitWikiPrompt(prompt).article].filter((a) => a !== "") : [];
    const known = articles.map((article) => byArticle.get(article)).find((id) => id !== undefined);
    if (chained) rows[i].documentId = rows[i - 1].documentId;
    else rows[i].documentId = known ?? `${config}/${++number}`;
    for (const article of articles) byArticle.set(article, rows[i].documentId);
  }
  return "recovered";
}

function runLengths(rows: readonly InstructionRow[]): [string, number][] {
  const runs: [string, number][] = [];
  for (const { documentId } of rows) {
    const last = runs[runs.length - 1];
    if (last !== undefined && last[0] === documentId) last[1]++;
    else runs.push([documentId, 1]);
  }
  return runs;
}

const PROMPT_FORM_TEXT: Record<PromptForm, string> = {
  "article-and-question": "the whole article, then the question on the last line",
  article: "the whole article, without the question",
  question: "the question alone",
};

/** The data card; its YAML header is in the format of the Hugging Face Hub. */
function dataCard(
  rows: readonly InstructionRow[],
  sizes: Partial<Record<InstructionSource, number>>,
  { teacher, promptForm }: { teacher: string; promptForm?: PromptForm },
): string {
  const stats = INSTRUCTION_CONFIGS.map((config) => {
    const own = rows.filter(({ source }) => source === config);
    return { config, rows: own.length, words: instructionWords(own), bytes: sizes[config] ?? 0 };
  });
  const info = stats.map(({ config, rows: count, bytes }) =>
    [
      `- config_name: ${config}`,
      "  features:",
      ...COLUMNS.flatMap((name) => [`  - name: ${name}`, "    dtype: string"]),
      "  splits:",
      "  - name: train",
      `    num_examples: ${count}`,
      `  download_size: ${bytes}`,
    ].join("\n"),
  );
  const configs = stats.map(
    ({ config }) => `- config_name: ${config}\n  data_files:\n  - split: train\n    path: ${config}/train-*`,
  );
  const table = stats.map(
    ({ config, rows: count, words }) => `| ${config} | ${thousands(count)} | ${thousands(words)} |`,
  );
  return `---
language:
- en
dataset_info:
${info.join("\n")}
configs:
${configs.join("\n")}
---

# Instruction data: conversations and lectures

Prompt and reply pairs in the layout of [colinglab/CLASS_IT](https://huggingface.co/datasets/colinglab/CLASS_IT), rebuilt
after *CLASS-IT: Conversational and Lecture-Aligned Small-Scale Instruction Tuning for BabyLMs* (arXiv 2510.25364).

| config | rows | words |
| --- | --- | --- |
${table.join("\n")}

- **switchboard**: consecutive utterances of one speaker are one turn; every turn answers the turn before it. Words are
  counted once for a turn that is a reply and then a prompt.
- **simple_wiki**: up to three questions per article with answers from its text, written by the teacher \`${teacher}\`.
  ${promptForm === undefined ? "" : `A prompt is ${PROMPT_FORM_TEXT[promptForm]}. `}What a teacher wrote is checked for length, form and words that are not in the article, not for truth.
- \`text\` is prompt and reply on two lines. \`documents.json\` beside each file says which rows come from one conversation or
  article, in order, so that a split can keep them together, and has the file's checksum.

The licences are those of the texts it was made from: Switchboard Dialog Act Corpus CC BY-NC-SA 3.0, Simple English Wikipedia
CC BY-SA 3.0; for generated sample data, the package's own.
`;
}
