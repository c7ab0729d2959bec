import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { parquetWriteBuffer } from "hyparquet-writer";
import { readInstructionSet, writeInstructionSet } from "../../src/augmentation/instruction-files";
import { toRow } from "../../src/augmentation/instruction-set";
import { projectRoot } from "../../src/util/project-root";
import { writeSealedJson } from "../../src/util/sealed-json";
import { golden } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";

const rows = [
  toRow("Where is the mill?", "It stands at the river. Mira lives there.", "simple_wiki", "simple_wiki/1"),
  toRow("Who is Mira?", "Mira is a miller. “Café” 😀 is her cat.", "simple_wiki", "simple_wiki/1"),
  toRow("What is a wheel?", "A wheel is round. It turns.", "simple_wiki", "simple_wiki/4"),
  toRow("hello there", "how are you", "switchboard", "switchboard/1"),
  toRow("how are you", "fine, thank you", "switchboard", "switchboard/1"),
  toRow("is it late", "not at all", "switchboard", "switchboard/2"),
];

test("rows are read as they were written, with their documents", async (t) => {
  const folder = temporaryFolder(t);
  writeInstructionSet(folder, rows, { teacher: "template-1" });
  const { rows: read, configs } = await readInstructionSet(folder);
  assert.deepEqual(read, rows);
  assert.deepEqual(
    configs.map(({ config, rows: count, documents }) => [config, count, documents]),
    [
      ["simple_wiki", 3, "listed"],
      ["switchboard", 3, "listed"],
    ],
  );
  const card = fs.readFileSync(path.join(folder, "README.md"), "utf8");
  assert.match(card, /^---\n/);
  assert.match(
    card,
    /- config_name: switchboard\n {2}data_files:\n {2}- split: train\n {4}path: switchboard\/train-\*/,
  );
});

test("the same rows give the same bytes", (t) => {
  const [a, b] = [temporaryFolder(t), temporaryFolder(t)];
  for (const folder of [a, b]) writeInstructionSet(folder, rows, { teacher: "template-1" });
  for (const name of ["simple_wiki/train-00000-of-00001.parquet", "switchboard/documents.json", "README.md"]) {
    assert.deepEqual(fs.readFileSync(path.join(a, name)), fs.readFileSync(path.join(b, name)), name);
  }
});

test("without our list, conversations are recovered from the sliding window", async (t) => {
  const folder = temporaryFolder(t);
  writeInstructionSet(folder, rows, { teacher: "template-1" });
  for (const config of ["simple_wiki", "switchboard"]) fs.rmSync(path.join(folder, config, "documents.json"));
  const { rows: read } = await readInstructionSet(folder);
  assert.deepEqual(
    read.map(({ documentId }) => documentId),
    ["simple_wiki/1", "simple_wiki/2", "simple_wiki/3", "switchboard/1", "switchboard/1", "switchboard/2"],
  );
});

test("wiki rows that carry the same article as their text are one document", async (t) => {
  const folder = temporaryFolder(t);
  const texts = ["article one", "article one", "article two", "article one"];
  writeInstructionSet(
    folder,
    texts.map((text, i) => ({ ...toRow(`q ${i}?`, `a ${i}`, "simple_wiki", ""), text })),
    { teacher: "x" },
  );
  fs.rmSync(path.join(folder, "simple_wiki/documents.json"));
  const { rows: read } = await readInstructionSet(folder);
  assert.deepEqual(
    read.map(({ documentId }) => documentId),
    ["simple_wiki/1", "simple_wiki/1", "simple_wiki/2", "simple_wiki/1"],
  );
});

test("wiki rows that carry the same article in their prompt are one document", async (t) => {
  const folder = temporaryFolder(t);
  const prompts = ["Cows moo.\nWho moos?", "Cows moo.\nWhy do they?", "Dogs bark.\nWho barks?", "Cows moo.\nWhen?"];
  const made = prompts.map((prompt, i) => toRow(prompt, `a ${i}`, "simple_wiki", ""));
  writeInstructionSet(folder, made, { teacher: "x", promptForm: "article-and-question" });
  assert.match(
    fs.readFileSync(path.join(folder, "README.md"), "utf8"),
    /A prompt is the whole article, then the question/,
  );
  fs.rmSync(path.join(folder, "simple_wiki/documents.json"));
  const { rows: read } = await readInstructionSet(folder);
  assert.deepEqual(
    read.map(({ documentId }) => documentId),
    ["simple_wiki/1", "simple_wiki/1", "simple_wiki/2", "simple_wiki/1"],
  );
});

test("several shards are read in order, and a missing config is no error", async (t) => {
  const folder = temporaryFolder(t);
  for (const [shard, name] of ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"].entries()) {
    const data = ["prompt", "reply", "source", "text"].map((column) => ({
      name: column,
      data: [`${column} ${shard}`],
      type: "STRING" as const,
    }));
    fs.mkdirSync(path.join(folder, "switchboard"), { recursive: true });
    fs.writeFileSync(path.join(folder, "switchboard", name), new Uint8Array(parquetWriteBuffer({ columnData: data })));
  }
  const { rows: read, configs } = await readInstructionSet(folder);
  assert.deepEqual(
    read.map(({ prompt }) => prompt),
    ["prompt 0", "prompt 1"],
  );
  assert.deepEqual(configs[0], { config: "simple_wiki", files: [], rows: 0, documents: "none" });
});

test("truncated, damaged, foreign and column-less files are refused by name", async (t) => {
  const whole = temporaryFolder(t);
  writeInstructionSet(whole, rows, { teacher: "template-1" });
  const bytes = fs.readFileSync(path.join(whole, "switchboard/train-00000-of-00001.parquet"));
  const damaged = Buffer.from(bytes);
  damaged.fill(0xff, 4, 60);
  const foreign = Buffer.from(bytes);
  foreign[foreign.indexOf("fine, thank you")] ^= 0x80;
  const parquet = (names: string[], value: string | null) =>
    new Uint8Array(
      parquetWriteBuffer({ columnData: names.map((name) => ({ name, data: [value], type: "STRING" as const })) }),
    );
  const cases: [Uint8Array, RegExp][] = [
    [bytes.subarray(0, bytes.length - 20), /switchboard.train-0\.parquet: not a whole Parquet file/],
    [bytes.subarray(0, 100), /not a whole Parquet file/],
    [new Uint8Array(0), /not a whole Parquet file/],
    [Buffer.from("PAR1 this is not parquet PAR1"), /not a whole Parquet file/],
    [damaged, /cannot be read/],
    [foreign, /its data cannot be read \(column reply, row group 0, page \d: text \d is not UTF-8\)/],
    [
      parquet(["prompt", "source", "text"], "x"),
      /lacks the column reply \(or it holds only nulls\); has prompt, source, text/,
    ],
    [parquet(["prompt", "reply", "source", "text"], null), /row 1: want a prompt and a reply/],
    [parquet(["prompt", "reply"], ""), /row 1: want a prompt and a reply/],
  ];
  for (const [content, message] of cases) {
    const folder = temporaryFolder(t, { "switchboard/train-0.parquet": content });
    await assert.rejects(readInstructionSet(folder), message);
  }
  await assert.rejects(
    readInstructionSet(temporaryFolder(t)),
    /has no instruction set.*npm run data -- fetch class-it/,
  );
});

test("a list of documents that does not fit the rows is refused", async (t) => {
  const folder = temporaryFolder(t);
  writeInstructionSet(folder, rows, { teacher: "template-1" });
  const file = path.join(folder, "switchboard/documents.json");
  const { sha256: _, ...list } = JSON.parse(fs.readFileSync(file, "utf8"));
  writeSealedJson(file, { ...list, documents: [["switchboard/1", 2]] });
  await assert.rejects(readInstructionSet(folder), /lists 2 rows, the Parquet files have 3/);
  writeSealedJson(file, { documents: [["switchboard/1", 3]] });
  await assert.rejects(readInstructionSet(folder), /documents\.json: want checksums and documents/);
  fs.writeFileSync(file, '[["switchboard/1", 3]]');
  await assert.rejects(readInstructionSet(folder), /documents\.json: want an object/);
});

test("files written by Apache Arrow are read, under every codec in use", async (t) => {
  const folder = path.join(projectRoot(), "test", "golden", "augmentation");
  const expected = golden<{ prompt: string; reply: string; text: string }[]>("augmentation/parquet.json");
  for (const codec of ["snappy", "zstd", "gzip", "none"]) {
    const bytes = fs.readFileSync(path.join(folder, `parquet-${codec}.parquet`));
    const { rows: read } = await readInstructionSet(temporaryFolder(t, { "simple_wiki/train-0.parquet": bytes }));
    assert.deepEqual(
      read.map(({ prompt, reply, text }) => ({ prompt, reply, text })),
      expected.map(({ prompt, reply, text }) => ({ prompt, reply, text })),
      codec,
    );
  }
});
