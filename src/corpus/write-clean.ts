/**
 * @file Write a cleaned corpus to files in the input format: a heading before documents with a title, a blank line after
 * every document. Memory use is constant.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { writeAll } from "../util/atomic-file";
import { writeJson } from "../util/jsonl";
import { type CorpusOptions, type CorpusReport, streamCorpus } from "./load-corpus";

const BUFFERED_BYTES = 1 << 20;

/**
 * Clean `textFolder` into `outFolder/<source>.train` and `outFolder/report.json`.
 *
 * Files are written as `*.incomplete` and renamed when the whole corpus is done.
 *
 * @param onProgress - bytes read so far, of how many
 */
export function writeCleanCorpus(
  textFolder: string,
  outFolder: string,
  options: CorpusOptions = {},
  onProgress: (bytes: number, total: number) => void = () => {},
): CorpusReport {
  const { documents, report } = streamCorpus(textFolder, options);
  fs.mkdirSync(outFolder, { recursive: true });
  const open = new Map<string, { file: string; fd: number; pending: string[]; bytes: number }>();
  const flush = (sink: { fd: number; pending: string[]; bytes: number }) => {
    writeAll(sink.fd, Buffer.from(sink.pending.join(""), "utf8"));
    sink.pending = [];
    sink.bytes = 0;
  };
  const sizes = report.sources.map(({ file }) => (file === null ? 0 : fs.statSync(file).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  try {
    for (const { source, title, text } of documents) {
      let sink = open.get(source);
      if (sink === undefined) {
        const file = path.join(outFolder, `${source}.train`);
        sink = { file, fd: fs.openSync(`${file}.incomplete`, "w"), pending: [], bytes: 0 };
        open.set(source, sink);
      }
      const isHeaded = title !== null && title !== "";
      const body = isHeaded && text.startsWith(`${title}\n`) ? text.slice(title.length + 1) : text;
      const block = `${isHeaded ? `= = = ${title} = = =\n` : ""}${body}\n\n`;
      sink.pending.push(block);
      sink.bytes += block.length;
      if (sink.bytes > BUFFERED_BYTES) flush(sink);
      onProgress(
        report.sources.reduce((sum, { bytes }) => sum + bytes, 0),
        total,
      );
    }
    for (const sink of open.values()) {
      flush(sink);
      fs.fsyncSync(sink.fd);
    }
  } finally {
    for (const { fd } of open.values()) fs.closeSync(fd);
  }
  for (const { file } of open.values()) fs.renameSync(`${file}.incomplete`, file);
  writeJson(path.join(outFolder, "report.json"), withoutFolders(report));
  return report;
}

/** The report with file names instead of paths. */
function withoutFolders(report: CorpusReport): CorpusReport {
  const sources = report.sources.map((source) => ({
    ...source,
    file: source.file === null ? null : path.basename(source.file),
  }));
  return { ...report, sources };
}
