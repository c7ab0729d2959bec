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
import type {
  Answers,
  FromWorker,
  Lesson,
  LessonQuestion,
  PackedModel,
  Question,
  Reply,
  ReplyQuestion,
  Start,
  ToWorker,
  TrainQuestion,
} from "./messages";
import { judgePair, rightPairs, sentenceSurprisal } from "./surprisal";
import { LiveTraining } from "./training";
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
let firstModel = "";
let lesson: Lesson | null = null;
let training: LiveTraining | null = null;

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
  if (question.kind === "train") return train(question);
  if (question.kind === "lesson") return scoreLesson(question);
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

async function start({ backend, kernels, models, lesson: carried }: Start): Promise<Answers["start"]> {
  for (const model of models) packed.set(model.name, model);
  firstModel = models[0].name;
  lesson = carried;
  const { name, reason } = await initBackend(backend, bytesOf(kernels));
  return { backend: name, reason };
}

/** The model in training uses the tokenizer of the page's first model, so that both can be compared. */
async function train({ size, isFresh, milliseconds }: TrainQuestion): Promise<Answers["train"]> {
  if (lesson === null) throw new Error("this page carries no text to train on");
  if (isFresh || training === null) {
    training?.dispose();
    training = new LiveTraining(open(firstModel).tokenizer, lesson.documents, size);
  }
  return training.advance(milliseconds);
}

async function scoreLesson({ model, from, to }: LessonQuestion): Promise<Answers["lesson"]> {
  if (lesson === null) throw new Error("this page carries no pairs");
  if (model === null && training === null) throw new Error("no model has been trained here yet");
  const { tokenizer } = open(firstModel);
  const scorer = model === null ? (training as LiveTraining).scorer : open(model).scorer;
  return rightPairs(scorer, model === null ? tokenizer : open(model).tokenizer, lesson.pairs.slice(from, to));
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
