import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { unpackZip } from "../../src/data-sets/unpack";
import { referencePath, skipWithout } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";
import { makeZip, type ZipEntry } from "../support/zip";

const anything = { to: "out", match: "." };

function archive(t: TestContext, entries: readonly ZipEntry[]) {
  const root = temporaryFolder(t, { "a.zip": makeZip(entries) });
  return { root, file: path.join(root, "a.zip") };
}

test("matching entries are written under the folder, by the pattern's group", async (t) => {
  const { root, file } = archive(t, [
    { name: "train_100M/childes.train", content: "*CHI:\tup.\n", deflate: true },
    { name: "train_100M/README.md", content: "no" },
    { name: "__MACOSX/train_100M/._childes.train", content: "junk" },
    { name: "train_100M/", content: "" },
  ]);
  const names = await unpackZip(file, root, { to: "text", match: "(?:^|/)([a-z_]+\\.train)$" });
  assert.deepEqual(names, ["text/childes.train"]);
  assert.equal(fs.readFileSync(path.join(root, "text/childes.train"), "utf8"), "*CHI:\tup.\n");
});

test("an archive with a path that leaves the folder is refused whole", async (t) => {
  for (const name of ["../evil", "a/../../evil", "/etc/evil", "C:/evil", "a\\..\\..\\evil"]) {
    const { root, file } = archive(t, [
      { name: "good.txt", content: "good" },
      { name, content: "evil" },
    ]);
    await assert.rejects(
      unpackZip(file, root, anything),
      /would leave the folder|invalid relative path|absolute path|invalid characters/,
      name,
    );
    assert.deepEqual(fs.readdirSync(root), ["a.zip"], name);
  }
});

test("links, encrypted entries, doubled names and damage are refused by name", async (t) => {
  const cases: [ZipEntry[], RegExp][] = [
    [[{ name: "link", content: "/etc/passwd", mode: 0o120777 }], /entry link is a link/],
    [[{ name: "secret.jsonl", content: "x", encrypted: true, deflate: true }], /secret\.jsonl is encrypted/],
    [
      [
        { name: "x", content: "a" },
        { name: "x", content: "b" },
      ],
      /two entries would become out\/x/,
    ],
    [[{ name: "bad.txt", content: "hello", wrongCrc: true }], /bad\.txt: its checksum/],
    [[{ name: "short.txt", content: "hello", saysSize: 50 }], /short\.txt|compressed.*size|size mismatch/i],
  ];
  for (const [entries, message] of cases) {
    const { root, file } = archive(t, entries);
    await assert.rejects(unpackZip(file, root, anything), message);
  }
});

test("bombs are refused by size, by growth, by number", async (t) => {
  const zeros = Buffer.alloc(3_000_000);
  const bomb = archive(t, [{ name: "zeros", content: zeros, deflate: true }]);
  await assert.rejects(unpackZip(bomb.file, bomb.root, anything), /would grow \d+-fold; the limit is 200/);
  await assert.rejects(
    unpackZip(bomb.file, bomb.root, anything, { maxEntryBytes: 1000 }),
    /declares 3000000 bytes, the limit is 1000/,
  );
  const liar = archive(t, [{ name: "zeros", content: zeros, deflate: true, saysSize: 10 }]);
  await assert.rejects(unpackZip(liar.file, liar.root, anything), /zeros/);
  const many = archive(
    t,
    Array.from({ length: 20 }, (_, i) => ({ name: `${i}`, content: "x" })),
  );
  await assert.rejects(unpackZip(many.file, many.root, anything, { maxEntries: 10 }), /more than 10 entries/);
  await assert.rejects(unpackZip(many.file, many.root, anything, { maxTotalBytes: 10 }), /more than 10 bytes/);
});

test("a file that is no zip archive, is cut off, or has no wanted entry is reported", async (t) => {
  const whole = makeZip([{ name: "x.txt", content: "hello" }]);
  const root = temporaryFolder(t, {
    "text.zip": "not a zip",
    "cut.zip": whole.subarray(0, whole.length - 10),
    "ok.zip": whole,
  });
  await assert.rejects(unpackZip(path.join(root, "text.zip"), root, anything), /text\.zip: not a whole zip archive/);
  await assert.rejects(unpackZip(path.join(root, "cut.zip"), root, anything), /cut\.zip: not a whole zip archive/);
  await assert.rejects(
    unpackZip(path.join(root, "ok.zip"), root, { to: "out", match: "\\.train$" }),
    /no entry matches .*it holds x\.txt/,
  );
});

test("a real archive of another program is read", { skip: skipWithout("data/blimp_original_BLiMP.zip") }, async (t) => {
  const root = temporaryFolder(t);
  const file = referencePath("data/blimp_original_BLiMP.zip") as string;
  const names = await unpackZip(file, root, { to: "blimp", match: "^data/([^/]+\\.jsonl)$" });
  assert.equal(names.length, 67);
  const lines = fs.readFileSync(path.join(root, "blimp/adjunct_island.jsonl"), "utf8").trim().split("\n");
  assert.equal(lines.length, 1000);
});
