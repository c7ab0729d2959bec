/**
 * @file Compile a cell to JavaScript with the project's own strictness, quickly, with top-level await and line numbers.
 *
 * tslab has fixed compiler options and requests the types of every imported module before each cell. Here its
 * TypeScript is replaced by one that
 *   - takes `strict` and module resolution from tsconfig.json;
 *   - notices edited files just before a cell runs, instead of polling each file;
 *   - leaves the modules that a cell imports to module-check.cjs;
 *   - emits only the cell: modules are loaded by modules.cjs;
 *   - rewrites names of earlier cells only where they are values (earlier-names.cjs);
 *   - accepts `await (...)()` and `for await` at the top level of a cell;
 *   - keeps source maps, so that a run-time error names the line of its cell.
 */
"use strict";

const { SourceMap } = require("node:module");
const path = require("node:path");
const { earlierNames } = require("./earlier-names.cjs");
const { createModuleCheck } = require("./module-check.cjs");
const { version } = require("./modules.cjs");
const { openTslab } = require("./tslab.cjs");

/** Options copied from tsconfig.json. Rules about unused names are left out, because they make no sense for a cell. */
const SHARED_OPTIONS = ["strict", "noImplicitOverride", "noFallthroughCasesInSwitch", "types"];
const CANNOT_FIND_MODULE = 2307;
/**
 * "'await' expressions are only allowed within async functions": the error by which tslab detects that a cell uses
 * await.
 */
const AWAIT_OUTSIDE_ASYNC = 1308;

/** @returns the compiler, and tslab's other parts as `tslab` */
function createCompiler(root) {
  const watched = new Map(); // file -> { version, callbacks }
  const moduleCheck = createModuleCheck(root);
  let lostModule = false;
  let maps = {}; // of the cell that is being compiled: TypeScript -> ES module -> CommonJS

  const adapt = (ts) => {
    ts.sys.watchFile = (file, callback) => {
      const entry = watched.get(file) ?? { version: version(file), callbacks: new Set() };
      entry.callbacks.add(callback);
      watched.set(file, entry);
      return { close: () => entry.callbacks.delete(callback) };
    };
    ts.sys.watchDirectory = () => ({ close: () => {} });
    return {
      ...ts,
      createWatchCompilerHost: (files, options, system, _createProgram, ...rest) => {
        const own = { ...options, ...projectOptions(ts, root) };
        // Use the plain program: tslab's incremental one computes all references after every cell, which is not needed
        // here.
        const host = ts.createWatchCompilerHost(files, own, system, ts.createAbstractBuilder, ...rest);
        let created = () => {};
        Object.defineProperty(host, "afterProgramCreate", {
          get: () => (program) =>
            created(
              onlyCells(ts, program, (map) => {
                maps = { toModule: map };
              }),
            ),
          set: (callback) => {
            created = callback;
          },
        });
        return host;
      },
      getPreEmitDiagnosticsOfFiles: (program, files) => {
        const [cell, ...modules] = files; // the cell comes first
        const found = [...ts.getPreEmitDiagnosticsOfFiles(program, [cell]), ...moduleCheck(modules)];
        lostModule ||= found.some((d) => d.code === CANNOT_FIND_MODULE);
        return [...found, ...topLevelAwait(ts, cell)];
      },
      transpileModule: (text, { compilerOptions, ...rest }) => {
        const made = ts.transpileModule(text, { ...rest, compilerOptions: { ...compilerOptions, sourceMap: true } });
        maps.toCommonJs = made.sourceMapText;
        return { ...made, outputText: withoutMapAddress(made.outputText) };
      },
    };
  };

  const tslab = openTslab(root, adapt);
  const ts = tslab.typescript;
  let converter = null; // created for the first cell, so that the kernel starts quickly
  return {
    tslab,
    typescriptVersion: ts.version,
    /** Functions that tslab's executor calls. */
    converters: {
      get node() {
        converter ??= tslab.createConverter({ isJS: false, isBrowser: false });
        return converter;
      },
      get browser() {
        throw new Error("cells that run in the browser are not supported by this kernel");
      },
      close: () => converter?.close(),
    },
    /** Tell TypeScript about files edited since the last call. */
    noticeEdits() {
      if (lostModule) {
        // A module that was missing may exist now, and TypeScript caches failures, so start again.
        converter.close();
        converter = null;
        watched.clear();
        lostModule = false;
      }
      for (const [file, entry] of watched) {
        const now = version(file);
        if (now === entry.version) continue;
        entry.version = now;
        for (const callback of [...entry.callbacks]) callback(file, ts.FileWatcherEventKind.Changed);
      }
    },
    /**
     * For the last compiled cell: maps a position in its JavaScript to a line of the cell.
     *
     * @returns `(line, column)` -> line, all counted from 1; null where the cell has no such line
     */
    lineMapper() {
      const { toModule, toCommonJs } = maps;
      if (toModule === undefined || toCommonJs === undefined) return () => null;
      const [first, second] = [new SourceMap(JSON.parse(toCommonJs)), new SourceMap(JSON.parse(toModule))];
      return (line, column) => {
        const inModule = first.findEntry(line - 1, column - 1);
        if (inModule.originalLine === undefined) return null;
        const inCell = second.findEntry(inModule.originalLine, inModule.originalColumn);
        return inCell.originalLine >= 1 ? inCell.originalLine : null; // line 0 is the `export {}` that tslab puts first
      };
    },
    /** The text of each import statement of a cell. */
    importsOf(code) {
      const file = ts.createSourceFile("cell.ts", code, ts.ScriptTarget.Latest);
      return file.statements
        .filter((s) => ts.isImportDeclaration(s) || ts.isImportEqualsDeclaration(s))
        .map((s) => code.slice(s.pos, s.end).trim());
    },
  };
}

function projectOptions(ts, root) {
  const { config } = ts.readConfigFile(path.join(root, "tsconfig.json"), ts.sys.readFile);
  const wanted = config?.compilerOptions ?? {};
  const shared = Object.fromEntries(SHARED_OPTIONS.filter((k) => k in wanted).map((k) => [k, wanted[k]]));
  return {
    ...shared,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    checkJs: false,
    disableTopLevelAwait: false,
    sourceMap: true,
  };
}

/** The error message that makes tslab run the cell in an async function, if the cell uses await outside functions. */
function topLevelAwait(ts, cell) {
  let found = null; // the first such `await`
  const visit = (node) => {
    if (found !== null || ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isAwaitExpression(node)) found = node.getStart(cell);
    else if (ts.isForOfStatement(node) && node.awaitModifier) found = node.awaitModifier.getStart(cell);
    else ts.forEachChild(node, visit);
  };
  visit(cell);
  if (found === null) return [];
  const length = "await".length;
  return [{ file: cell, start: found, length, code: AWAIT_OUTSIDE_ASYNC, category: 1, messageText: "top-level await" }];
}

/**
 * The program as tslab uses it: the cell depends on every file outside packages, only the cell is emitted, and its references
 * to earlier cells are rewritten by earlier-names.cjs instead of tslab.
 *
 * @param onMap receives the source map of the cell
 */
function onlyCells(ts, program, onMap) {
  const checker = program.getProgram().getTypeChecker(); // binds names, on which tslab then works: it puts earlier cells around this one
  let isEmitting = false;
  const checkerForTslab = Object.create(checker, {
    /** While a cell is emitted, tslab asks only to find names of earlier cells. */
    getSymbolAtLocation: { value: (node) => (isEmitting ? undefined : checker.getSymbolAtLocation(node)) },
  });
  const programForTslab = Object.create(program.getProgram(), { getTypeChecker: { value: () => checkerForTslab } });
  return Object.create(program, {
    getProgram: { value: () => programForTslab },
    getAllDependencies: {
      value: () =>
        program
          .getSourceFiles()
          .map((file) => file.fileName)
          .filter((name) => !name.includes("/node_modules/")),
    },
    emit: {
      value: (file, write, cancellation, onlyTypes, transformers) => {
        if (file !== undefined && !path.basename(file.fileName).startsWith("__tslab__"))
          return { emitSkipped: true, diagnostics: [] };
        const keepMap = (name, text, ...more) =>
          name.endsWith(".map") ? onMap(text) : write(name, withoutMapAddress(text), ...more);
        const before = [...(transformers?.before ?? []), earlierNames(ts, checker)];
        isEmitting = true;
        try {
          return program.emit(file, keepMap, cancellation, onlyTypes, { ...transformers, before });
        } finally {
          isEmitting = false;
        }
      },
    },
  });
}

function withoutMapAddress(text) {
  return text.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "");
}

module.exports = { createCompiler };
