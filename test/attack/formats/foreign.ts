/** @file Formats of others: no checksum, so every reader must refuse what it cannot read, or read what is there. */

import * as fs from "node:fs";
import * as path from "node:path";
import { readInstructionSet, writeInstructionSet } from "../../../src/augmentation/instruction-files";
import { loadCorpus } from "../../../src/corpus/load-corpus";
import { loadSwda } from "../../../src/corpus/swda";
import { readCatalogue } from "../../../src/data-sets/catalogue";
import { unpackZip } from "../../../src/data-sets/unpack";
import { openHuggingFace, saveHuggingFace } from "../../../src/model/checkpoint/hugging-face";
import { SafetensorsFile, type TensorData, writeSafetensors } from "../../../src/model/checkpoint/safetensors";
import { readNotebook } from "../../../src/notebook/execution/notebook-file";
import { loadAoaWords, loadChildCurves } from "../../../src/tasks/aoa";
import { TASKS } from "../../../src/tasks/index";
import { loadItems } from "../../../src/tasks/load";
import { loadReading } from "../../../src/tasks/reading";
import { glueTask, loadGlue } from "../../../src/tasks/superglue";
import type { ForcedChoiceTask } from "../../../src/tasks/task";
import { trainBpe } from "../../../src/tokenizer/bpe-train";
import { Tokenizer } from "../../../src/tokenizer/tokenizer";
import { MANIFEST } from "../../../src/util/manifest";
import { projectRoot } from "../../../src/util/project-root";
import { makeZip } from "../../support/zip";
import { tinyModel } from "../../train/support/tiny-stage";
import type { Format } from "./format";

const sample = (...names: string[]) => path.join(projectRoot(), "data", "sample", ...names);
const firstLines = (file: string, count: number) =>
  `${fs.readFileSync(file, "utf8").split("\n").slice(0, count).join("\n")}\n`;

function write(folder: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), content);
  }
}

const TENSORS: [string, TensorData][] = [
  ["a", { shape: [3, 4], values: Float32Array.from({ length: 12 }, (_, i) => i / 7) }],
  ["b.weight", { shape: [5], values: Float32Array.of(-1, 1e-8, 3e5, 0, 2) }],
];

const safetensors: Format = {
  name: "safetensors",
  isChecked: false,
  make: (folder) => {
    writeSafetensors(path.join(folder, "x.safetensors"), TENSORS);
    return { "x.safetensors": "bytes" };
  },
  read: (folder) => {
    const file = SafetensorsFile.open(path.join(folder, "x.safetensors"));
    return file.names().map((name) => [name, file.read(name)]);
  },
  witness: (folder) => {
    const bytes = fs.readFileSync(path.join(folder, "x.safetensors"));
    const length = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString("utf8")) as Record<
      string,
      { dtype: string; shape: number[]; data_offsets: [number, number] }
    >;
    return Object.entries(header)
      .filter(([name]) => name !== "__metadata__")
      .map(([name, { shape, data_offsets }]) => {
        const part = bytes.subarray(8 + length + data_offsets[0], 8 + length + data_offsets[1]);
        const values = Float32Array.from({ length: part.length / 4 }, (_, i) => part.readFloatLE(4 * i));
        return [name, { shape, values }];
      });
  },
};

const sharded: Format = {
  name: "shards with index and config.json",
  isChecked: false,
  make: async (folder) => {
    const model = tinyModel();
    await saveHuggingFace(folder, model);
    model.dispose();
    fs.rmSync(path.join(folder, MANIFEST));
    const whole = SafetensorsFile.open(path.join(folder, "model.safetensors"));
    const shards: [string, TensorData][][] = [[], []];
    const map: Record<string, string> = {};
    for (const [i, name] of whole.names().entries()) {
      map[name] = `model-0000${1 + (i % 2)}-of-00002.safetensors`;
      shards[i % 2].push([name, whole.read(name)]);
    }
    for (const [i, tensors] of shards.entries()) {
      writeSafetensors(path.join(folder, `model-0000${i + 1}-of-00002.safetensors`), tensors);
    }
    fs.rmSync(path.join(folder, "model.safetensors"));
    write(folder, { "model.safetensors.index.json": JSON.stringify({ metadata: {}, weight_map: map }) });
    return {
      "config.json": "json",
      "model.safetensors.index.json": "json",
      "model-00001-of-00002.safetensors": "bytes",
    };
  },
  read: (folder) => {
    const { config, names, read } = openHuggingFace(folder);
    return [config, names.map((name) => [name, read(name)])];
  },
  special: {
    "NaN weights": (folder) => poison(folder, Number.NaN),
    "infinite weights": (folder) => poison(folder, Number.NEGATIVE_INFINITY),
    "a shard outside the folder": (folder) =>
      write(folder, { "model.safetensors.index.json": '{"weight_map":{"x":"../../../etc/passwd.safetensors"}}' }),
    "a billion layers": (folder) => editConfig(folder, { num_hidden_layers: 1e9 }),
    "a vocabulary of 2^53": (folder) => editConfig(folder, { vocab_size: 2 ** 53 }),
    "no heads": (folder) => editConfig(folder, { num_attention_heads: 0 }),
  },
};

function poison(folder: string, value: number): void {
  const file = path.join(folder, "model-00001-of-00002.safetensors");
  const bytes = fs.readFileSync(file);
  bytes.writeFloatLE(value, bytes.length - 8);
  fs.writeFileSync(file, bytes);
}

function editConfig(folder: string, change: object): void {
  const file = path.join(folder, "config.json");
  fs.writeFileSync(file, JSON.stringify({ ...JSON.parse(fs.readFileSync(file, "utf8")), ...change }));
}

const SENTENCES = ["The cat sat on the mat.", " 12 naïve  dogs\n\tran", "it's <s> \u{1f600} ''", "a".repeat(60)];

const tokenizer: Format = {
  name: "tokenizer.json and its configuration",
  isChecked: false,
  make: (folder) => {
    trainBpe([SENTENCES.join("\n"), "the dog and the cat and the mat"], { vocabSize: 300 }).save(folder);
    fs.rmSync(path.join(folder, MANIFEST), { force: true });
    return { "tokenizer.json": "json", "tokenizer_config.json": "json", "special_tokens_map.json": "json" };
  },
  read: (folder) => {
    const loaded = Tokenizer.load(folder);
    const text = [...SENTENCES, `${"a".repeat(200)}!`];
    return [
      loaded.specialTokens,
      text.map((t) => loaded.encode(t)),
      text.map((t) => loaded.decode(loaded.encode(t).ids)),
    ];
  },
  special: Object.fromEntries(
    [
      "(a+)+$",
      "(a|aa)+$",
      "(a|a)*b",
      "([a-zA-Z]+)*$",
      "(.*a){30}",
      "(?=(a+))\\1*b",
      "^(a?){50}a{50}$",
      "(x+x+)+y",
      "(".repeat(5000) + ")".repeat(5000),
      "a{1,100000}{1,100000}",
      "[",
      "(?<=a+)b",
    ].map((pattern, i) => [
      `a pattern that explodes, ${i + 1}`,
      (folder: string) =>
        editTokenizer(folder, { type: "Split", pattern: { Regex: pattern }, behavior: "Isolated", invert: false }),
    ]),
  ),
};

function editTokenizer(folder: string, preTokenizer: object): void {
  const file = path.join(folder, "tokenizer.json");
  const json = JSON.parse(fs.readFileSync(file, "utf8"));
  fs.writeFileSync(file, JSON.stringify({ ...json, pre_tokenizer: preTokenizer }));
}

const PAIRS = Array.from({ length: 12 }, (_, i) => ({
  prompt: `What is thing ${i}?`,
  reply: `Thing ${i} is a thing. It has many parts, and each part is a thing as well.`,
  source: i % 2 === 0 ? ("simple_wiki" as const) : ("switchboard" as const),
  text: `What is thing ${i}?\nThing ${i} is a thing.`,
  documentId: `d/${i >> 1}`,
}));

const parquet: Format = {
  name: "Parquet",
  isChecked: false,
  make: (folder) => {
    writeInstructionSet(folder, PAIRS, { teacher: "attack" });
    for (const config of ["simple_wiki", "switchboard"]) fs.rmSync(path.join(folder, config, "documents.json"));
    return { "simple_wiki/train-00000-of-00001.parquet": "bytes" };
  },
  read: (folder) => readInstructionSet(folder),
};

const benchmarks: Format = {
  name: "benchmark JSONL and reading CSV",
  isChecked: false,
  make: (folder) => {
    const names: Record<string, "json" | "text"> = {};
    for (const [part, file] of [
      ["blimp_filtered", "adjunct_island.jsonl"],
      ["supplement_filtered", "hypernym.jsonl"],
      ["ewok_filtered", "agent-properties.jsonl"],
      ["comps", "comps_base.jsonl"],
      ["entity_tracking", "regular.jsonl"],
      ["wug_adj_nominalization", "wug_adj_nominalization.jsonl"],
      ["glue_filtered", "boolq.valid.jsonl"],
      ["glue_filtered", "mnli.valid.jsonl"],
      ["reading", "reading_data.csv"],
      ["aoa", "cdi_human.csv"],
      ["aoa", "cdi_childes.json"],
    ]) {
      const from = sample("evaluation_data", "full_eval", part, file);
      const text = file === "cdi_childes.json" ? someWords(from) : firstLines(from, 6);
      write(folder, { [`${part}/${file}`]: text });
      names[`${part}/${file}`] = file.endsWith(".csv") ? "text" : "json";
    }
    return names;
  },
  read: (folder) => {
    const items = (task: string, part: string) => {
      const found = TASKS.find(({ name }) => name === task) as ForcedChoiceTask;
      return loadItems(path.join(folder, part), found);
    };
    return [
      items("blimp", "blimp_filtered"),
      items("blimp_supplement", "supplement_filtered"),
      items("ewok", "ewok_filtered"),
      items("comps", "comps"),
      items("entity_tracking", "entity_tracking"),
      items("wug_adj", "wug_adj_nominalization"),
      loadGlue(glueTask("boolq"), path.join(folder, "glue_filtered/boolq.valid.jsonl")),
      loadGlue(glueTask("mnli"), path.join(folder, "glue_filtered/mnli.valid.jsonl")),
      loadReading(path.join(folder, "reading/reading_data.csv")),
      loadChildCurves(path.join(folder, "aoa/cdi_human.csv")),
      loadAoaWords(path.join(folder, "aoa/cdi_childes.json")),
    ];
  },
};

function someWords(file: string): string {
  const words = Object.entries(JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, string[]>);
  return JSON.stringify(Object.fromEntries(words.slice(0, 3).map(([word, contexts]) => [word, contexts.slice(0, 2)])));
}

const text: Format = {
  name: "BabyLM text",
  isChecked: false,
  make: (folder) => {
    for (const source of ["childes", "switchboard", "simple_wiki", "gutenberg"]) {
      write(folder, { [`${source}.train`]: firstLines(sample("text", `${source}.train`), 40) });
    }
    return {
      "childes.train": "text",
      "switchboard.train": "text",
      "simple_wiki.train": "text",
      "gutenberg.train": "text",
    };
  },
  read: (folder) => {
    const { documents, report } = loadCorpus(folder);
    return [documents, report.wordsIn, report.wordsOut];
  },
  special: {
    "one line of 50 MB": (folder) => write(folder, { "childes.train": `*CHI:\t${"ball ".repeat(10_000_000)}.\n` }),
    "50 MB without a blank": (folder) => write(folder, { "gutenberg.train": "a".repeat(50_000_000) }),
    "a million empty lines": (folder) => write(folder, { "gutenberg.train": "\n".repeat(1_000_000) }),
    "only NUL": (folder) => write(folder, { "childes.train": Buffer.alloc(100_000) }),
    "UTF-16": (folder) => write(folder, { "childes.train": Buffer.from("\ufeff*CHI:\tup.\n", "utf16le") }),
    "a folder in its place": (folder) => {
      fs.rmSync(path.join(folder, "childes.train"));
      fs.mkdirSync(path.join(folder, "childes.train"));
    },
  },
};

const SWDA = `o          Okay.  /\n\n${"=".repeat(40)}\n\nqy          A.1 utt1: {F Uh, } do you have a dog? /\n\nny          B.2 utt1: Yes. /\nsd          B.2 utt2: He is old. /\n`;

const swda: Format = {
  name: "Switchboard Dialog Act text",
  isChecked: false,
  make: (folder) => {
    write(folder, { "sw00utt/sw_0001_4325.utt": SWDA });
    return { "sw00utt/sw_0001_4325.utt": "text" };
  },
  read: (folder) => loadSwda(folder).documents,
};

const ENTRIES = [
  { name: "corpus/childes.train", content: "*CHI:\tup.\n".repeat(50), deflate: true },
  { name: "corpus/switchboard.train", content: "A:\tWell.\n", deflate: false },
];

const zip: Format = {
  name: "zip",
  isChecked: false,
  make: (folder) => {
    write(folder, { "a.zip": makeZip(ENTRIES) });
    return { "a.zip": "bytes" };
  },
  read: (folder) => unzip(folder),
  special: {
    traversal: (folder) => write(folder, { "a.zip": makeZip([{ name: "../escaped.train", content: "x" }]) }),
    "absolute path": (folder) => write(folder, { "a.zip": makeZip([{ name: "/tmp/escaped.train", content: "x" }]) }),
    backslashes: (folder) => write(folder, { "a.zip": makeZip([{ name: "..\\..\\escaped.train", content: "x" }]) }),
    link: (folder) =>
      write(folder, { "a.zip": makeZip([{ name: "l.train", content: "/etc/passwd", mode: 0o120777 }, ...ENTRIES]) }),
    "a bomb of 200 MB": (folder) =>
      write(folder, { "a.zip": makeZip([{ name: "b.train", content: Buffer.alloc(200_000_000), deflate: true }]) }),
    "a size that lies": (folder) =>
      write(folder, {
        "a.zip": makeZip([{ name: "b.train", content: Buffer.alloc(3_000_000), deflate: true, saysSize: 10 }]),
      }),
    "wrong checksum": (folder) => write(folder, { "a.zip": makeZip([{ ...ENTRIES[0], wrongCrc: true }]) }),
    encrypted: (folder) => write(folder, { "a.zip": makeZip([{ ...ENTRIES[0], encrypted: true }]) }),
    "two entries of one name": (folder) => write(folder, { "a.zip": makeZip([ENTRIES[0], ENTRIES[0]]) }),
    "a name with a line break": (folder) =>
      write(folder, {
        "a.zip": makeZip([
          { name: "a\nb.train", content: "x" },
          { name: "../\u202e\n.train", content: "x" },
        ]),
      }),
  },
};

async function unzip(folder: string): Promise<unknown> {
  const out = path.join(folder, "out");
  fs.mkdirSync(out, { recursive: true });
  const outside = () => fs.readdirSync(path.dirname(folder)).filter((name) => name.includes("escaped"));
  const before = outside().length;
  try {
    const names = await unpackZip(path.join(folder, "a.zip"), out, { to: "x", match: "([^/\\\\]+\\.train)$" });
    return names.map((name) => [name, fs.readFileSync(path.join(out, name))]);
  } finally {
    if (outside().length !== before || fs.existsSync("/tmp/escaped.train")) {
      process.stderr.write("ESCAPED\n");
      process.exit(99);
    }
  }
}

const catalogue: Format = {
  name: "data catalogue",
  isChecked: false,
  make: (folder) => {
    const { about, dataSets } = JSON.parse(fs.readFileSync(path.join(projectRoot(), "data", "sources.json"), "utf8"));
    const small = dataSets.slice(0, 3).map((set: { files?: unknown[] }) => ({ ...set, files: set.files?.slice(0, 2) }));
    write(folder, { "sources.json": JSON.stringify({ about, dataSets: small }, null, 1) });
    return { "sources.json": "json" };
  },
  read: (folder) => readCatalogue(path.join(folder, "sources.json")),
};

const NOTEBOOK = {
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: "tslab" } },
  cells: [
    { cell_type: "markdown", id: "a", metadata: {}, source: ["# Title\n", "text"] },
    {
      cell_type: "code",
      id: "b",
      metadata: {},
      execution_count: 1,
      source: "1 + 1",
      outputs: [{ output_type: "stream", name: "stdout", text: ["2\n"] }],
    },
  ],
};

const notebook: Format = {
  name: "notebook",
  isChecked: false,
  make: (folder) => {
    write(folder, { "a.ipynb": JSON.stringify(NOTEBOOK, null, 1) });
    return { "a.ipynb": "json" };
  },
  read: (folder) => readNotebook(path.join(folder, "a.ipynb")),
};

export const FOREIGN: readonly Format[] = [
  safetensors,
  sharded,
  tokenizer,
  parquet,
  benchmarks,
  text,
  swda,
  zip,
  catalogue,
  notebook,
];
