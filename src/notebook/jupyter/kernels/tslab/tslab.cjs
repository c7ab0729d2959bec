/**
 * @file The only file that uses the package tslab, which is hardly maintained. It exports the parts that the kernel
 * uses.
 *
 * To replace tslab, provide the same seven names here: a converter from cells to JavaScript with its TypeScript, an executor
 * that keeps the variables of earlier cells, and the sockets of the Jupyter protocol. tslab is pinned exactly in
 * package.json, because these are its internal parts.
 */
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const folderOf = (root) => path.join(root, "node_modules", "tslab");

/** Whether `npm ci` has been run in the clone. */
function isInstalled(root) {
  return fs.existsSync(path.join(folderOf(root), "dist", "jupyter.js"));
}

/**
 * @param adapt receives tslab's own TypeScript (5.0) and returns the one that tslab shall use instead
 */
function openTslab(root, adapt) {
  const folder = folderOf(root);
  const part = (name) => require(path.join(folder, "dist", name));
  const id = require.resolve("@tslab/typescript-for-tslab", { paths: [folder] });
  const typescript = require(id);
  require.cache[id].exports = adapt(typescript); // before tslab's own parts load it
  const jupyter = part("jupyter.js");
  return {
    typescript,
    createConverter: part("converter.js").createConverter,
    createExecutor: part("executor.js").createExecutor,
    /** Sockets and message loop of the Jupyter protocol. */
    Server: jupyter.ZmqServer,
    /** Completion, inspection and other requests besides execution. */
    Handler: jupyter.JupyterHandlerImpl,
    /** `callback(data, isUpdate)` receives the output of tslab's own display functions. */
    onDisplay(callback) {
      jupyter.lastWriteDisplayData = callback;
    },
  };
}

module.exports = { isInstalled, openTslab };
