/**
 * @file The worker of the live page: holds the models and answers one question after the other, so that the page stays
 * responsive. It uses the project's own tokenizer, model, scoring and chat.
 */

import { Llama } from "../model/llama";
import { LlamaLanguageModel } from "../model/llama-language-model";
import { ask } from "../model/reply";
import { initBackend } from "../tensor/browser/backend";
import { Tokenizer } from "../tokenizer/tokenizer";
import { messageOf } from "../util/check";
import { Rng } from "../util/rng";
import type { Answers, FromWorker, PackedModel, Question, Reply, ReplyQuestion, Start, ToWorker } from "./messages";
import { judgePair, sentenceSurprisal } from "./surprisal";
import { bytesOf, unpackWeights } from "./weights";

/** The worker's global object; the browser's types are not loaded, since they would hide Node's. */
const scope = globalThis as unknown as {
  onmessage: (event: { data: ToWorker }) => void;
  postMessage(message: FromWorker): void;
};

interface OpenModel {
  llama: Llama;
  scorer: LlamaLanguageModel;
  tokenizer: Tokenizer;
}

const packed = new Map<string, PackedModel>();
const opened = new Map<string, OpenModel>();

let last: Promise<void> = Promise.resolve();
scope.onmessage = ({ data: { id, question } }) => {
  last = last.then(async () => {
    try {
      scope.postMessage({ id, answer: await answer(question, (piece) => scope.postMessage({ id, piece })) });
    } catch (error) {
      scope.postMessage({ id, error: messageOf(error) });
    }
  });
};

async function answer(question: Question, onPiece: (piece: string) => void): Promise<Answers[keyof Answers]> {
  if (question.kind === "start") return start(question);
  const { scorer, tokenizer, llama } = open(question.model);
  switch (question.kind) {
    case "surprisal":
      return sentenceSurprisal(scorer, tokenizer, question.text, question.beginsWithBos);
    case "pair":
      return judgePair(scorer, tokenizer, question.texts, question.beginsWithBos);
    case "reply":
      return reply(llama, tokenizer, question, onPiece);
  }
}

async function start({ backend, kernels, models }: Start): Promise<Answers["start"]> {
  for (const model of models) packed.set(model.name, model);
  const { name, reason } = await initBackend(backend, bytesOf(kernels));
  return { backend: name, reason };
}

/** Weights are unpacked at the first request for a model. */
function open(name: string): OpenModel {
  const found = opened.get(name);
  if (found !== undefined) return found;
  const model = packed.get(name);
  if (model === undefined)
    throw new Error(`this page has no model "${name}"; it has ${[...packed.keys(), ...opened.keys()].join(", ")}`);
  const llama = Llama.fromValues(model.config, unpackWeights(model.config, model.weights));
  const made = {
    llama,
    scorer: new LlamaLanguageModel(llama, { name }),
    tokenizer: Tokenizer.fromJson(model.tokenizer.json, model.tokenizer.roles),
  };
  opened.set(name, made);
  packed.delete(name); // its text is large
  return made;
}

/** The same reply as `class-it chat` with these settings and seed. */
async function reply(
  llama: Llama,
  tokenizer: Tokenizer,
  { prompt, temperature, seed }: ReplyQuestion,
  onText: (piece: string) => void,
): Promise<Reply> {
  const rng = Rng.fromSeed(seed).fork("chat").fork(0);
  const { reply, ended } = await ask(llama, tokenizer, prompt, { settings: { temperature }, rng, onText });
  return { text: reply, ended };
}
