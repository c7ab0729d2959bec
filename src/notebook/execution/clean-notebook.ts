/**
 * @file Convert a notebook to its committed form, in which the same run gives the same bytes.
 *
 * Kept: sources, outputs, execution counts (a fresh run numbers them 1, 2, 3 ...), tags. Dropped: every other metadata,
 * progress of long calls, colour codes in text. Cells are named `cell-1`, `cell-2` ..., streams written in pieces are joined.
 */

import { joined, lines, type Notebook, type NotebookCell, type Output } from "./notebook-file";

const METADATA = {
  kernelspec: { display_name: "TypeScript (CLASS-IT)", language: "typescript", name: "tslab" },
  language_info: { file_extension: ".ts", mimetype: "text/typescript", name: "typescript" },
};

/** A cleaned copy. */
export function cleanNotebook(notebook: Notebook): Notebook {
  return { cells: notebook.cells.map(cleanCell), metadata: METADATA, nbformat: 4, nbformat_minor: 5 };
}

function cleanCell(cell: NotebookCell, index: number): NotebookCell {
  const { tags } = cell.metadata;
  const metadata = tags === undefined || tags.length === 0 ? {} : { tags };
  const id = `cell-${index + 1}`;
  const source = lines(joined(cell.source).trimEnd());
  if (cell.cell_type !== "code") return { cell_type: cell.cell_type, id, metadata, source };
  return {
    cell_type: "code",
    execution_count: cell.execution_count ?? null,
    id,
    metadata,
    outputs: joinStreams((cell.outputs ?? []).filter((output) => !isProgress(output))).map(cleanOutput),
    source,
  };
}

/** Whether the kernel marked an output as progress, which belongs to one run and is not a result. */
function isProgress(output: Output): boolean {
  return (output.metadata?.["class-it"] as { progress?: boolean } | undefined)?.progress === true;
}

/** Join what a cell wrote in several pieces to one stream. */
export function joinStreams(outputs: readonly Output[]): Output[] {
  const joinedOutputs: Output[] = [];
  for (const output of outputs) {
    const last = joinedOutputs[joinedOutputs.length - 1];
    if (output.output_type === "stream" && last?.output_type === "stream" && last.name === output.name) {
      last.text = joined(last.text) + joined(output.text);
    } else {
      joinedOutputs.push({ ...output });
    }
  }
  return joinedOutputs;
}

function cleanOutput(output: Output): Output {
  switch (output.output_type) {
    case "stream":
      return { name: output.name, output_type: "stream", text: lines(withoutColours(joined(output.text))) };
    case "error":
      return {
        ename: output.ename,
        evalue: output.evalue,
        output_type: "error",
        traceback: (output.traceback ?? []).map(withoutColours),
      };
    default: {
      const data = Object.fromEntries(
        Object.entries(output.data ?? {})
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([mime, value]) => [mime, isText(mime) && typeof value === "string" ? lines(value) : value]),
      );
      return output.output_type === "execute_result"
        ? { data, execution_count: output.execution_count ?? null, metadata: {}, output_type: "execute_result" }
        : { data, metadata: {}, output_type: "display_data" };
    }
  }
}

function isText(mime: string): boolean {
  return mime.startsWith("text/") || mime === "image/svg+xml";
}

/** Remove terminal colour codes. */
export function withoutColours(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour code is
  return text.replace(/\u001b\[[0-9;]*m/g, "");
}
