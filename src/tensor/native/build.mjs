/**
 * @file Build the native kernels: one plain call of the C compiler for each source, no download.
 *
 * The result is `build/class-it-<hash>.node`, where the hash covers the sources, the compiler, its flags and Node's ABI: a
 * second call finds it and does nothing. Run it separately with `node src/tensor/native/build.mjs [--force]`.
 */

import { execFile, execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const here = path.dirname(fileURLToPath(import.meta.url));
const tensor = path.join(here, "..");
const FLAGS = ["-O3", "-std=gnu11", "-fPIC", "-ffp-contract=off", "-fvisibility=hidden", "-Wall", "-Wextra"];

/** Never unloaded, even if the Node worker that loaded it ends: its threads wait in its code until the process ends. */
const LINK =
  process.platform === "darwin"
    ? ["-bundle", "-undefined", "dynamic_lookup", "-pthread"]
    : ["-shared", "-Wl,-z,nodelete", "-pthread"];

/** Object files: name, source under `src/tensor`, and their own flags. */
function objects(arch) {
  const variant = (name, text, flags) => ({
    name: `kernels-${name}`,
    source: path.join("kernels", "kernels.c"),
    flags: [...flags, `-DKERNELS=kernels_${name}`, `-DKERNELS_NAME="${text}"`],
  });
  return [
    { name: "addon", source: path.join("native", "addon.c"), flags: ["-DNAPI_VERSION=8"] },
    { name: "pool", source: path.join("native", "pool.c"), flags: [] },
    variant("plain", arch === "arm64" ? "neon" : "scalar", arch === "arm64" ? [] : ["-O1"]),
    ...(arch === "x64"
      ? [variant("avx2", "avx2", ["-mavx2", "-mfma"]), variant("avx512", "avx512", ["-mavx512f", "-mavx2", "-mfma"])]
      : []),
  ];
}

/**
 * @param {{ force?: boolean }} [options]
 * @returns {{ ok: boolean, reason: string }} never throws; `reason` is one sentence
 */
export function buildNative({ force = false } = {}) {
  if (process.platform === "win32")
    return { ok: false, reason: "the native kernels need POSIX threads; Windows has none" };
  const compiler = findCompiler();
  if (compiler === null) {
    return {
      ok: false,
      reason: "no C compiler found (looked for $CC, cc, gcc, clang); install one, such as Debian's gcc package",
    };
  }
  try {
    createRequire(import.meta.url).resolve("node-api-headers");
  } catch {
    return { ok: false, reason: "the package node-api-headers is not installed; run npm ci" };
  }
  const sources = hashOfSources(tensor);
  const file = target(compiler, sources);
  if (!force && fs.existsSync(file)) {
    makeCurrent(file, sources);
    return { ok: true, reason: "built before from the same sources" };
  }
  // the compilers run in parallel in a child process, so that this function can stay synchronous
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--compile"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  try {
    return JSON.parse(child.stdout);
  } catch {
    return { ok: false, reason: `the build of the native kernels ended with status ${child.status}` };
  }
}

/** Where the build of these sources by this compiler lies. */
function target(compiler, sources) {
  return path.join(here, "build", `class-it-${fingerprint(compiler, objects(process.arch), sources)}.node`);
}

async function compile() {
  const compiler = findCompiler();
  const headers = createRequire(import.meta.url)("node-api-headers").include_dir;
  const parts = objects(process.arch);
  const started = Date.now();
  const temporary = path.join(here, "build", `tmp-${process.pid}`);
  try {
    // from a copy, so that all objects and the hash have the same sources even if a file is edited meanwhile
    for (const folder of ["kernels", "native"]) {
      fs.mkdirSync(path.join(temporary, folder), { recursive: true });
      for (const name of sourcesIn(path.join(tensor, folder)))
        fs.copyFileSync(path.join(tensor, folder, name), path.join(temporary, folder, name));
    }
    const sources = hashOfSources(temporary);
    const file = target(compiler, sources);
    const run = promisify(execFile);
    await Promise.all(
      parts.map((part) =>
        run(compiler.command, [
          ...FLAGS,
          ...part.flags,
          "-I",
          headers,
          "-c",
          path.join(temporary, part.source),
          "-o",
          path.join(temporary, `${part.name}.o`),
        ]),
      ),
    );
    const linked = path.join(temporary, "class-it.node");
    const inputs = parts.map((part) => path.join(temporary, `${part.name}.o`));
    await run(compiler.command, [...LINK, "-o", linked, ...inputs, "-lm"]);
    fs.renameSync(linked, file); // never written in place: another process may have the old one open
    makeCurrent(file, sources);
    return {
      ok: true,
      reason: `built with ${compiler.version} in ${((Date.now() - started) / 1000).toFixed(1)} s`,
      file,
    };
  } catch (error) {
    const message = String(error.stderr || error.message)
      .trim()
      .split("\n")
      .slice(0, 5)
      .join("\n");
    return { ok: false, reason: `${compiler.command} could not build the native kernels: ${message}` };
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true });
  }
}

/** Record the current build for `load-addon.ts`, with the hash of its sources. */
function makeCurrent(file, sources) {
  const text = `${JSON.stringify({ file: path.basename(file), sources })}\n`;
  const current = path.join(path.dirname(file), "current.json");
  if (fs.existsSync(current) && fs.readFileSync(current, "utf8") === text) return;
  fs.writeFileSync(`${current}.${process.pid}`, text);
  fs.renameSync(`${current}.${process.pid}`, current);
}

function sourcesIn(folder) {
  return fs
    .readdirSync(folder)
    .filter((name) => /\.[ch]$/.test(name))
    .sort();
}

/** The same as `hashOfSources` in load.ts. */
function hashOfSources(root) {
  const hash = createHash("sha256");
  for (const folder of ["kernels", "native"].map((name) => path.join(root, name))) {
    for (const name of sourcesIn(folder)) hash.update(fs.readFileSync(path.join(folder, name)));
  }
  return hash.digest("hex");
}

function findCompiler() {
  for (const command of [process.env.CC, "cc", "gcc", "clang"]) {
    if (!command) continue;
    try {
      const version = execFileSync(command, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      return { command, version: version.split("\n")[0].trim() };
    } catch {
      // not installed; try the next
    }
  }
  return null;
}

function fingerprint(compiler, parts, sources) {
  const hash = createHash("sha256");
  hash.update(
    `${compiler.version}\n${process.platform} ${process.arch} ${process.versions.modules}\n${FLAGS.join(" ")}\n${LINK.join(" ")}\n`,
  );
  for (const part of parts) hash.update(`${part.name} ${part.flags.join(" ")}\n`);
  hash.update(sources);
  return hash.digest("hex").slice(0, 16);
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (process.argv.includes("--compile")) {
    process.stdout.write(JSON.stringify(await compile()));
  } else {
    const { ok, reason } = buildNative({ force: process.argv.includes("--force") });
    process.stdout.write(`native kernels: ${reason}\n`);
    process.exitCode = ok ? 0 : 1;
  }
}
