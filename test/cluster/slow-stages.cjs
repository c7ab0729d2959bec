// Loaded by NODE_OPTIONS=--require: while the file <CLASS_IT_TEST_SLOW>/<seed>-<kind> exists, that stage's training waits for
// so many milliseconds twice per update, so that there is time to kill it.
const fs = require("node:fs");
const path = require("node:path");

const folder = process.env.CLASS_IT_TEST_SLOW;
const seed = process.argv[process.argv.indexOf("--seed") + 1];
const stage = process.argv.find((argument) => /^(pretrain|instruct)\//.test(argument));
if (folder !== undefined && stage !== undefined && process.argv.includes("stage")) {
  const file = path.join(folder, `${seed}-${stage.split("/")[0]}`);
  const atOnce = setImmediate;
  // The training loop yields to the event loop twice per update, with setImmediate.
  globalThis.setImmediate = (callback, ...args) =>
    fs.existsSync(file)
      ? setTimeout(callback, Number(fs.readFileSync(file, "utf8")), ...args)
      : atOnce(callback, ...args);
}
