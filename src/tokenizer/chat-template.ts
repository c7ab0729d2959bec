/**
 * @file How a prompt and its reply become one sequence, and which of its tokens carry loss.
 *
 * The paper says that the loss is on "target (reply) tokens" only, and nothing about the template itself. [ours]: one
 * line per speaker, which begins with a name in plain words,
 *
 *     <s>User: What do cows eat?
 *     Assistant: Cows eat grass.</s>
 *
 * Names in plain words need no new tokens, so all models of a family share one vocabulary, and pre-training has seen the
 * words. The reply and the final `</s>` carry loss (without it a model never learns to stop); the names and the prompt do
 * not. Prompt and reply are encoded separately, so the first token of a reply is the same in training and in generation.
 */

import { brief } from "../util/check";
import type { Tokenizer } from "./tokenizer";

export interface ChatTemplate {
  /** Whether `<s>` begins the sequence. */
  beginsWithBos: boolean;
  beforePrompt: string;
  betweenPromptAndReply: string;
  /** Belongs to the reply, so that its first word is a word inside a text (" Cows", not "Cows"). */
  beforeReply: string;
  /** Whether `</s>` ends the sequence, with loss. */
  endsWithEos: boolean;
}

/** Our chat template, with one line per speaker [ours]. */
export const CHAT_TEMPLATE: Readonly<ChatTemplate> = {
  beginsWithBos: true, //                   [ours]
  beforePrompt: "User: ", //                [ours]
  betweenPromptAndReply: "\nAssistant:", // [ours]
  beforeReply: " ", //                      [ours]
  endsWithEos: true, //                     [ours]
};

/** A sequence; tokens from `replyFrom` on are targets with loss. */
export interface RenderedPair {
  ids: number[];
  replyFrom: number;
}

/**
 * The ids of a prompt and its reply. Special tokens spelt out inside either text ("</s>") stay text: they are data.
 *
 * @throws Error if the template needs a token that the tokenizer does not have, or if the reply is blank
 */
export function renderPair(
  pair: { prompt: string; reply: string },
  tokenizer: Tokenizer,
  template: ChatTemplate = CHAT_TEMPLATE,
): RenderedPair {
  if (pair.reply.trim() === "") throw new Error(`renderPair: the reply to ${brief(pair.prompt)} is blank`);
  const ids = renderPrompt(pair.prompt, tokenizer, template);
  const replyFrom = ids.length;
  for (const id of encodeData(template.beforeReply + pair.reply, tokenizer)) ids.push(id);
  if (template.endsWithEos) ids.push(required(tokenizer, "eos"));
  return { ids, replyFrom };
}

/**
 * The template in the form that Hugging Face keeps in tokenizer_config.json as `chat_template`: `apply_chat_template`
 * gives the text, and with it the ids, of `renderPair` (but where the texts themselves spell special tokens). A prompt
 * already ends where the reply begins, so `add_generation_prompt` adds nothing. Further turns follow without `<s>`.
 */
export function jinjaChatTemplate(template: ChatTemplate = CHAT_TEMPLATE): string {
  const bos = template.beginsWithBos ? "(bos_token if loop.first else '') + " : "";
  const eos = template.endsWithEos ? " + eos_token" : "";
  const { beforePrompt, betweenPromptAndReply, beforeReply } = template;
  return [
    "{%- for message in messages -%}",
    "{%- if message['role'] == 'user' -%}",
    `{{- ${bos}${quoted(beforePrompt)} + message['content'] + ${quoted(betweenPromptAndReply)} -}}`,
    "{%- elif message['role'] == 'assistant' -%}",
    `{{- ${quoted(beforeReply)} + message['content']${eos} -}}`,
    "{%- else -%}",
    "{{- raise_exception('this model knows the roles user and assistant, got ' + message['role']) -}}",
    "{%- endif -%}",
    "{%- endfor -%}",
  ].join("");
}

/** A string literal as Jinja reads it. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n")}'`;
}

/** The ids of everything before the reply, as a prompt for generation. */
export function renderPrompt(prompt: string, tokenizer: Tokenizer, template: ChatTemplate = CHAT_TEMPLATE): number[] {
  const start = template.beginsWithBos ? [required(tokenizer, "bos")] : [];
  return [...start, ...encodeData(template.beforePrompt + prompt + template.betweenPromptAndReply, tokenizer)];
}

function encodeData(text: string, tokenizer: Tokenizer): number[] {
  return tokenizer.encodeIds(text, { addSpecialTokens: false, specialTokensInText: false });
}

function required(tokenizer: Tokenizer, role: "bos" | "eos"): number {
  const id = tokenizer.specialTokens[role];
  if (id === null)
    throw new Error(`renderPair: the chat template needs a ${role} token, which this tokenizer does not have`);
  return id;
}
