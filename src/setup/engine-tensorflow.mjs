/**
 * @file `npm run engine:tensorflow [-- --gpu]`: install TensorFlow for the backend `tensorflow`, in this clone only.
 *
 * tfjs-node 4.22 downloads a TensorFlow of 2022. Its sources also build, unchanged, against the libraries in
 * today's Python wheel. This script does so, in `.cache/tensorflow` (or `.cache/tensorflow-gpu`): the wheel from the
 * Python package index, tfjs-node from npm without its install script, links in its `deps/`, node-pre-gyp. Finished
 * steps are skipped. Takes about 1.1 GB; only this backend needs it.
 */

import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import * as path from "node:path";
import { fail, onPath, root, run, say } from "./shell.mjs";

const TENSORFLOW = "2.21.0";
const TFJS_NODE = "4.22.0";

const gpu = process.argv.includes("--gpu");
const wheelName = gpu ? "tensorflow" : "tensorflow-cpu";
const packageName = gpu ? "tfjs-node-gpu" : "tfjs-node";
const folder = path.join(root, ".cache", gpu ? "tensorflow-gpu" : "tensorflow");
const done = path.join(folder, "ready.json");

/** Python code that unpacks the two libraries and the headers that tfjs-node's binding includes. */
const UNPACK = `
import sys, zipfile
wheel, out = sys.argv[1:]
with zipfile.ZipFile(wheel) as z:
    for name in z.namelist():
        if name.startswith(("tensorflow/include/", "tensorflow/libtensorflow")):
            z.extract(name, out)
`;

function main() {
  if (existsSync(done)) return say(`TensorFlow ${TENSORFLOW} is ready; use it with CLASS_IT_BACKEND=tensorflow`);
  if (process.platform !== "linux")
    fail("engine:tensorflow is made for Linux: the wheel's libraries differ on other systems");
  const python = onPath("python3", "python");
  if (python === null) fail("engine:tensorflow needs Python 3 with pip, to download the TensorFlow wheel; none found");
  if (onPath("g++", "c++", "clang++") === null || onPath("make") === null) {
    fail("engine:tensorflow needs a C++ compiler and make (Debian: build-essential) to build tfjs-node's binding");
  }
  mkdirSync(folder, { recursive: true });
  const libraries = step("the TensorFlow wheel (about 270 MB)", () => unpackedWheel(python));
  const addon = step("tfjs-node", installTfjsNode);
  step("its links to TensorFlow", () => linkDependencies(addon, libraries));
  step("its binding (a minute)", () => buildBinding(addon));
  step("a first multiplication", () => tryIt(addon));
  writeFileSync(done, `${JSON.stringify({ tensorflow: TENSORFLOW, [packageName]: TFJS_NODE })}\n`);
  say(`TensorFlow ${TENSORFLOW} is ready; use it with CLASS_IT_BACKEND=tensorflow`);
}

function step(what, action) {
  say(`engine:tensorflow: ${what} ...`);
  try {
    return action();
  } catch (error) {
    return fail(
      `engine:tensorflow stopped at ${what}: ${error.message}\nFinished steps stay in ${folder}; run it again`,
    );
  }
}

/** Download and unpack the wheel. Returns the folder with `include/` and the libraries. */
function unpackedWheel(python) {
  const out = path.join(folder, "wheel", "tensorflow");
  if (existsSync(path.join(out, "libtensorflow_cc.so.2"))) return out;
  const pip = ["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--dest", folder];
  run(python, [...pip, `${wheelName}==${TENSORFLOW}`]);
  const wheel = readdirSync(folder).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) throw new Error(`pip found no wheel of ${wheelName} ${TENSORFLOW} for this Python`);
  run(python, ["-c", UNPACK, path.join(folder, wheel), path.join(folder, "wheel")]);
  rmSync(path.join(folder, wheel));
  return out;
}

/** Install tfjs-node without its own copies of tfjs: it must register itself with the project's tfjs. */
function installTfjsNode() {
  const scope = path.join(folder, "node_modules", "@tensorflow");
  const addon = path.join(scope, packageName);
  if (!existsSync(path.join(addon, "package.json"))) {
    writeFileSync(path.join(folder, "package.json"), '{ "private": true }\n');
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    run("npm", ["install", ...quiet, `@tensorflow/${packageName}@${TFJS_NODE}`], { cwd: folder });
  }
  for (const name of readdirSync(scope)) {
    if (name !== packageName) rmSync(path.join(scope, name), { recursive: true });
  }
  return addon;
}

function linkDependencies(addon, libraries) {
  const deps = path.join(addon, "deps");
  rmSync(deps, { recursive: true, force: true });
  mkdirSync(path.join(deps, "lib"), { recursive: true });
  symlinkSync(path.join(libraries, "include"), path.join(deps, "include"));
  for (const [library, names] of [
    ["libtensorflow_cc.so.2", ["libtensorflow_cc.so.2", "libtensorflow.so", "libtensorflow.so.2"]],
    ["libtensorflow_framework.so.2", ["libtensorflow_framework.so", "libtensorflow_framework.so.2"]],
  ]) {
    for (const name of names) symlinkSync(path.join(libraries, library), path.join(deps, "lib", name));
  }
}

function buildBinding(addon) {
  if (existsSync(path.join(addon, "lib", "napi-v8", "tfjs_binding.node"))) return;
  const tool = path.join(folder, "node_modules", ".bin", "node-pre-gyp");
  run("npm", ["exec", "--offline", "--", tool, "install", "--build-from-source"], { cwd: addon, quiet: true });
}

function tryIt(addon) {
  const code = `
    const tf = require(${JSON.stringify(addon)});
    tf.matMul(tf.ones([2, 3]), tf.ones([3, 2])).data().then(([x]) => process.exit(x === 3 ? 0 : 1));`;
  run(process.execPath, ["-e", code], { quiet: true, env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" } });
}

main();
