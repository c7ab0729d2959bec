/** @file Shows source code of the project in a notebook, so that readers see the code that runs. */

import { createRequire } from "node:module";
import * as path from "node:path";
import type * as typescript from "typescript";
import { projectRoot } from "../../util/project-root";
import { readText } from "../../util/text-file";
import { markdown } from "./show";

/**
 * Show declarations of one file of the project as code: functions, classes, constants, types, or methods as `Class.method`.
 *
 * @param file - from the project's root: `src/model/llama.ts`
 * @throws Error if the file or a name does not exist
 */
export function showSource(file: string, ...names: string[]): void {
  const code = names.map((name) => sourceOf(file, name)).join("\n\n");
  markdown(`From \`${file}\`:\n\n\`\`\`typescript\n${code}\n\`\`\``);
}

/** The lines of one declaration, without its docstring, moved to the left margin. */
export function sourceOf(file: string, name: string, root = projectRoot()): string {
  const full = path.resolve(root, file);
  if (!full.startsWith(root + path.sep)) throw new Error(`showSource: "${file}" is not a file of the project`);
  const text = readText(full);
  const ts = createRequire(path.join(projectRoot(), "package.json"))("typescript") as typeof typescript; // large, so loaded only when needed
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const nameOf = (node: typescript.NamedDeclaration) => node.name?.getText(source);
  const [outer, member] = name.split(".");

  const container = source.statements.find((statement) =>
    ts.isVariableStatement(statement)
      ? statement.declarationList.declarations.some((declared) => nameOf(declared) === outer)
      : nameOf(statement as typescript.DeclarationStatement) === outer,
  );
  if (container === undefined) throw new Error(`showSource: ${file} has no "${outer}" at its top level`);
  if (member === undefined) return linesOf(container, source);
  const members = ts.isClassDeclaration(container) ? [...container.members] : [];
  const found = members.find((one) => nameOf(one) === member);
  if (found === undefined) throw new Error(`showSource: "${outer}" of ${file} has no "${member}"`);
  return linesOf(found, source);
}

function linesOf(node: typescript.Node, source: typescript.SourceFile): string {
  const start = node.getStart(source);
  const indent = source.getLineAndCharacterOfPosition(start).character;
  return source.text.slice(start, node.getEnd()).replace(new RegExp(`\\n {${indent}}`, "g"), "\n");
}
