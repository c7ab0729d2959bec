/** @file Makes scale `tiny` a hundred times smaller, in this process only; and time run backwards where the attack asks. */

import { FINETUNING } from "../../../src/experiments/finetuning";
import { INSTRUCTION, MODELS, PRETRAINING } from "../../../src/experiments/models";

const shape = { hiddenSize: 16, numAttentionHeads: 2, intermediateSize: 32, maxPositionEmbeddings: 64 };
Object.assign(MODELS.tiny.wide, shape, { vocabSize: 320, numHiddenLayers: 1 });
Object.assign(MODELS.tiny.narrow, shape, { vocabSize: 300, numHiddenLayers: 2 });
Object.assign(PRETRAINING.tiny, { epochs: 2, batchSize: 8, sequenceLength: 32, warmupSteps: 2 });
Object.assign(INSTRUCTION.tiny, { epochs: 1, batchSize: 8, sequenceLength: 48, warmupSteps: 2 });
for (const settings of Object.values(FINETUNING.tiny)) {
  Object.assign(settings, { epochs: 1, batchSize: 8, maxLength: 48, maxTrainRows: 16, maxValidRows: 8 });
}

if (process.env.CLASS_IT_ATTACK_CLOCK === "backwards") {
  const now = Date.now();
  let calls = 0;
  Date.now = () => now - 60_000 * calls++; // every look at the clock finds it a minute earlier
}
