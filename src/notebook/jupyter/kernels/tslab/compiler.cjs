/**
 * @file tslab's converter (cell -> JavaScript) with the project's own strictness, and fast on a large project.
 *
 * tslab fixes its compiler options and asks for the types of every imported module before each cell. The TypeScript
 * that it loads is replaced here, before it loads it, by one that
 *   - takes `strict` and module resolution from tsconfig.json;
 *   - looks for edited files just before a cell runs, instead of polling each file;
 *   - leaves the modules that a cell imports to module-check.cjs;
 *   - emits only the cell: modules are loaded by modules.cjs.
 */
"use strict";

const path = require("node:path");
const { createModuleCheck } = require("./module-check.cjs");
const { version } = require("./modules.cjs");

/** From tsconfig.json into the cells. Rules about unused names make no sense for a cell, and are left out. */
const SHARED_OPTIONS = ["strict", "noImplicitOverride", "noFallthroughCasesInSwitch", "types"];
const CANNOT_FIND_MODULE = 2307;

function createCompiler(root) {
  const tslab = path.join(root, "node_modules/tslab");
  const id = require.resolve("@tslab/typescript-for-tslab", { paths: [tslab] });
  const ts = require(id);
  const watched = new Map(); // file -> { version, callbacks }

  ts.sys.watchFile = (file, callback) => {
    const entry = watched.get(file) ?? { version: version(file), callbacks: new Set() };
    entry.callbacks.add(callback);
    watched.set(file, entry);
    return { close: () => entry.callbacks.delete(callback) };
  };
  ts.sys.watchDirectory = () => ({ close: () => {} });

  const moduleCheck = createModuleCheck(root);
  let lostModule = false;

  require.cache[id].exports = {
    ...ts,
    createWatchCompilerHost: (files, options, system, _createProgram, ...rest) => {
      const own = { ...options, ...projectOptions(ts, root) };
      // The plain program: tslab's incremental one computes who refers to whom after every cell, for nothing here.
      const host = ts.createWatchCompilerHost(files, own, system, ts.createAbstractBuilder, ...rest);
      let created = () => {};
      Object.defineProperty(host, "afterProgramCreate", {
        get: () => (program) => created(onlyCells(program)),
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
      return found;
    },
  };

  const { createConverter } = require(path.join(tslab, "dist/converter.js"));
  let converter = null; // made for the first cell, not before: Jupyter should see the kernel at once
  return {
    typescriptVersion: ts.version,
    /** What tslab's executor asks for. */
    converters: {
      get node() {
        converter ??= createConverter({ isJS: false, isBrowser: false });
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
        // A module that was missing may be there now, and TypeScript remembers failures: start afresh.
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
  };
}

function projectOptions(ts, root) {
  const { config } = ts.readConfigFile(path.join(root, "tsconfig.json"), ts.sys.readFile);
  const wanted = config?.compilerOptions ?? {};
  const shared = Object.fromEntries(SHARED_OPTIONS.filter((k) => k in wanted).map((k) => [k, wanted[k]]));
  return { ...shared, moduleResolution: ts.ModuleResolutionKind.Bundler, checkJs: false };
}

/** The program as tslab uses it: the cell depends on every file outside packages, and only the cell is emitted. */
function onlyCells(program) {
  program.getProgram().getTypeChecker(); // binds names, on which tslab then works: it puts earlier cells around this one
  return Object.create(program, {
    getAllDependencies: {
      value: () =>
        program
          .getSourceFiles()
          .map((file) => file.fileName)
          .filter((name) => !name.includes("/node_modules/")),
    },
    emit: {
      value: (file, ...rest) =>
        file === undefined || path.basename(file.fileName).startsWith("__tslab__")
          ? program.emit(file, ...rest)
          : { emitSkipped: true, diagnostics: [] },
    },
  });
}

module.exports = { createCompiler };
