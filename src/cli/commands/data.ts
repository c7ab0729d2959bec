/** @file `class-it data list | fetch | verify | import | clean`: the real data sets of `data/sources.json`. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import { writeCleanCorpus } from "../../corpus/write-clean";
import { type DataSet, findDataSet, readCatalogue } from "../../data-sets/catalogue";
import { fetchDataSet, verifyData } from "../../data-sets/fetch";
import { importDataSet } from "../../data-sets/import";
import { readLedger, whileLocked } from "../../data-sets/ledger";
import { messageOf } from "../../util/check";
import { bytes, thousands } from "../../util/format";
import { startProgress } from "../../util/progress";
import { projectRoot } from "../../util/project-root";
import { wholeNumber } from "../options";

interface Common {
  folder: string;
  catalogue: string;
}

export function register(program: Command): void {
  const root = projectRoot();
  const data = program.command("data").description("the real data sets: list, fetch, verify, import, clean");
  const subcommand = (usage: string, description: string): Command =>
    data
      .command(usage)
      .description(description)
      .option("--folder <folder>", "data folder", path.join(root, "data", "raw"))
      .option("--catalogue <file>", "list of data sets", path.join(root, "data", "sources.json"));

  subcommand("list", "list the data sets, their licences, and which are downloaded").action((options: Common) => {
    for (const line of listLines(readCatalogue(options.catalogue), options.folder)) print(line);
  });

  subcommand("fetch <names...>", "download data sets; resumes an interrupted download")
    .option("--parallel <number>", "files at the same time", wholeNumber({ least: 1, most: 16 }), 4)
    .option("--mirror <from=to...>", "use a mirror: replace FROM by TO at the start of addresses")
    .option("--accept-changed", "accept files that differ from their first download")
    .action(fetchCommand);

  subcommand("verify [names...]", "verify the checksums of all fetched files").action(
    (names: string[], options: Common) => {
      for (const name of names) findDataSet(readCatalogue(options.catalogue), name);
      const found = verifyData(options.folder, names);
      const bad = found.filter(({ state }) => state !== "good");
      for (const { path: name, state, detail } of bad) print(`${state}  ${name}: ${detail}`);
      print(`${thousands(found.length - bad.length)} of ${thousands(found.length)} files match their checksums`);
      if (bad.length > 0) throw new Error(`${bad.length} files do not match; fetch or import them again`);
    },
  );

  subcommand("import <name> <path>", "import files that you already have: a file, or a folder with them")
    .usage("NAME PATH [options]")
    .action(async (name: string, from: string, options: Common) => {
      const dataSet = findDataSet(readCatalogue(options.catalogue), name);
      const { imported, ignored, missing, notes } = await whileLocked(options.folder, () =>
        importDataSet(dataSet, from, options.folder),
      );
      print(`${thousands(imported.length)} files of ${name} are in ${options.folder}`);
      for (const note of notes) print(`  ${note}`);
      if (missing.length > 0) print(`${thousands(missing.length)} were not found there: ${some(missing)}`);
      if (ignored.length > 0) print(`${thousands(ignored.length)} files there do not belong to it: ${some(ignored)}`);
    });

  data
    .command("clean <folder>")
    .description("clean a folder of BabyLM text as for pre-training, and report what each step removes")
    .option("--out <folder>", "output folder of the cleaned files", path.join(root, "data", "prepared", "clean"))
    .option("--replace-invalid", "replace invalid UTF-8 by U+FFFD and count it, instead of stopping")
    .action(cleanCommand);
}

function cleanCommand(folder: string, options: { out: string; replaceInvalid?: boolean }): void {
  const invalidUtf8 = options.replaceInvalid === true ? "replace" : "stop";
  const progress = startProgress("cleaning", 1);
  const report = writeCleanCorpus(folder, options.out, { invalidUtf8 }, (done, total) =>
    progress.update(done / total, `${bytes(done)} of ${bytes(total)}`),
  );
  progress.stop();
  for (const { source, status, wordsIn, wordsOut, documents, invalidUtf8: invalid, steps } of report.sources) {
    if (status !== "read") {
      print(`${source}: ${status}`);
      continue;
    }
    print(`${source}: ${thousands(wordsIn)} words in, ${thousands(wordsOut)} out, ${thousands(documents)} documents`);
    for (const { step, changed, dropped, droppedWords, removedWords } of steps) {
      if (changed + dropped === 0) continue;
      const words = thousands(droppedWords + removedWords);
      print(`    ${step.padEnd(18)} ${thousands(changed)} changed, ${thousands(dropped)} dropped, ${words} words less`);
    }
    if (invalid > 0) print(`    ${thousands(invalid)} invalid UTF-8 sequences were replaced`);
  }
  print(`${thousands(report.wordsIn)} words in, ${thousands(report.wordsOut)} out; the files are in ${options.out}`);
}

async function fetchCommand(
  names: string[],
  options: Common & { parallel: number; mirror?: string[]; acceptChanged?: boolean },
): Promise<void> {
  const catalogue = readCatalogue(options.catalogue);
  const dataSets = names.map((name) => findDataSet(catalogue, name));
  const mirrors = (options.mirror ?? []).map(parseMirror);
  const failures: string[] = [];
  await whileLocked(options.folder, async () => {
    for (const dataSet of dataSets) {
      const progress = startProgress(dataSet.name, dataSet.approximateBytes ?? 0);
      try {
        const {
          fetched,
          alreadyThere,
          bytes: size,
        } = await fetchDataSet(dataSet, {
          folder: options.folder,
          parallel: options.parallel,
          mirrors,
          acceptChanged: options.acceptChanged === true,
          onProgress: (done, total, note) =>
            progress.update(done, `${bytes(done)}${total === null ? "" : ` of ${bytes(total)}`} ${note}`),
        });
        progress.stop();
        print(
          `${dataSet.name}: ${bytes(size)} fetched, ${thousands(fetched.length)} files new, ${alreadyThere.length} there`,
        );
        print(`  licence: ${dataSet.licence}`);
      } catch (error) {
        progress.stop("failed");
        failures.push(messageOf(error));
      }
    }
  });
  if (failures.length > 0) throw new Error(failures.join("\n"));
  print(`The data is in ${options.folder}; give it to other commands with --data.`);
}

function* listLines(dataSets: readonly DataSet[], folder: string): Generator<string> {
  const ledger = Object.entries(readLedger(folder));
  const width = Math.max(...dataSets.map(({ name }) => name.length));
  for (const { name, title, use, licence, approximateBytes, access, homepage, notes } of dataSets) {
    const own = ledger.filter(([, { dataSet }]) => dataSet === name);
    const there = own.filter(([file, entry]) => sizeOf(path.join(folder, file)) === entry.bytes);
    const here =
      own.length === 0 ? "-" : there.length === own.length ? "here" : `${there.length} of ${own.length} files`;
    const size = approximateBytes === null ? "" : `about ${bytes(approximateBytes)}`;
    yield `${name.padEnd(width)}  ${[here, size, access.kind === "gated" ? "gated" : ""].filter((x) => x !== "").join(", ")}`;
    yield `    ${title}`;
    yield `    for: ${use}`;
    yield `    licence: ${licence}`;
    yield `    ${homepage}`;
    if (access.kind === "gated") yield `    access: ${access.terms} Then set ${access.tokenVariable}.`;
    if (notes !== undefined) yield `    note: ${notes}`;
  }
}

function parseMirror(text: string): { from: string; to: string } {
  const match = /^(https?:\/\/[^=]+)=(https?:\/\/.+)$/.exec(text);
  if (match === null) throw new Error(`--mirror: want FROM=TO, both beginning with http, got "${text}"`);
  return { from: match[1], to: match[2] };
}

function some(names: readonly string[]): string {
  return names.slice(0, 5).join(", ") + (names.length > 5 ? ", ..." : "");
}

function sizeOf(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? -1;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
