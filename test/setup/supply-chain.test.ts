/** @file What an installation brings: no install script runs, every package is pinned by its content, licences fit MIT. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { projectRoot } from "../../src/util/project-root";

interface Locked {
  version?: string;
  license?: string;
  integrity?: string;
  resolved?: string;
  hasInstallScript?: boolean;
  link?: boolean;
}

const read = (name: string) => fs.readFileSync(path.join(projectRoot(), name), "utf8");
const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, Locked> };
const packages = Object.entries(lock.packages).filter(([place]) => place !== "");
const nameOf = (place: string) => place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length);

/** Packages with an install script, and why nothing is missing without it. */
const SCRIPTS: Record<string, string> = {
  "@tensorflow/tfjs-node-gpu": "downloads TensorFlow 2.9; npm run engine:tensorflow builds today's instead",
  "core-js": "prints an advertisement",
  esbuild: "replaces a launcher by the program, which is a package of its own",
  webgpu: "takes macOS's quarantine mark off its library",
  zeromq: "compiles only where its prebuilt library does not load",
};

test("no package's install script runs, and each that has one is known", () => {
  assert.match(read(".npmrc"), /^ignore-scripts=true$/m);
  const withScript = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(([place]) => nameOf(place));
  assert.deepEqual([...new Set(withScript)].sort(), Object.keys(SCRIPTS).sort());
});

test("every package is pinned by version and content, and comes from the registry", () => {
  for (const [place, { version, integrity, resolved, link }] of packages) {
    assert.ok(!link, `${place} is a link`);
    assert.match(version ?? "", /^\d+\.\d+\.\d+/, place);
    assert.match(integrity ?? "", /^sha512-/, `${place} has no sha512 checksum`);
    assert.ok(resolved === undefined || /^https:\/\/registry\.npmjs\.org\//.test(resolved), `${place}: ${resolved}`);
  }
  const own = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
  for (const group of ["dependencies", "devDependencies", "optionalDependencies"])
    for (const [name, wanted] of Object.entries(own[group]))
      assert.match(wanted, /^(npm:.*@)?\d+\.\d+\.\d+$/, `${name}: want an exact version`);
  for (const line of read("src/setup/requirements.txt").trim().split("\n"))
    assert.match(line, /^[a-z0-9-]+==\d+(\.\d+)+$/, `requirements.txt: want an exact version, got "${line}"`);
});

/** Licences that allow use in a package under MIT; weaker terms on single files (MPL) stay with those files. */
const LICENCES = new Set([
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "Unlicense",
  "0BSD",
  "MPL-2.0",
  "AFL-2.1",
]);
/** Packages whose lock entry names no licence; read in the package's own LICENSE file. */
const READ_BY_HAND: Record<string, string> = { "typed-function@2.1.0": "MIT" };

test("the licence of every package is compatible with MIT", () => {
  for (const [place, { version, license }] of packages) {
    const terms = license ?? READ_BY_HAND[`${nameOf(place)}@${version}`] ?? "none named";
    const names = terms.replace(/[()]/g, "").split(/ (?:AND|OR) /);
    for (const name of names) assert.ok(LICENCES.has(name), `${place}@${version}: licence "${terms}"`);
  }
});
