/** @file Small notebooks for tests: written, executed by nbconvert in the project's kernel, read back. */

import * as fs from "node:fs";
import * as path from "node:path";
import { executeNotebooks, findJupyter } from "../../src/notebook/execution/execute";
import { projectRoot } from "../../src/util/project-root";

export interface TestOutput {
  output_type: string;
  name?: string;
  text?: string | string[];
  ename?: string;
  evalue?: string;
  traceback?: string[];
  data?: Record<string, string | string[]>;
}
export interface TestCell {
  cell_type: string;
  source: string | string[];
  execution_count: number | null;
  outputs: TestOutput[];
  metadata: Record<string, unknown>;
}

export const skipWithoutJupyter: string | false =
  findJupyter() === null ? "no jupyter nbconvert on this machine" : false;

export function notebookOf(cells: readonly string[]): { cells: unknown[] } & Record<string, unknown> {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "tslab", display_name: "TypeScript (CLASS-IT)", language: "typescript" } },
    cells: cells.map((source, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      source,
      metadata: {},
      outputs: [],
      execution_count: null,
    })),
  };
}

/** A folder inside the clone (modules must lie there) that git ignores; removed by the returned function. */
export function scratchFolder(name: string): { folder: string; remove: () => void } {
  const parent = path.join(projectRoot(), ".cache");
  fs.mkdirSync(parent, { recursive: true });
  const folder = fs.mkdtempSync(path.join(parent, `${name}-`));
  return { folder, remove: () => fs.rmSync(folder, { recursive: true, force: true }) };
}

/** Execute cells in one fresh kernel, going on after errors. */
export async function runCells(
  folder: string,
  cells: readonly string[],
  allowErrors = true,
  timeoutSeconds = 30,
): Promise<TestCell[]> {
  const file = path.join(folder, "test.ipynb");
  fs.writeFileSync(file, JSON.stringify(notebookOf(cells)));
  const jupyter = findJupyter();
  if (jupyter === null) throw new Error("no jupyter");
  await executeNotebooks([file], { jupyter, allowErrors, timeoutSeconds });
  return (JSON.parse(fs.readFileSync(file, "utf8")) as { cells: TestCell[] }).cells;
}

export function textOf(cell: TestCell): string {
  return cell.outputs
    .filter((o) => o.output_type === "stream")
    .map((o) => (Array.isArray(o.text) ? o.text.join("") : (o.text ?? "")))
    .join("");
}

export function errorOf(cell: TestCell): TestOutput | undefined {
  return cell.outputs.find((o) => o.output_type === "error");
}
