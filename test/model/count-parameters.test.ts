import assert from "node:assert/strict";
import { test } from "node:test";
import { countParameters, parameterShapes } from "../../src/model/count-parameters";
import { fromHuggingFace, llamaConfig, requireNoDropout, toHuggingFace } from "../../src/model/llama-config";
import { golden } from "../support/reference";

const WIDE = llamaConfig({
  vocabSize: 32_000,
  hiddenSize: 704,
  intermediateSize: 4 * 704,
  numHiddenLayers: 12,
  numAttentionHeads: 11,
  maxPositionEmbeddings: 6144,
});
const NARROW = llamaConfig({
  vocabSize: 16_384,
  hiddenSize: 512,
  intermediateSize: 4 * 512,
  numHiddenLayers: 20,
  numAttentionHeads: 8,
  maxPositionEmbeddings: 6000,
});

test("the paper's two models have exactly the parameters of its Table 1", () => {
  assert.equal(countParameters(WIDE), 140_231_872);
  assert.equal(countParameters(NARROW), 100_684_288);
});

test("tied embeddings and shared key/value heads count once", () => {
  assert.equal(countParameters({ ...WIDE, tieWordEmbeddings: true }), 140_231_872 - 32_000 * 704);
  const grouped = { ...WIDE, numKeyValueHeads: 1 };
  assert.equal(countParameters(grouped), 140_231_872 - 12 * 2 * 10 * 64 * 704); // 10 of 11 heads of 64 less, twice
  assert.deepEqual(parameterShapes(grouped).get("model.layers.3.self_attn.k_proj.weight"), [64, 704]);
});

test("a config converted to Hugging Face's fields and back is unchanged", () => {
  for (const config of [WIDE, { ...NARROW, tieWordEmbeddings: true, bosTokenId: 0, eosTokenId: 1, padTokenId: 3 }]) {
    assert.deepEqual(fromHuggingFace(JSON.parse(JSON.stringify(toHuggingFace(config)))), config);
  }
});

test("the rotary base is read from either place, and a disagreement is refused", () => {
  const { rope_theta: _, ...five } = toHuggingFace({ ...WIDE, ropeTheta: 5e5 });
  const { rope_parameters: __, ...four } = toHuggingFace({ ...WIDE, ropeTheta: 5e5 });
  assert.equal(fromHuggingFace(five).ropeTheta, 5e5);
  assert.equal(fromHuggingFace(four).ropeTheta, 5e5);
  assert.throws(() => fromHuggingFace({ ...four, rope_parameters: { rope_theta: 1e4 } }), /which one is right\?/);
});

test("a setting is refused only where it acts", async () => {
  const fields = toHuggingFace(WIDE);
  // two names of SiLU [transformers ACT2FN]; positions divided by 1
  assert.deepEqual(fromHuggingFace({ ...fields, hidden_act: "swish" }), WIDE);
  assert.deepEqual(fromHuggingFace({ ...fields, rope_scaling: { type: "linear", factor: 1 } }), WIDE);
  const scaled = { rope_theta: 1e4, rope_type: "linear", factor: 1.0, partial_rotary_factor: 1.0 };
  assert.deepEqual(fromHuggingFace({ ...fields, rope_parameters: scaled }), WIDE);
  // dropout acts in training alone: kept, written back, and refused by `trainStage` and `fineTune`
  const dropped = fromHuggingFace({ ...fields, attention_dropout: 0.1 });
  assert.deepEqual(dropped, { ...WIDE, attentionDropout: 0.1 });
  assert.equal(toHuggingFace(dropped).attention_dropout, 0.1);
  assert.throws(
    () => requireNoDropout(dropped, "here"),
    /here: .*attention_dropout is 0\.1.*Set attention_dropout to 0/,
  );
  requireNoDropout(WIDE, "here");
  assert.throws(() => fromHuggingFace({ ...fields, attention_dropout: 1.5 }), /attentionDropout is 1\.5/);
  const part = { rope_theta: 1e4, rope_type: "default", partial_rotary_factor: 0.5 };
  assert.throws(() => fromHuggingFace({ ...fields, rope_parameters: part }), /partial_rotary_factor is 0\.5/);
});

test("scaled rotary positions are accepted where transformers gives the plain angles, and refused where it does not", () => {
  interface Row {
    scaling: { rope_type: string; factor: number };
    within: number;
    beyond: number;
  }
  const { rows } = golden<{ rows: Row[] }>("model/rope-scaling.json");
  const fields = toHuggingFace(WIDE);
  for (const { scaling, within, beyond } of rows) {
    const { rope_type, ...rest } = scaling;
    for (const json of [
      { ...fields, rope_scaling: { type: rope_type, ...rest } },
      { ...fields, rope_parameters: { rope_theta: 1e4, ...scaling } },
    ]) {
      if (Math.max(within, beyond) < 1e-5) assert.deepEqual(fromHuggingFace(json), WIDE, JSON.stringify(scaling));
      else {
        const message = new RegExp(
          `config\\.json: rope_.* asks for "${rope_type}" rotary positions.*not implemented; only`,
        );
        assert.throws(() => fromHuggingFace(json), message, JSON.stringify(scaling));
      }
    }
  }
  assert.ok(rows.some(({ within, beyond }) => within === 0 && beyond > 0.01)); // "dynamic" acts on long texts alone
  for (const scaling of [{ rope_type: "longrope", factor: 1 }, { rope_type: "yarn" }]) {
    assert.throws(() => fromHuggingFace({ ...fields, rope_scaling: scaling }), /rotary positions with factor/);
  }
});

test("what would change the numbers and is not implemented is refused by name", () => {
  const fields = toHuggingFace(WIDE);
  assert.throws(() => fromHuggingFace({ ...fields, model_type: "gpt2" }), /model_type is "gpt2"/);
  assert.throws(() => fromHuggingFace({ ...fields, attention_bias: true }), /attention_bias is true/);
  assert.throws(() => fromHuggingFace({ ...fields, hidden_act: "gelu" }), /hidden_act is "gelu"/);
  assert.throws(() => fromHuggingFace({ ...fields, rope_scaling: { type: "linear", factor: 2 } }), /"linear" rotary/);
  assert.throws(() => fromHuggingFace({ ...fields, num_key_value_heads: 3 }), /11 query heads cannot share 3/);
  assert.throws(() => fromHuggingFace({ ...fields, pad_token_id: 32_000 }), /padTokenId is 32000/);
  assert.throws(() => fromHuggingFace({ ...fields, vocab_size: "many" }), /vocab_size is "many", want a number/);
});
