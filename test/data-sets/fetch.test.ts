import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import type { DataSet } from "../../src/data-sets/catalogue";
import { fetchDataSet, verifyData } from "../../src/data-sets/fetch";
import { importDataSet } from "../../src/data-sets/import";
import { readLedger, whileLocked } from "../../src/data-sets/ledger";
import { sha256 } from "../../src/util/sha256";
import { type ServedFile, serveFiles } from "../support/file-server";
import { temporaryFolder } from "../support/temporary-folder";
import { makeZip } from "../support/zip";

const base: DataSet = {
  name: "toy",
  title: "Toy",
  use: "tests",
  licence: "ours",
  citation: "none",
  homepage: "https://example.org/",
  approximateBytes: null,
  access: { kind: "open" },
  files: [],
  listings: [],
  imports: [],
};
const text = (content: string): ServedFile => ({ content: Buffer.from(content) });
const known = (name: string, url: string, content: string) => ({
  path: name,
  urls: [url],
  bytes: content.length,
  sha256: sha256(content),
});
const unknown = (name: string, url: string) => ({ path: name, urls: [url], bytes: null, sha256: null });

async function setUp(t: TestContext, files: Record<string, ServedFile>) {
  const server = await serveFiles(t, files);
  const folder = temporaryFolder(t);
  return { server, folder, options: { folder, pauseMs: 5, stallMs: 30_000, attempts: 2 } };
}

test("files arrive, are noted, and are not fetched again", async (t) => {
  const { server, folder, options } = await setUp(t, { "/a": text("alpha"), "/b": text("beta") });
  const dataSet = {
    ...base,
    files: [known("x/a.txt", `${server.url}/a`, "alpha"), unknown("x/b.txt", `${server.url}/b`)],
  };
  const first = await fetchDataSet(dataSet, options);
  assert.deepEqual(first, { dataSet: "toy", fetched: ["x/a.txt", "x/b.txt"], alreadyThere: [], bytes: 9 });
  const ledger = readLedger(folder);
  assert.deepEqual([ledger["x/a.txt"].checksum, ledger["x/b.txt"].checksum], ["published", "first-fetch"]);
  assert.equal(ledger["x/b.txt"].sha256, sha256("beta"));
  const again = await fetchDataSet(dataSet, options);
  assert.deepEqual(again.alreadyThere, ["x/a.txt", "x/b.txt"]);
  assert.equal(server.requests.length, 2);
});

test("a file without a published checksum may not change later, unless asked for", async (t) => {
  const { server, folder, options } = await setUp(t, { "/b": text("beta") });
  const dataSet = { ...base, files: [unknown("b.txt", `${server.url}/b`)] };
  await fetchDataSet(dataSet, options);
  server.files.set("/b", text("BETA"));
  fs.rmSync(path.join(folder, "b.txt"));
  await assert.rejects(fetchDataSet(dataSet, options), /its first download had other content.*--accept-changed/);
  assert.equal(fs.existsSync(path.join(folder, "b.txt")), false);
  await fetchDataSet(dataSet, { ...options, acceptChanged: true });
  assert.equal(readLedger(folder)["b.txt"].sha256, sha256("BETA"));
});

test("one file that fails is named, the others are kept", async (t) => {
  const { server, folder, options } = await setUp(t, { "/a": text("alpha"), "/c": text("gamma") });
  const dataSet = { ...base, files: ["a", "b", "c"].map((name) => unknown(name, `${server.url}/${name}`)) };
  await assert.rejects(fetchDataSet(dataSet, options), /toy: 1 of 3 files could not be fetched\nb: .*\/b: answers 404/);
  assert.deepEqual(Object.keys(readLedger(folder)), ["a", "c"]);
});

test("archives are unpacked, their files recorded, and a lost file causes another download", async (t) => {
  const zip = makeZip([
    { name: "train/childes.train", content: "*CHI:\tup.\n" },
    { name: "train/switchboard.train", content: "A:\tHi.\n" },
  ]);
  const { server, folder, options } = await setUp(t, { "/t.zip": { content: zip } });
  const unpack = { to: "text", match: "(?:^|/)([a-z_]+\\.train)$" };
  const dataSet = { ...base, files: [{ ...unknown("archives/t.zip", `${server.url}/t.zip`), unpack }] };
  await fetchDataSet(dataSet, options);
  assert.equal(fs.readFileSync(path.join(folder, "text/switchboard.train"), "utf8"), "A:\tHi.\n");
  assert.equal(verifyData(folder).length, 3);
  assert.deepEqual((await fetchDataSet(dataSet, options)).alreadyThere, ["archives/t.zip"]);
  fs.rmSync(path.join(folder, "text/childes.train"));
  await fetchDataSet(dataSet, options);
  assert.ok(fs.existsSync(path.join(folder, "text/childes.train")));
});

test("verify finds what is missing, grown or altered", async (t) => {
  const { server, folder, options } = await setUp(t, {
    "/a": text("alpha"),
    "/b": text("beta"),
    "/c": text("gamma"),
    "/d": text("delta"),
  });
  await fetchDataSet(
    { ...base, files: ["a", "b", "c", "d"].map((name) => unknown(name, `${server.url}/${name}`)) },
    options,
  );
  fs.rmSync(path.join(folder, "a"));
  fs.appendFileSync(path.join(folder, "b"), "!");
  fs.writeFileSync(path.join(folder, "c"), "GAMMA");
  assert.deepEqual(
    verifyData(folder).map(({ path: name, state }) => `${name} ${state}`),
    ["a missing", "b changed", "c changed", "d good"],
  );
  assert.deepEqual(verifyData(folder, ["other"]), []);
});

test("a gated set wants its token from the environment and sends it to its host only", async (t) => {
  const { server, folder, options } = await setUp(t, { "/a": { ...text("alpha"), token: "tok" } });
  const dataSet: DataSet = {
    ...base,
    access: {
      kind: "gated",
      terms: "Agree to the terms.",
      tokenVariable: "TOY_TOKEN",
      tokenHost: new URL(server.url).host,
    },
    files: [unknown("a", `${server.url}/a`)],
  };
  await assert.rejects(
    fetchDataSet(dataSet, { ...options, environment: {} }),
    /toy is gated: Agree to the terms\. Then set TOY_TOKEN/,
  );
  assert.equal(server.requests.length, 0);
  await assert.rejects(
    fetchDataSet(dataSet, { ...options, environment: { TOY_TOKEN: "wrong" } }),
    /token was not accepted.*\n.*Access: Agree/s,
  );
  await fetchDataSet(dataSet, { ...options, environment: { TOY_TOKEN: "tok\n" } });
  assert.doesNotMatch(fs.readFileSync(path.join(folder, "ledger.json"), "utf8"), /tok"|wrong/);
});

test("a mirror replaces the start of an address", async (t) => {
  const { server, options } = await setUp(t, { "/mirror/a": text("alpha") });
  const dataSet = { ...base, files: [unknown("a", "https://data.example.org/files/a")] };
  const mirrors = [{ from: "https://data.example.org/files/", to: `${server.url}/mirror/` }];
  assert.deepEqual((await fetchDataSet(dataSet, { ...options, mirrors })).fetched, ["a"]);
});

test("the Hugging Face Hub's list gives addresses, sizes and checksums, page by page", async (t) => {
  const { server, folder, options } = await setUp(t, {});
  const shard = "parquet bytes";
  const tree = "/api/datasets/lab/set/tree/main?recursive=true";
  server.files.set(
    tree,
    text(
      JSON.stringify([
        { type: "directory", path: "wiki" },
        { type: "file", path: "README.md", size: 3, oid: "0123" },
        {
          type: "file",
          path: "wiki/train-0.parquet",
          size: shard.length,
          oid: "12",
          lfs: { oid: sha256(shard), size: shard.length },
        },
      ]),
    ),
  );
  server.files.set("/datasets/lab/set/resolve/main/wiki/train-0.parquet", text(shard));
  const listings: DataSet["listings"] = [
    { service: "hugging-face-dataset", id: "lab/set", match: "^(wiki/train-.*)$", to: "set" },
  ];
  const mirrors = [{ from: "https://huggingface.co", to: server.url }];
  await fetchDataSet({ ...base, listings }, { ...options, mirrors });
  assert.equal(readLedger(folder)["set/wiki/train-0.parquet"].checksum, "published");
  server.files.set("/datasets/lab/set/resolve/main/wiki/train-0.parquet", text("parquet bytez"));
  fs.rmSync(path.join(folder, "set/wiki/train-0.parquet"));
  await assert.rejects(fetchDataSet({ ...base, listings }, { ...options, mirrors }), /SHA-256/);
  const other = [{ ...listings[0], match: "\\.csv$" }];
  await assert.rejects(
    fetchDataSet({ ...base, listings: other }, { ...options, mirrors }),
    /no file matches .*it lists README\.md, wiki/,
  );
  server.files.set(tree, text("<html>login</html>"));
  await assert.rejects(fetchDataSet({ ...base, listings }, { ...options, mirrors }), /toy: .*JSON/);
});

test("the Open Science Framework's folders are walked", async (t) => {
  const { server, folder, options } = await setUp(t, { "/dl/1": text("{}\n"), "/dl/2": text("no") });
  const api = "/v2/nodes/abc/files/osfstorage/?page[size]=100";
  const file = (name: string, content: string, id: number) => ({
    attributes: { name, kind: "file", size: content.length, extra: { hashes: { sha256: sha256(content) } } },
    links: { download: `https://osf.io/dl/${id}` },
  });
  server.files.set(
    api,
    text(
      JSON.stringify({
        data: [
          {
            attributes: { name: "evaluation_data", kind: "folder" },
            relationships: { files: { links: { related: { href: "https://api.osf.io/sub" } } } },
          },
        ],
        links: { next: null },
      }),
    ),
  );
  server.files.set(
    "/sub",
    text(JSON.stringify({ data: [file("glue.jsonl", "{}\n", 1)], links: { next: "https://api.osf.io/sub2" } })),
  );
  server.files.set("/sub2", text(JSON.stringify({ data: [file("notes.txt", "no", 2)], links: { next: null } })));
  const listings: DataSet["listings"] = [
    { service: "osf", id: "abc", match: "evaluation_data/(.*\\.jsonl)$", to: "evaluation_data" },
  ];
  const mirrors = [
    { from: "https://api.osf.io", to: server.url },
    { from: "https://osf.io", to: server.url },
  ];
  const { fetched } = await fetchDataSet({ ...base, listings }, { ...options, mirrors });
  assert.deepEqual(fetched, ["evaluation_data/glue.jsonl"]);
  assert.equal(fs.readFileSync(path.join(folder, fetched[0]), "utf8"), "{}\n");
});

test("files that a user has are matched by path end, checked and copied", async (t) => {
  const folder = temporaryFolder(t);
  const have = temporaryFolder(t, {
    "dl/full/a.jsonl": "full",
    "dl/fast/a.jsonl": "fast",
    "dl/notes.txt": "x",
    "dl/wiki/train-0.parquet": "p",
  });
  const dataSet: DataSet = {
    ...base,
    files: [
      known("e/fast/a.jsonl", "https://x.org/1", "fast"),
      known("e/full/a.jsonl", "https://x.org/2", "full"),
      unknown("e/full/b.jsonl", "https://x.org/3"),
    ],
    listings: [{ service: "hugging-face-dataset", id: "lab/set", match: "^(wiki/train-.*)$", to: "set" }],
  };
  const { imported, ignored, missing } = await importDataSet(dataSet, have, folder);
  assert.deepEqual(imported, ["e/fast/a.jsonl", "e/full/a.jsonl", "set/wiki/train-0.parquet"]);
  assert.deepEqual([ignored, missing], [["dl/notes.txt"], ["e/full/b.jsonl"]]);
  assert.equal(fs.readFileSync(path.join(folder, "e/full/a.jsonl"), "utf8"), "full");
  assert.ok(verifyData(folder).every(({ state }) => state === "good"));
  const bad = temporaryFolder(t, { "full/a.jsonl": "other" });
  await assert.rejects(importDataSet(dataSet, path.join(bad, "full/a.jsonl"), folder), /has SHA-256 .* toy wants/);
  await assert.rejects(
    importDataSet(dataSet, temporaryFolder(t, { "z.txt": "" }), folder),
    /contains no file of toy; wanted e\/fast/,
  );
  await assert.rejects(importDataSet(dataSet, path.join(bad, "nowhere"), folder), /no such file/);
});

test("a single file under another name is known by its checksum", async (t) => {
  const have = temporaryFolder(t, { "copy (1).bin": "alpha" });
  const dataSet = { ...base, files: [known("x/a.txt", "https://x.org/a", "alpha")] };
  const { imported } = await importDataSet(dataSet, path.join(have, "copy (1).bin"), temporaryFolder(t));
  assert.deepEqual(imported, ["x/a.txt"]);
});

test("import takes an archive, or what was unpacked from one", async (t) => {
  const zip = makeZip([{ name: "train/childes.train", content: "*CHI:\tup.\n" }]);
  const unpack = { to: "text", match: "(?:^|/)([a-z_]+\\.train)$" };
  const dataSet = { ...base, files: [{ ...unknown("archives/t.zip", "https://x.org/t.zip"), unpack }] };
  for (const have of [
    temporaryFolder(t, { "t.zip": zip }),
    temporaryFolder(t, { "some/childes.train": "*CHI:\tup.\n" }),
  ]) {
    const folder = temporaryFolder(t);
    const { imported } = await importDataSet(dataSet, have, folder);
    assert.ok(imported.includes("text/childes.train"), imported.join());
    assert.equal(fs.readFileSync(path.join(folder, "text/childes.train"), "utf8"), "*CHI:\tup.\n");
  }
});

test("two processes do not fetch into one folder at a time", async (t) => {
  const folder = temporaryFolder(t);
  await whileLocked(folder, async () => {
    await assert.rejects(
      whileLocked(folder, async () => {}),
      /is in use by process \d+/,
    );
  });
  await whileLocked(folder, async () => {});
});
