/**
 * @file Writes the page of names that a notebook can import: each name of src/index.ts with its parameters and the
 * first sentence of its docstring, or of its file.
 */

import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import type * as typescript from "typescript";
import { writeFileAtomic } from "../../util/atomic-file";
import { projectRoot } from "../../util/project-root";
import { readText } from "../../util/text-file";

export const EXPORTS_PAGE = path.join("notebooks", "exports.md");

export interface ExportedName {
  name: string;
  /** Path from src/: `tensor/ops/rope.ts`. */
  file: string;
  /** Parameters `(x, positionIds, headDim, theta)`, or the kind: `class`, `constant`. */
  what: string;
  /** First sentence of its docstring, or of its file's. */
  about: string;
}

/** Every value that src/index.ts exports, in its order. @throws Error naming an export whose declaration is not found */
export function exportedNames(root = projectRoot()): ExportedName[] {
  const ts = createRequire(path.join(projectRoot(), "package.json"))("typescript") as typeof typescript; // large, so loaded only when needed
  const src = path.join(root, "src");
  const parsed = (file: string) => ts.createSourceFile(file, readText(file), ts.ScriptTarget.Latest, true);
  const target = (from: string, specifier: string) => {
    const base = path.resolve(path.dirname(from), specifier);
    return [`${base}.ts`, path.join(base, "index.ts")].find((file) => fs.existsSync(file));
  };

  /** The declaration of a name, followed through files that re-export it. */
  const declared = (file: string, name: string): { file: string; node: typescript.Node } => {
    const source = parsed(file);
    for (const statement of source.statements) {
      const named = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [statement];
      const own = named.find((d) => (d as typescript.NamedDeclaration).name?.getText(source) === name);
      if (own !== undefined) return { file, node: own };
      if (isLibrary(statement, name)) return { file, node: statement };
      if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) continue;
      const passed = elementsOf(statement).find((e) => e.name.text === name);
      const next = target(file, (statement.moduleSpecifier as typescript.StringLiteral).text);
      if (passed !== undefined && next !== undefined) return declared(next, (passed.propertyName ?? passed.name).text);
    }
    throw new Error(`${path.relative(root, file)} passes on "${name}", and its declaration was not found`);
  };
  /** Whether a statement imports a library as `import * as tf from "..."` in a file that exports `tf`. */
  const isLibrary = (statement: typescript.Statement, name: string) => {
    const bindings = ts.isImportDeclaration(statement) ? statement.importClause?.namedBindings : undefined;
    return bindings !== undefined && ts.isNamespaceImport(bindings) && bindings.name.text === name;
  };
  const elementsOf = (statement: typescript.ExportDeclaration) =>
    statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause)
      ? [...statement.exportClause.elements].filter((e) => !e.isTypeOnly)
      : [];

  const index = path.join(src, "index.ts");
  return parsed(index).statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement) || statement.isTypeOnly) return [];
    return elementsOf(statement).map(({ name }): ExportedName => {
      const { file, node } = declared(index, name.text);
      const holder = ts.isVariableDeclaration(node) ? node.parent.parent : node;
      const [doc] = (holder as unknown as { jsDoc?: typescript.JSDoc[] }).jsDoc?.slice(-1) ?? [];
      const own = ts.getTextOfJSDocComment(doc?.comment) ?? "";
      const about = firstSentence(own === "" ? aboutFile(readText(file)) : own);
      return {
        name: name.text,
        file: path.relative(src, file).split(path.sep).join("/"),
        what: whatIs(ts, node),
        about,
      };
    });
  });
}

function whatIs(ts: typeof typescript, node: typescript.Node): string {
  const value = ts.isVariableDeclaration(node) ? node.initializer : node;
  if (value !== undefined && (ts.isFunctionDeclaration(value) || ts.isArrowFunction(value))) {
    const names = value.parameters.map(({ name, questionToken, initializer }) => {
      const text = ts.isIdentifier(name) ? name.text : "options";
      return questionToken !== undefined || initializer !== undefined ? `${text}?` : text;
    });
    return `(${names.join(", ")})`;
  }
  if (ts.isImportDeclaration(node)) return "library";
  return ts.isClassDeclaration(node) ? "class" : "constant";
}

/** The comment at the start of a file. */
function aboutFile(text: string): string {
  const comment = /@file ([\s\S]*?)\*\//.exec(text)?.[1] ?? "";
  return comment.replace(/^ \* ?/gm, "");
}

function firstSentence(comment: string): string {
  const text = comment
    .replace(/\{@link ([^}]+)\}/g, "$1")
    .split(/\n\s*\n/)[0]
    .replace(/\s+/g, " ")
    .trim();
  return /^.*?[.:](?=\s|$)/.exec(text)?.[0].replace(/:$/, ".") ?? text;
}

/** The page as Markdown, with one table per folder. */
export function exportsPage(names = exportedNames()): string {
  const folders = [...new Set(names.map(({ file }) => file.split("/")[0]))];
  const cell = (text: string) => text.replace(/\|/g, "\\|");
  const tables = folders.map((folder) => {
    const rows = names
      .filter(({ file }) => file.split("/")[0] === folder)
      .map(({ name, file, what, about }) => `| [\`${name}\`](../src/${file}) | ${cell(code(what))} | ${cell(about)} |`);
    return `## ${folder}\n\n| name | | |\n| --- | --- | --- |\n${rows.join("\n")}`;
  });
  return `# What a notebook can import

\`import { show, openResults } from "./src/index";\` gives a cell these ${names.length} names. The page is generated by
\`npm run class-it -- exports\`; a test fails when it is stale.

${tables.join("\n\n")}
`;
}

const code = (what: string) => (what.startsWith("(") ? `\`${what}\`` : what);

export function writeExportsPage(root = projectRoot()): string {
  const file = path.join(root, EXPORTS_PAGE);
  writeFileAtomic(file, exportsPage(exportedNames(root)));
  return file;
}
