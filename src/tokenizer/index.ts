/** @file Text to token ids and back. */

export { type BpeTrainOptions, trainBpe, trainBpeFromFiles } from "./bpe-train";
export { CHAT_TEMPLATE, type ChatTemplate, renderPair } from "./chat-template";
export { SPECIAL_TOKENS, type SpecialTokens } from "./special-tokens";
export { type EncodeOptions, type Encoding, Tokenizer } from "./tokenizer";
