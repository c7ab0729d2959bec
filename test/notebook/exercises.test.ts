/**
 * @file Exercises and their solutions say the same: each exercise of a notebook has a starter cell with a check, and its folded
 * solution is, word for word, what the notebook of solutions explains and runs.
 */

import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { notebookFiles } from "../../src/notebook/execution/execute";
import { joined, type NotebookCell, readNotebook } from "../../src/notebook/execution/notebook-file";

const source = (cell: NotebookCell) => joined(cell.source);
const printed = (cell: NotebookCell) => (cell.outputs ?? []).map((o) => joined(o.text)).join("");
/** The sentence of a cell's `check`. */
const sentenceOf = (code: string) => /check\("([^"]+)"/.exec(code)?.[1];

for (const file of notebookFiles()) {
  test(`${path.basename(file)}: exercises and solutions are in step`, () => {
    const { cells } = readNotebook(file);
    const solutions = readNotebook(path.join(path.dirname(file), "solutions", path.basename(file))).cells;
    const exercises = cells.findIndex((cell) => source(cell).startsWith("## Exercises"));
    assert.ok(exercises >= 0, "there is a section of exercises");
    for (const number of [1, 2, 3]) {
      const asked = cells.findIndex((cell, i) => i > exercises && source(cell).startsWith(`**${number}. `));
      assert.ok(asked >= 0, `exercise ${number} is asked`);
      const starter = cells[asked + 1];
      const sentence = sentenceOf(source(starter));
      assert.ok(sentence !== undefined, `exercise ${number} has a check`);
      if (starter.execution_count != null) assert.equal(printed(starter), `to do: ${sentence}\n`);

      const solved = solutions.findIndex((cell) => source(cell).startsWith(`## ${number}. `));
      const code = solutions[solved + 1];
      assert.equal(sentenceOf(source(code)), sentence, `the solution of ${number} checks the same sentence`);
      if (code.execution_count != null) assert.match(printed(code), /^right: /m);
      const [title, ...explanation] = source(solutions[solved]).split("\n");
      const folded = source(cells[asked]);
      assert.ok(folded.startsWith(`**${title.slice(3)}** (`), `exercise ${number} has the title of its solution`);
      assert.ok(folded.includes(explanation.join("\n").trim()), `the folded solution of ${number} explains the same`);
      assert.ok(
        folded.includes(`\`\`\`typescript\n${source(code)}\n\`\`\``),
        `the folded code of ${number} is the one that runs`,
      );
    }
  });
}
