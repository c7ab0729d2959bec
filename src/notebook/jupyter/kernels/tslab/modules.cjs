/**
 * @file Load the project's modules for cells through tsx, as the command line and the tests do.
 *
 * Node caches loaded modules. When one of their files has changed, all modules of the project are removed from the cache, so
 * that the importers of an edited module see the edit too; packages stay loaded.
 */
"use strict";

const fs = require("node:fs");
const path = require("node:path");

function loadModulesWithTsx(root) {
  require(require.resolve("tsx/cjs/api", { paths: [root] })).register();
  const versions = new Map(); // file -> "mtime size" when first seen loaded

  const projectFiles = () =>
    Object.keys(require.cache)
      .map((key) => ({ key, file: key.replace(/\?.*$/, "") }))
      .filter(
        ({ file }) => file.startsWith(root + path.sep) && !file.includes("node_modules") && !file.endsWith(".cjs"),
      );

  return {
    /** Record the modules that a cell loaded. */
    remember() {
      for (const { file } of projectFiles()) if (!versions.has(file)) versions.set(file, version(file));
    },
    /** Remove all modules of the project from the cache if the file of one has changed; returns whether it did. */
    forgetEdited() {
      const edited = [...versions].some(([file, known]) => version(file) !== known);
      if (edited) {
        for (const { key } of projectFiles()) delete require.cache[key];
        versions.clear();
      }
      return edited;
    },
  };
}

/** A value that changes when the file is edited. */
function version(file) {
  try {
    const { mtimeMs, size } = fs.statSync(file);
    return `${mtimeMs} ${size}`;
  } catch {
    return "absent";
  }
}

module.exports = { loadModulesWithTsx, version };
