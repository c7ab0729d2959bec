/**
 * @file The project's notebook kernel: tslab's own parts, with thirteen defects of its main program repaired.
 *
 *   1. cells run in the project's root, so `./src/index` works from any notebook folder        (here)
 *   2. an error has name, message, traceback, and the line of its cell; cells are numbered     (server.cjs, failures.cjs)
 *   3. after an error the following cells run or are aborted as the client asked, never lost   (server.cjs)
 *   4. a rejected promise that nobody awaits fails its cell                                    (server.cjs)
 *   5. cells and modules are checked with the strictness of tsconfig.json                      (compiler.cjs)
 *   6. after an edit the module and all its importers are loaded anew                          (compiler.cjs, modules.cjs)
 *   7. one display carries several mime types                                                  (server.cjs)
 *   8. no output is lost, however fast a cell writes                                           (streams.cjs)
 *   9. `await (...)()` and `for await` work at the top level of a cell                         (compiler.cjs)
 *  10. a failed cell keeps its imports                                                         (server.cjs)
 *  11. the last expression is an `execute_result`: figure, table or text                       (server.cjs)
 *  12. long calls show their progress                                                          (server.cjs)
 *  13. names of earlier cells work as values, never as property names                         (earlier-names.cjs)
 *
 * Everything that touches tslab itself is in tslab.cjs. Plain JavaScript, because it is what loads TypeScript. `kernel.json`
 * beside this file is found through JUPYTER_PATH, or installed for an editor with
 * `jupyter kernelspec install --user --name tslab <this folder>`; an installed copy hands over to the clone it is used in.
 */
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const HERE = "src/notebook/jupyter/kernels/tslab/kernel.cjs";

/** The clone that contains `folder`, or null. */
function findRoot(folder) {
  for (;;) {
    if (fs.existsSync(path.join(folder, HERE))) return folder;
    if (folder === path.dirname(folder)) return null;
    folder = path.dirname(folder);
  }
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

function main() {
  const connection = process.argv[2];
  if (connection === undefined) fail("kernel.cjs is started by Jupyter: want the path of a connection file");
  const root = findRoot(process.cwd()) ?? findRoot(__dirname);
  if (root === null) fail("the notebook is not inside a clone of class-it-notebooks: open it where it was cloned");
  if (!require("./tslab.cjs").isInstalled(root)) {
    fail(`the packages are not installed: run "npm ci" in the clone first`);
  }
  const own = path.join(root, HERE);
  if (fs.realpathSync(own) !== fs.realpathSync(__filename)) {
    require(own).start(root, path.resolve(connection)); // an installed copy: use the clone's own kernel
  } else {
    start(root, path.resolve(connection));
  }
}

/** @param connection absolute path of Jupyter's connection file */
function start(root, connection) {
  process.chdir(root);
  process.env.CLASS_IT_QUIET = "1"; // for programs started by this process: progress bars and log lines are not part of a document
  // Micro models are too small for several threads, and on a busy machine threads wait for each other; results have the
  // same bytes.
  process.env.CLASS_IT_THREADS ??= "1";
  const { loadModulesWithTsx } = require("./modules.cjs");
  const { createCompiler } = require("./compiler.cjs");
  const { createServer } = require("./server.cjs");
  const modules = loadModulesWithTsx(root);
  const compiler = createCompiler(root);
  /** Loaded at first use, through tsx, because the display code is TypeScript. */
  const displaysOf = (value) => require(path.join(root, "src/notebook/display/value-display")).displaysOf(value);
  createServer({ root, connection, compiler, modules, displaysOf }).init();
}

module.exports = { start };
if (require.main === module) main();
