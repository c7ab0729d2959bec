/**
 * @file Find type errors in the modules that cells import, with the project's own TypeScript and tsconfig.json.
 *
 * tslab's TypeScript is older and would report errors in modules that pass `npm run types`. So modules of src/ or test/
 * that were not edited since the kernel started are not checked; other modules, and after an edit all of them, are
 * checked here, once per version. The environment variable `CLASS_IT_CHECK=cells` disables this, for clones that
 * several people edit at once.
 */
"use strict";

const fs = require("node:fs");
const path = require("node:path");

function createModuleCheck(root) {
  const started = Date.now();
  const inside = (folder, file) => file.startsWith(path.join(root, folder) + path.sep);
  const isOurs = (file) => inside("", file) && !file.includes("/node_modules/");
  const isCovered = (file) => inside("src", file) || inside("test", file);
  const isEdited = (file) => fs.statSync(file).mtimeMs > started;
  let checked = ""; // the versions at the last check
  let found = [];
  let program;

  /** @param modules - TypeScript's source files @returns diagnostics */
  return (modules) => {
    if (process.env.CLASS_IT_CHECK === "cells") return [];
    const ours = modules.filter((m) => isOurs(m.fileName) && fs.existsSync(m.fileName));
    const edited = ours.some((m) => isEdited(m.fileName));
    const toCheck = ours.filter((m) => edited || !isCovered(m.fileName));
    const versions = toCheck.map((m) => `${m.fileName} ${m.version}`).join("\n");
    if (versions === checked) return found;
    const ts = require(require.resolve("typescript", { paths: [root] }));
    const file = path.join(root, "tsconfig.json");
    const { options } = ts.parseJsonConfigFileContent(ts.readConfigFile(file, ts.sys.readFile).config, ts.sys, root);
    const names = toCheck.map((m) => m.fileName);
    program = ts.createProgram({ rootNames: names, options, oldProgram: program });
    found = names.flatMap((name) => {
      const source = program.getSourceFile(name);
      return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    });
    checked = versions;
    return found;
  };
}

module.exports = { createModuleCheck };
