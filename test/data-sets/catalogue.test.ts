import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { findDataSet, isInside, matchedPath, readCatalogue } from "../../src/data-sets/catalogue";
import { projectRoot } from "../../src/util/project-root";
import { sha256File } from "../../src/util/sha256";
import { referencePath, skipWithout } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";

const committed = path.join(projectRoot(), "data", "sources.json");

test("the committed catalogue is well-formed and names what the paper uses", () => {
  const names = readCatalogue(committed).map(({ name }) => name);
  for (const name of [
    "babylm-strict",
    "babylm-strict-small",
    "class-it",
    "class-it-140m",
    "evaluation-data",
    "glue",
    "comps",
    "ewok",
    "wug-past",
    "aoa",
  ]) {
    assert.ok(names.includes(name), name);
  }
  assert.throws(
    () => findDataSet(readCatalogue(committed), "clas-it"),
    /unknown data set "clas-it" \(did you mean "class-it"\?\)/,
  );
});

test("every address is a full one, and no two data sets write the same file differently", () => {
  const sums = new Map<string, string | null>();
  for (const { files } of readCatalogue(committed)) {
    for (const file of files) {
      assert.ok(
        file.urls.every((url) => url.startsWith("https://")),
        file.path,
      );
      if (sums.has(file.path)) assert.equal(sums.get(file.path), file.sha256, file.path);
      sums.set(file.path, file.sha256);
    }
  }
});

test("the checksums are those of the real files", { skip: skipWithout("data/evaluation_data") }, () => {
  const { files } = findDataSet(readCatalogue(committed), "evaluation-files");
  assert.equal(files.length, 149);
  for (const file of files.filter((_, i) => i % 10 === 0)) {
    assert.equal(sha256File(referencePath(`data/${file.path}`) as string), file.sha256, file.path);
  }
});

test("patterns give the path under the folder", () => {
  assert.equal(matchedPath("(?:^|/)([a-z]+\\.train)$", "text", "deep/childes.train"), "text/childes.train");
  assert.equal(matchedPath("\\.jsonl$", "e", "a/b.jsonl"), "e/a/b.jsonl");
  assert.equal(matchedPath("\\.jsonl$", "e", "a/b.csv"), null);
});

test("a path is inside unless it climbs, is absolute or is odd", () => {
  for (const good of ["a", "a/b.txt", "a..b/c", "...", "a/.hidden"]) assert.equal(isInside(good), true, good);
  for (const bad of ["", "..", "../a", "a/../b", "/a", "C:/a", "a\\b", "a\0b"])
    assert.equal(isInside(bad), false, JSON.stringify(bad));
});

test("mistakes in a catalogue are named by place", (t) => {
  const good = JSON.parse(
    JSON.stringify({
      about: "",
      dataSets: [
        {
          name: "x",
          title: "",
          use: "",
          licence: "",
          citation: "",
          homepage: "https://x.org",
          approximateBytes: null,
          access: { kind: "open" },
          files: [{ path: "a", urls: ["https://x.org/a"], bytes: null, sha256: null }],
        },
      ],
    }),
  );
  const broken = (change: (value: typeof good) => void) => {
    const value = structuredClone(good);
    change(value);
    return path.join(temporaryFolder(t, { "s.json": JSON.stringify(value) }), "s.json");
  };
  assert.equal(readCatalogue(broken(() => {})).length, 1);
  assert.throws(
    () => readCatalogue(broken((v) => (v.dataSets[0].files[0].path = "../x"))),
    /dataSets\.0\.files\.0\.path: want a relative path/,
  );
  assert.throws(() => readCatalogue(broken((v) => (v.dataSets[0].files[0].sha256 = "12"))), /sha256: want 64/);
  assert.throws(() => readCatalogue(broken((v) => v.dataSets.push(v.dataSets[0]))), /two data sets are called "x"/);
  assert.throws(() => readCatalogue(broken((v) => (v.dataSets[0].files = []))), /no files, listings or imports/);
  assert.throws(
    () => readCatalogue(broken((v) => (v.dataSets[0].listings = [{ service: "osf", id: "x", match: "(", to: "a" }]))),
    /regular expression/,
  );
});
