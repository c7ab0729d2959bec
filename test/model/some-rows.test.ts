import assert from "node:assert/strict";
import { test } from "node:test";
import { Llama } from "../../src/model/llama";
import { packSequences } from "../../src/model/token-batch";
import {
  canLeaveOutRows,
  IGNORE_LABEL,
  initBackend,
  linearCrossEntropy,
  lossAndGradients,
  tf,
} from "../../src/tensor/index";
import { Rng } from "../../src/util/rng";
import { nativeMissing } from "../tensor/support/native-missing";
import { randomConfig } from "./support/random-config";

for (const backend of ["native", "wasm"] as const) {
  const absent = backend === "native" ? nativeMissing() : false;
  test(`${backend}: rows without a label are left out of the last layer, with the same loss and gradients`, {
    skip: absent,
  }, async () => {
    await initBackend(backend);
    assert.ok(canLeaveOutRows());
    for (let seed = 0; seed < 8; seed++) {
      const rng = Rng.fromSeed(`some rows ${seed}`);
      const config = randomConfig(rng);
      const model = Llama.init(config, rng.fork("weights"));
      const ids = () => Array.from({ length: 1 + rng.int(60) }, () => rng.int(config.vocabSize));
      const { batch } = packSequences(Array.from({ length: 25 }, ids), 60); // about 750 positions: two cuts of a product
      const share = [0.02, 0.1, 0.4, 0.7][seed % 4];
      const labels = batch.inputIds.map((id) => (rng.chance(share) ? id : IGNORE_LABEL));
      const weights = [...model.weights.values()];
      const table = model.weights.get(config.tieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight");
      const all = lossAndGradients(
        () => linearCrossEntropy(model.hidden(batch), table as never, labels, "mean"),
        weights,
      );
      model.recompute = seed % 2 === 1;
      const some = lossAndGradients(() => model.loss(batch, labels), weights);
      assert.deepEqual(some.value.dataSync(), all.value.dataSync());
      for (const { name } of weights) assert.deepEqual(values(some.grads[name]), values(all.grads[name]), name);
      tf.dispose([all.value, all.grads, some.value, some.grads] as never);
      model.dispose();
    }
  });
}

/** Numbers of which -0 is 0: rows that are left out give no zeros at all. */
const values = (x: tf.Tensor) => x.dataSync().map((value) => value + 0);
