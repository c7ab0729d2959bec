/**
 * @file Exercises and their solutions say the same: each exercise of a notebook has a starter cell with a check, and its folded
 * solution is, word for word, what the notebook of solutions explains and runs. A reader can paste it: every name that it
 * uses is declared in it or in the notebook above.
 */

import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import * as ts from "typescript";
import { notebookFiles } from "../../src/notebook/execution/execute";
import { joined, type NotebookCell, readNotebook } from "../../src/notebook/execution/notebook-file";

const source = (cell: NotebookCell) => joined(cell.source);
const printed = (cell: NotebookCell) => (cell.outputs ?? []).map((o) => joined(o.text)).join("");
/** The sentence of a cell's `check`. */
const sentenceOf = (code: string) => /check\("([^"]+)"/.exec(code)?.[1];

/** Names that a text of TypeScript declares: at its top level, or anywhere in it. */
function declaredNames(code: string, where: "top level" | "anywhere"): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node) => {
    const named = node as ts.Node & { name?: ts.Node };
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isBindingElement(node) ||
      ts.isParameter(node) ||
      ts.isFunctionDeclaration(node) ||
      ts.isImportSpecifier(node);
    if (declares && named.name !== undefined && ts.isIdentifier(named.name)) names.add(named.name.text);
    if (where === "anywhere" || !ts.isFunctionLike(node)) ts.forEachChild(node, visit);
  };
  visit(parsed(code));
  return names;
}

/** Names that a text reads: identifiers that are neither properties, types nor declared names. */
function usedNames(code: string): Set<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node) => {
    const { parent } = node;
    const isMember =
      (ts.isPropertyAccessExpression(parent ?? node) && (parent as ts.PropertyAccessExpression).name === node) ||
      (ts.isPropertyAssignment(parent ?? node) && (parent as ts.PropertyAssignment).name === node) ||
      (ts.isBindingElement(parent ?? node) && (parent as ts.BindingElement).propertyName === node) ||
      ts.isImportSpecifier(parent ?? node);
    if (ts.isIdentifier(node) && !isMember) names.add(node.text);
    if (!ts.isTypeNode(node) || ts.isTypeQueryNode(node)) ts.forEachChild(node, visit);
  };
  visit(parsed(code));
  return names;
}

const parsed = (code: string) => ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest, true);

test("a name that nothing declares is found", () => {
  const code = "const total = rows.map(({ value: v }) => v + one.two).length as Row[]; import { sum } from 'x';";
  const declared = declaredNames(code, "anywhere");
  assert.deepEqual([...usedNames(code)].filter((name) => !declared.has(name)).sort(), ["one", "rows"]);
  assert.deepEqual(
    [...declaredNames("const f = (a: number) => a; for (const b of []) f(b);", "top level")],
    ["f", "b"],
  );
});

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
      const above = cells
        .slice(0, asked)
        .filter((cell) => cell.cell_type === "code" && !source(cell).includes("undefined;"));
      const declared = [source(code), ...above.map(source)].flatMap((text, i) => [
        ...declaredNames(text, i === 0 ? "anywhere" : "top level"),
      ]);
      const missing = [...usedNames(source(code))].filter((name) => !declared.includes(name) && !(name in globalThis));
      assert.deepEqual(missing, [], `the solution of ${number} runs in the notebook`);
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
