/** @file Notebook files (nbformat 4.5): read, written in one form, and what of them the other files here look at. */

import { writeFileAtomic } from "../../util/atomic-file";
import { brief } from "../../util/check";
import { readJson } from "../../util/jsonl";

/** nbformat allows a text or its lines. */
export type MultilineText = string | string[];

export interface Output {
  output_type: "stream" | "display_data" | "execute_result" | "error";
  /** Of a stream: `stdout` or `stderr`. */
  name?: string;
  text?: MultilineText;
  data?: Record<string, unknown>;
  metadata?: Record<string, unknown>;
  execution_count?: number | null;
  ename?: string;
  evalue?: string;
  traceback?: string[];
}

export interface NotebookCell {
  cell_type: "code" | "markdown" | "raw";
  id?: string;
  metadata: { tags?: string[] } & Record<string, unknown>;
  source: MultilineText;
  outputs?: Output[];
  execution_count?: number | null;
  attachments?: unknown;
}

export interface Notebook {
  nbformat: number;
  nbformat_minor: number;
  metadata: Record<string, unknown>;
  cells: NotebookCell[];
}

/** @throws Error if the file is not a notebook of format 4 */
export function readNotebook(file: string): Notebook {
  const notebook = readJson<Notebook>(file);
  if (notebook.nbformat !== 4 || !Array.isArray(notebook.cells)) {
    throw new Error(`${file}: want a notebook of nbformat 4, got nbformat ${brief(notebook.nbformat)}`);
  }
  return notebook;
}

/** One space of indentation, as Jupyter writes. */
export function writeNotebook(file: string, notebook: Notebook): void {
  writeFileAtomic(file, `${JSON.stringify(notebook, null, 1)}\n`);
}

export function joined(text: MultilineText | undefined): string {
  return Array.isArray(text) ? text.join("") : (text ?? "");
}

/** Lines with their line ends, as Jupyter writes them. */
export function lines(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

/** How messages call a cell: its number and first line of code. */
export function cellName(cell: NotebookCell, index: number): string {
  const first = joined(cell.source)
    .split("\n")
    .find((line) => line.trim() !== "" && !line.startsWith("import "));
  return `cell ${index + 1} (${(first ?? "").slice(0, 60)})`;
}
