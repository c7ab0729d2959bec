/** @file The tensors of a LLaMA by name and shape, and the number of parameters, without allocating memory. */

import type { LlamaConfig } from "./llama-config";

/** Shapes by Hugging Face tensor name, in the order of transformers' `named_parameters()`. Matrices are `[out, in]`. */
export function parameterShapes(config: LlamaConfig): Map<string, number[]> {
  const { vocabSize: V, hiddenSize: C, intermediateSize: F, headDim: D } = config;
  const queries = config.numAttentionHeads * D;
  const keys = config.numKeyValueHeads * D;
  const shapes = new Map<string, number[]>();
  shapes.set("model.embed_tokens.weight", [V, C]);
  for (let l = 0; l < config.numHiddenLayers; l++) {
    const layer = `model.layers.${l}`;
    shapes.set(`${layer}.self_attn.q_proj.weight`, [queries, C]);
    shapes.set(`${layer}.self_attn.k_proj.weight`, [keys, C]);
    shapes.set(`${layer}.self_attn.v_proj.weight`, [keys, C]);
    shapes.set(`${layer}.self_attn.o_proj.weight`, [C, queries]);
    shapes.set(`${layer}.mlp.gate_proj.weight`, [F, C]);
    shapes.set(`${layer}.mlp.up_proj.weight`, [F, C]);
    shapes.set(`${layer}.mlp.down_proj.weight`, [C, F]);
    shapes.set(`${layer}.input_layernorm.weight`, [C]);
    shapes.set(`${layer}.post_attention_layernorm.weight`, [C]);
  }
  shapes.set("model.norm.weight", [C]);
  if (!config.tieWordEmbeddings) shapes.set("lm_head.weight", [V, C]);
  return shapes;
}

/**
 * Number of trainable parameters; a tied output matrix counts once.
 *
 * The paper's two models (P30, Table 1): 140,231,872 and 100,684,288. Untied embeddings, a feed-forward layer of four
 * times the hidden size, no biases and as many key/value as query heads give both exactly.
 */
export function countParameters(config: LlamaConfig): number {
  let total = 0;
  for (const shape of parameterShapes(config).values()) total += shape.reduce((product, size) => product * size, 1);
  return total;
}
