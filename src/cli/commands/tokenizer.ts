/** @file `class-it tokenizer train | show`: train a BPE vocabulary on files, or show the tokens of a text. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import { trainBpeFromCounts } from "../../tokenizer/bpe-train";
import { Tokenizer } from "../../tokenizer/tokenizer";
import { TOKENIZER_KINDS, type TokenizerKind, WordCounter } from "../../tokenizer/word-counter";
import { oneOf } from "../../util/check";
import { thousands } from "../../util/format";
import { filesIn } from "../../util/list-files";
import { startProgress } from "../../util/progress";
import { wholeNumber } from "../options";

export function register(program: Command): void {
  const tokenizer = program.command("tokenizer").description("train or inspect a BPE tokenizer");
  tokenizer
    .command("train")
    .description("learn a vocabulary from text files and write tokenizer.json and its two configuration files")
    .argument("<files...>", "text files, or folders with .train and .txt files")
    .requiredOption("--out <folder>", "output folder")
    .requiredOption(
      "--vocab-size <n>",
      "vocabulary size, including special tokens and 256 bytes (paper: 32000 and 16384)",
      wholeNumber({ least: 1 }),
    )
    .option("--min-frequency <n>", "minimum occurrences of a pair to be merged", wholeNumber({ least: 1 }), 2)
    .option(
      "--kind <name>",
      `${TOKENIZER_KINDS.join(" or ")} (as in LLaMA 2: characters, byte fallback, leading <s>)`,
      "byte-level",
    )
    .action((files: string[], options: TrainOptions & { kind: string }) => {
      train(textFiles(files), oneOf("kind", options.kind, TOKENIZER_KINDS), options);
    });
  tokenizer
    .command("show")
    .description("show the tokens of a text: id, spelling and position")
    .argument("<folder>", "a tokenizer's folder or tokenizer.json")
    .argument("<text...>")
    .option("--no-special", "leave out the special tokens around a text")
    .action((folder: string, text: string[], options: { special: boolean }) => {
      process.stdout.write(show(Tokenizer.load(folder), text.join(" "), options.special));
    });
}

interface TrainOptions {
  out: string;
  vocabSize: number;
  minFrequency: number;
}

function train(files: string[], kind: TokenizerKind, options: TrainOptions): void {
  const sizes = files.map((file) => fs.statSync(file).size);
  const counting = startProgress(
    "counting words",
    sizes.reduce((a, b) => a + b, 0),
  );
  const counter = new WordCounter(kind);
  let done = 0;
  files.forEach((file, i) => {
    counter.addFile(file, (bytes) => counting.update(done + bytes, path.basename(file)));
    done += sizes[i];
  });
  counting.stop(`${thousands(counter.words.size)} different words`);
  const merging = startProgress("merging pairs", options.vocabSize);
  const tokenizer = trainBpeFromCounts(counter, {
    vocabSize: options.vocabSize,
    minFrequency: options.minFrequency,
    onProgress: (tokens) => merging.update(tokens),
  });
  merging.stop();
  tokenizer.save(options.out);
  const short =
    tokenizer.vocabSize < options.vocabSize ? `, fewer than the ${options.vocabSize} requested: no more pairs` : "";
  process.stdout.write(`${options.out}: ${tokenizer.vocabSize} tokens${short}\n`);
}

function show(tokenizer: Tokenizer, text: string, addSpecialTokens: boolean): string {
  const { ids, offsets } = tokenizer.encode(text, { addSpecialTokens });
  const rows = ids.map(
    (id, i) => `${String(id).padStart(7)}  ${offsets[i].join("-").padEnd(9)}  ${tokenizer.idToToken(id)}`,
  );
  return `${["     id  place      token", ...rows].join("\n")}\n${ids.length} tokens\n`;
}

/** The given files; for a folder its .train and .txt files, sorted by name. @throws Error if a folder has none */
function textFiles(paths: string[]): string[] {
  return paths.flatMap((given) => {
    if (!fs.existsSync(given)) throw new Error(`${given}: no such file or folder`);
    if (!fs.statSync(given).isDirectory()) return [given];
    const names = filesIn(given).filter((name) => /\.(train|txt)$/.test(name));
    if (names.length === 0) throw new Error(`${given}: holds no .train or .txt file`);
    return names.map((name) => path.join(given, name));
  });
}
