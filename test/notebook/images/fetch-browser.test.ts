/** @file Which browser is taken, in order; how one is fetched and unpacked, from a small package of the same form. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { browserFolder, fetchedBrowser, findChromium } from "../../../src/notebook/images/browser";
import { fetchChromiumPackage, obtainBrowser } from "../../../src/notebook/images/fetch-browser";
import { temporaryFolder } from "../../support/temporary-folder";

/** Run with other environment variables. */
async function withEnvironment<T>(changes: NodeJS.ProcessEnv, work: () => T | Promise<T>): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, changes);
  for (const [name, value] of Object.entries(changes)) if (value === undefined) delete process.env[name];
  try {
    return await work();
  } finally {
    for (const name of Object.keys(changes)) delete process.env[name];
    Object.assign(process.env, before);
  }
}

const isWindows = process.platform === "win32";

test("an installed Chrome, Edge or Chromium is found on the PATH, in this order of folders", {
  skip: isWindows,
}, async (t) => {
  const folder = temporaryFolder(t, { "a/microsoft-edge": "", "b/google-chrome-stable": "", "c/firefox": "" });
  const PATH = (...names: string[]) => names.map((name) => path.join(folder, name)).join(path.delimiter);
  const find = (names: string[]) =>
    withEnvironment({ CHROMIUM: undefined, PATH: PATH(...names) }, () => findChromium(folder));
  assert.equal(await find(["c", "a", "b"]), path.join(folder, "a/microsoft-edge"));
  assert.equal(await find(["b", "a"]), path.join(folder, "b/google-chrome-stable"));
  if (process.platform === "linux") assert.equal(await find(["c"]), null);
});

test("CHROMIUM names the browser; a missing program means no browser", { skip: isWindows }, async (t) => {
  const folder = temporaryFolder(t, { "my-browser": "", "bin/chromium": "" });
  const own = path.join(folder, "my-browser");
  const said: string[] = [];
  const obtain = (CHROMIUM: string) =>
    withEnvironment({ CHROMIUM, PATH: path.join(folder, "bin") }, () =>
      obtainBrowser({ root: folder, report: (sentence) => said.push(sentence), sources: [never] }),
    );
  const never = { name: "nothing", fetch: () => Promise.reject(new Error("must not be fetched")) };
  assert.equal(await obtain(own), own);
  assert.equal(await obtain("none"), null);
  assert.deepEqual(said, ["the browser that CHROMIUM names (none) does not exist"]);
});

test("without an installed browser each source is tried in order, and each failure is reported", async (t) => {
  const root = temporaryFolder(t);
  const said: string[] = [];
  const tried: string[] = [];
  const source = (name: string, fetch: () => Promise<void>) => ({
    name,
    fetch: () => {
      tried.push(name);
      return fetch();
    },
  });
  const program = path.join(
    browserFolder(root),
    "playwright",
    "chromium_headless_shell-1",
    "chrome-linux",
    "headless_shell",
  );
  const options = {
    root,
    report: (sentence: string) => said.push(sentence),
    find: fetchedBrowser,
    sources: [
      source("first", () => Promise.reject(new Error("no network"))),
      source("second", async () => {
        fs.mkdirSync(path.dirname(program), { recursive: true });
        fs.writeFileSync(program, "");
      }),
    ],
  };
  await withEnvironment({ CHROMIUM: undefined }, async () => {
    assert.equal(await obtainBrowser({ ...options, sources: options.sources.slice(0, 1) }), null);
    assert.equal(await obtainBrowser(options), program);
    assert.deepEqual(tried, ["first", "first", "second"]);
    assert.match(said.join("\n"), /fetching first .* \(once\) \.\.\.\nfirst could not be fetched: no network/);
    assert.equal(await obtainBrowser(options), program); // found, not fetched again
    assert.equal(tried.length, 3);
  });
});

test("the package is checked against its digest, unpacked whole, and runs", {
  skip: process.platform !== "linux",
}, async (t) => {
  const root = temporaryFolder(t);
  const source = temporaryFolder(t, {
    "package/package.json": "{}",
    "lib/libnss3.so": "a library",
    "fonts/Open.ttf": "a font",
  });
  const bin = path.join(source, "package", "bin");
  fs.mkdirSync(bin);
  const compress = (name: string, data: Buffer) =>
    fs.writeFileSync(path.join(bin, `${name}.br`), brotliCompressSync(data));
  compress("chromium", Buffer.from('#!/bin/sh\necho "browser: $1, fonts: $FONTCONFIG_FILE"\n'));
  compress("al2023.tar", execFileSync("tar", ["-c", "lib"], { cwd: source }));
  compress("fonts.tar", execFileSync("tar", ["-c", "fonts"], { cwd: source }));
  const tgz = execFileSync("tar", ["-cz", "package"], { cwd: source });
  const pack = async (folder: string) => fs.writeFileSync(path.join(folder, "chromium.tgz"), tgz);
  const sha512 = createHash("sha512").update(tgz).digest("base64");

  await assert.rejects(fetchChromiumPackage(root, pack, "another"), /its SHA-512 is .*, expected another/);
  assert.equal(fetchedBrowser(root), null);
  assert.deepEqual(fs.readdirSync(browserFolder(root)), [], "nothing half-made is left");

  await fetchChromiumPackage(root, pack, sha512);
  const program = fetchedBrowser(root) as string;
  const folder = path.dirname(program);
  assert.deepEqual(fs.readdirSync(folder).sort(), ["chromium", "fonts", "fonts.conf", "lib", "run-chromium"]);
  assert.equal(
    spawnSync(program, ["--version"], { encoding: "utf8" }).stdout,
    `browser: --version, fonts: ${path.join(folder, "fonts.conf")}\n`,
  );
});
