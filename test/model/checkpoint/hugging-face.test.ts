import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { loadHuggingFace, saveHuggingFace } from "../../../src/model/checkpoint/hugging-face";
import { modelCard } from "../../../src/model/checkpoint/model-card";
import { SafetensorsFile, type TensorData, writeSafetensors } from "../../../src/model/checkpoint/safetensors";
import { Llama } from "../../../src/model/llama";
import { padRows } from "../../../src/model/token-batch";
import { initBackend } from "../../../src/tensor";
import { Rng } from "../../../src/util/rng";
import { assertAllClose } from "../../support/close";
import { golden } from "../../support/reference";
import { TINY_CONFIG, tinyModel } from "../../train/support/tiny-stage";

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-hf-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));
before(async () => {
  await initBackend();
});
const folder = (name: string) => path.join(scratch, name);

test("a saved model is loaded back bit for bit, tied embeddings included", async () => {
  for (const config of [TINY_CONFIG, { ...TINY_CONFIG, tieWordEmbeddings: true, ropeTheta: 5e5 }]) {
    const model = Llama.init(config, Rng.fromSeed("save"));
    await saveHuggingFace(
      folder("saved"),
      model,
      { save: (to) => fs.writeFileSync(path.join(to, "t.json"), "{}") },
      "card",
    );
    const loaded = loadHuggingFace(folder("saved"));
    assert.deepEqual(loaded.config, config);
    assert.deepEqual(await loaded.values(), await model.values());
    assert.deepEqual(fs.readdirSync(folder("saved")).sort(), [
      "README.md",
      "SHA256SUMS",
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "t.json",
    ]);
    model.dispose();
    loaded.dispose();
  }
});

test("token ids that the config leaves open are taken from the tokenizer, so that generation stops", async () => {
  const config = { ...TINY_CONFIG, bosTokenId: null, eosTokenId: null, padTokenId: 5 };
  const model = Llama.init(config, Rng.fromSeed("ids"));
  const tokenizer = { save: () => {}, specialTokens: { bos: 0, eos: 1, unk: 2, pad: 3 } };
  await saveHuggingFace(folder("ids"), model, tokenizer);
  const loaded = loadHuggingFace(folder("ids"));
  assert.deepEqual(loaded.config, { ...config, bosTokenId: 0, eosTokenId: 1 });
  const generation = JSON.parse(fs.readFileSync(path.join(folder("ids"), "generation_config.json"), "utf8"));
  assert.deepEqual(generation, { bos_token_id: 0, eos_token_id: 1, pad_token_id: 5 });
  model.dispose();
  loaded.dispose();
});

/** logits.json was made by transformers 5.18 from the folder that this model is saved to; see make_logits.py there. */
test("transformers computes the same logits from our folder", async () => {
  const model = tinyModel("golden");
  const { ids, logits } = golden<{ ids: number[][]; logits: number[][] }>("model/logits.json");
  for (const [i, row] of ids.entries()) {
    const got = model.logits(padRows([row]));
    assertAllClose(await got.data(), logits[i], { atol: 1e-5 }, `row ${i}`);
    got.dispose();
  }
  model.dispose();
});

test("shards with an index, and old buffers that follow from the config, are read", async () => {
  const model = tinyModel();
  await saveHuggingFace(folder("shards"), model);
  fs.rmSync(path.join(folder("shards"), "SHA256SUMS"));
  const single = path.join(folder("shards"), "model.safetensors");
  const whole = SafetensorsFile.open(single);
  const map: Record<string, string> = {};
  const shards: [string, { shape: number[]; values: Float32Array }][][] = [[], []];
  for (const [i, name] of whole.names().entries()) {
    map[name] = `model-0000${1 + (i % 2)}-of-00002.safetensors`;
    shards[i % 2].push([name, whole.read(name)]);
  }
  shards[1].push(["model.layers.0.self_attn.rotary_emb.inv_freq", { shape: [2], values: Float32Array.of(1, 0.01) }]);
  for (const [i, tensors] of shards.entries()) {
    writeSafetensors(path.join(folder("shards"), `model-0000${i + 1}-of-00002.safetensors`), tensors);
  }
  fs.rmSync(single);
  const index = path.join(folder("shards"), "model.safetensors.index.json");
  fs.writeFileSync(index, JSON.stringify({ weight_map: map }));
  const loaded = loadHuggingFace(folder("shards"));
  assert.deepEqual(await loaded.values(), await model.values());
  loaded.dispose();
  fs.rmSync(path.join(folder("shards"), "model-00002-of-00002.safetensors"));
  assert.throws(() => loadHuggingFace(folder("shards")), /00002-of-00002\.safetensors: named by .* but absent/);
  fs.writeFileSync(index, JSON.stringify({ weight_map: { w: "../../etc/passwd.safetensors" } }));
  assert.throws(() => loadHuggingFace(folder("shards")), /not the name of a safetensors file in this folder/);
  model.dispose();
});

/** Read by transformers: 4.57 ties the two whatever is stored, 5.18 does not where they differ. */
test("tied embeddings with another stored output matrix: the embedding table is used, and reported", async () => {
  const model = Llama.init({ ...TINY_CONFIG, tieWordEmbeddings: true }, Rng.fromSeed("tied"));
  await saveHuggingFace(folder("tied"), model);
  fs.rmSync(path.join(folder("tied"), "SHA256SUMS"));
  const file = path.join(folder("tied"), "model.safetensors");
  const saved = SafetensorsFile.open(file);
  const tensors = saved.names().map((name) => [name, saved.read(name)] as [string, TensorData]);
  const table = saved.read("model.embed_tokens.weight");
  const batch = padRows([[0, 4, 9]]);
  const load = async (lmHead: Float32Array) => {
    writeSafetensors(file, [...tensors, ["lm_head.weight", { shape: table.shape, values: lmHead }]]);
    const notes: string[] = [];
    const loaded = loadHuggingFace(folder("tied"), (sentence) => notes.push(sentence));
    const logits = loaded.logits(batch);
    const values = await logits.data();
    logits.dispose();
    loaded.dispose();
    return { notes, values };
  };
  const want = model.logits(batch);
  const same = await load(table.values);
  assert.deepEqual(same.notes, []);
  const other = await load(table.values.map((value) => -value));
  assert.deepEqual(other.values, await want.data());
  assert.deepEqual(other.values, same.values);
  assert.equal(other.notes.length, 1);
  assert.match(
    other.notes[0],
    /embedding table is used for both, as transformers 4 does.*tie_word_embeddings to false/,
  );
  want.dispose();
  model.dispose();
});

test("missing, unexpected and misshapen tensors are named", async () => {
  const model = tinyModel();
  await saveHuggingFace(folder("wrong"), model);
  fs.rmSync(path.join(folder("wrong"), "SHA256SUMS"));
  model.dispose();
  const file = path.join(folder("wrong"), "model.safetensors");
  const whole = SafetensorsFile.open(file);
  const all = whole
    .names()
    .map((name) => [name, whole.read(name)] as [string, { shape: number[]; values: Float32Array }]);
  const write = (tensors: typeof all) => writeSafetensors(file, tensors);
  write(all.filter(([name]) => name !== "model.norm.weight"));
  assert.throws(() => loadHuggingFace(folder("wrong")), /missing: model\.norm\.weight; unexpected: none/);
  write([...all, ["model.layers.0.self_attn.q_proj.bias", { shape: [16], values: new Float32Array(16) }]]);
  assert.throws(() => loadHuggingFace(folder("wrong")), /unexpected: model\.layers\.0\.self_attn\.q_proj\.bias/);
  write(all.map(([name, t]) => [name, name.endsWith("norm.weight") ? { shape: [8], values: t.values.slice(8) } : t]));
  assert.throws(() => loadHuggingFace(folder("wrong")), /norm\.weight is \[8\], config\.json wants \[16\]/);
  fs.rmSync(file);
  assert.throws(() => loadHuggingFace(folder("wrong")), /no model\.safetensors and no /);
  fs.writeFileSync(path.join(folder("wrong"), "pytorch_model.bin"), "");
  assert.throws(() => loadHuggingFace(folder("wrong")), /pytorch_model\.bin, which is not read/);
  assert.throws(() => loadHuggingFace(folder("absent")), /config\.json: no such file/);
});

test("a value that is not finite is refused with file, tensor and position, for every stored type", async () => {
  const model = tinyModel();
  await saveHuggingFace(folder("finite"), model);
  const file = path.join(folder("finite"), "model.safetensors");
  fs.rmSync(path.join(folder("finite"), "SHA256SUMS"));
  const good = SafetensorsFile.open(file);
  const tensors = good.names().map((name): [string, TensorData] => [name, good.read(name)]);
  for (const wrong of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const changed = tensors.map(([name, { shape, values }]): [string, TensorData] => [
      name,
      { shape, values: Float32Array.from(values, (v, i) => (name === "model.norm.weight" && i === 3 ? wrong : v)) },
    ]);
    writeSafetensors(file, changed);
    assert.throws(
      () => loadHuggingFace(folder("finite")),
      new RegExp(`model\\.safetensors: model\\.norm\\.weight has ${wrong} at place 3, want finite numbers`),
    );
  }
  model.dispose();
});

test("a folder of ours whose weights, config or tokenizer were changed is refused by name; a foreign one has no list", async () => {
  const model = tinyModel();
  await saveHuggingFace(folder("listed"), model);
  for (const name of ["model.safetensors", "config.json", "generation_config.json"]) {
    const file = path.join(folder("listed"), name);
    const good = fs.readFileSync(file);
    const damaged = Buffer.from(good);
    damaged[damaged.length - 6] ^= 1;
    fs.writeFileSync(file, damaged);
    assert.throws(() => loadHuggingFace(folder("listed")), new RegExp(`${name}: was altered .*SHA256SUMS`));
    fs.writeFileSync(file, good);
  }
  loadHuggingFace(folder("listed")).dispose();
  fs.rmSync(path.join(folder("listed"), "SHA256SUMS"));
  loadHuggingFace(folder("listed")).dispose();
  model.dispose();
});

test("the model card states shape, training and every number, and is the same each time", () => {
  const card = {
    title: "Tiny",
    config: TINY_CONFIG,
    training: ["Pre-trained on the sample world."],
    validation: [{ source: "childes", lossNats: 2, tokens: 1234 }],
    scores: [{ task: "blimp", metric: "accuracy", value: 0.6123, interval: [0.6, 0.62] as [number, number], n: 13400 }],
    licence: "mit",
    limits: ["A toy."],
  };
  const text = modelCard(card);
  assert.match(text, /^---\nlanguage: en\nlicense: mit\n/);
  assert.match(text, /\| childes \| 2\.000 \| 7\.4 \| 1,234 \|/); // e² = 7.389
  assert.match(text, /\| blimp \| accuracy \| 0\.612 \| 0\.600 to 0\.620 \| 13,400 \|/);
  assert.equal(modelCard(card), text);
});
