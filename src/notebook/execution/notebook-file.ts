/** @file Read and write notebook files (nbformat 4.5), and the fields that this folder uses. */

import { writeFileAtomic } from "../../util/atomic-file";
import { brief, withRemedy } from "../../util/check";
import { readJson } from "../../util/jsonl";

/** nbformat allows a text or an array of its lines. */
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
  const notebook = withRemedy("put the file back, or save it again with Jupyter", () => readJson<Notebook>(file));
  if (notebook.nbformat !== 4 || !Array.isArray(notebook.cells)) {
    throw new Error(
      `${file}: want a notebook of nbformat 4, got nbformat ${brief(notebook.nbformat)}; save it with a newer Jupyter`,
    );
  }
  return notebook;
}

/** Write with one space of indentation, as Jupyter does. */
export function writeNotebook(file: string, notebook: Notebook): void {
  writeFileAtomic(file, `${JSON.stringify(notebook, null, 1)}\n`);
}

/** The text as one string. */
export function joined(text: MultilineText | undefined): string {
  return Array.isArray(text) ? text.join("") : (text ?? "");
}

/** The text as lines with their line ends, as Jupyter writes it. */
export function lines(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

/** A cell in messages: its number and first line of code. */
export function cellName(cell: NotebookCell, index: number): string {
  const first = joined(cell.source)
    .split("\n")
    .find((line) => line.trim() !== "" && !line.startsWith("import "));
  return `cell ${index + 1} (${(first ?? "").slice(0, 60)})`;
}
