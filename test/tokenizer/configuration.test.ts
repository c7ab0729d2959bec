/**
 * @file Settings beside tokenizer.json: a table of configurations against AutoTokenizer of transformers 4.57.6 and 5.18.0.
 * Ours are the ids of 5.18.0, or a refusal that names the setting; never ids that either version would not give.
 */

import assert from "node:assert/strict";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { Tokenizer } from "../../src/tokenizer/tokenizer";
import { assertInEnvironment } from "../support/environment-table";
import { golden } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";

type Json = Record<string, unknown>;
interface Answer {
  class?: string;
  ids?: number[][];
  pairs?: number[][];
  roles?: (number | null)[];
  error?: string;
}
interface Golden {
  texts: string[];
  pairs: [string, string][];
  bases: Record<string, Json>;
  configurations: {
    name: string;
    base: string;
    changes: Json;
    config: Json | null;
    files: Record<string, Json>;
    answers: { "4.57.6": Answer; "5.18.0": Answer };
  }[];
}
const GOLDEN = golden<Golden>("tokenizer/auto-tokenizer.json");

/** Refused, with the setting that the message names. */
const REFUSED: Record<string, RegExp> = {
  "base class, prefix blank asked": /add_prefix_space is true.*make the two the same/,
  "base class, prefix blank in the file": /add_prefix_space is false/,
  "base class, prefix blank refused": /add_prefix_space is false/,
  "GPT-2, its own roles by default": /calls "<\|endoftext\|>" the bos token/,
  "GPT-2, lower-case normalizer": /tokenizer_class is "GPT2TokenizerFast": this class has no normalizer/,
  "GPT-2, other word pattern": /tokenizer_class is "GPT2TokenizerFast".*GPT-2's word pattern/,
  "RoBERTa without its processor": /post_processor is not RobertaProcessing/,
  "Llama 3 with Llama's class": /tokenizer_class is "LlamaTokenizerFast".*PreTrainedTokenizerFast/,
  "byte level with Llama's class": /tokenizer_class is "LlamaTokenizerFast"/,
  "byte level with Llama's class, add_bos_token": /tokenizer_class is "LlamaTokenizerFast"/,
  "Llama 2, its class": /tokenizer_class is "LlamaTokenizerFast"/,
  "Llama 2, slow class, legacy": /tokenizer_class is "LlamaTokenizer"/,
  "Llama 2, slow class, not legacy": /tokenizer_class is "LlamaTokenizer"/,
  "Llama 2, add_bos_token false": /tokenizer_class is "LlamaTokenizerFast"/,
  "Llama 2, add_eos_token": /tokenizer_class is "LlamaTokenizerFast"/,
  "Llama 2, no prefix blank": /tokenizer_class is "LlamaTokenizerFast"/,
  "Llama 2 as Metaspace, add_bos_token false": /add_bos_token and add_eos_token is \[false,false\]/,
  "Pythia without normalizer": /tokenizer_class is "GPTNeoXTokenizerFast".*NFC/,
  "Pythia, template, add_bos_token": /add_bos_token is true/,
  "Qwen 2, word pattern of Llama 3": /tokenizer_class is "Qwen2Tokenizer".*Qwen 2's word pattern/,
  "Gemma's class": /tokenizer_class is "GemmaTokenizerFast": supported: PreTrainedTokenizerFast, GPT2Tokenizer/,
  "unknown class": /tokenizer_class is "BabyTokenizer": supported:/,
  "additional_special_tokens that are there with other flags": /additional_special_tokens.*has lstrip false.*the same/,
  "an end token that no token has": /calls "<\|end\|>" the eos token, but tokenizer\.json does not hold it/,
  "a custom role": /image_token is "<\|user\|>".*additional_special_tokens/,
};
/** Where no class is named, 4.57.6 takes the class of the model; tokenizer.json as it stands is 5.18.0's. */
const AS_5 = ["no configuration", "an empty configuration", "roles only", "special_tokens_map.json only"];

function load(t: TestContext, { base, changes, config, files }: Golden["configurations"][number]): Tokenizer {
  const contents = {
    "tokenizer.json": { ...GOLDEN.bases[base], ...changes },
    "config.json": { model_type: "llama" },
    ...(config !== null && { "tokenizer_config.json": config }),
    ...files,
  };
  const texts = Object.entries(contents).map(([name, value]) => [name, JSON.stringify(value)]);
  return Tokenizer.load(temporaryFolder(t, Object.fromEntries(texts)));
}

for (const configuration of GOLDEN.configurations) {
  const { name, answers } = configuration;
  const [four, five] = [answers["4.57.6"], answers["5.18.0"]];
  const agree = JSON.stringify([four.ids, four.pairs]) === JSON.stringify([five.ids, five.pairs]);
  test(`${name}: ${Object.hasOwn(REFUSED, name) ? "refused by name" : "the ids of AutoTokenizer"}`, (t) => {
    if (Object.hasOwn(REFUSED, name)) {
      assert.throws(() => load(t, configuration), REFUSED[name]);
      return;
    }
    assert.ok(agree || four.error !== undefined || AS_5.includes(name), "the versions differ: want a refusal");
    const tokenizer = load(t, configuration);
    for (const [i, text] of GOLDEN.texts.entries()) {
      assert.deepEqual(tokenizer.encodeIds(text), five.ids![i], text);
      assert.deepEqual(tokenizer.encode(text).ids, five.ids![i], text);
    }
    for (const [i, [a, b]] of GOLDEN.pairs.entries()) {
      assert.deepEqual(tokenizer.encodePair(a, b, { maxLength: 100 }).ids, five.pairs![i], `${a} | ${b}`);
    }
    if (configuration.config !== null && Object.keys(configuration.config).length > 0) {
      const { bos, eos, unk, pad } = tokenizer.specialTokens;
      assert.deepEqual([bos, eos, unk, pad], five.roles);
    }
    const folder = temporaryFolder(t);
    tokenizer.save(folder); // what it writes gives the same ids again
    const again = Tokenizer.load(path.join(folder, "tokenizer.json"));
    for (const text of GOLDEN.texts) assert.deepEqual(again.encodeIds(text), tokenizer.encodeIds(text), text);
  });
}

/** Of the 90, those in environment.md. */
const SHOWN = [
  "base class",
  "base class, prefix blank in both",
  "base class, prefix blank asked",
  "GPT-2, prefix blank",
  "GPT-2, prefix blank in the file",
  "RoBERTa",
  "add both and template",
  "Pythia, template",
  "Pythia, template, add_bos_token",
  "Llama 2 as Metaspace",
  "Llama 2, add_eos_token",
  "additional_special_tokens of the vocabulary",
  "added_tokens_decoder with a word",
  "unknown class",
];

test("environment.md shows AutoTokenizer's ids beside ours", (t) => {
  const rows = SHOWN.map((name) => {
    const configuration = GOLDEN.configurations.find((c) => c.name === name) as Golden["configurations"][number];
    const answers = ["4.57.6", "5.18.0"] as const;
    const theirs = answers.map((version) => configuration.answers[version].ids?.[0].join(" ") ?? "an error");
    const ours = Object.hasOwn(REFUSED, name) ? "refused" : load(t, configuration).encodeIds(GOLDEN.texts[0]).join(" ");
    return [name, ...theirs, ours];
  });
  assertInEnvironment([["configuration", "AutoTokenizer 4.57.6", "AutoTokenizer 5.18.0", "ours"], ...rows]);
});

test("every refusal of the table is of a configuration in it", () => {
  const names = new Set(GOLDEN.configurations.map(({ name }) => name));
  assert.deepEqual(
    Object.keys(REFUSED).filter((name) => !names.has(name)),
    [],
  );
});
