/** @file `class-it chat`: ask a model in a Hugging Face folder one question, or several independent ones. */

import * as readline from "node:readline/promises";
import type { Command } from "commander";
import { endTokens } from "../../model/checkpoint/gguf-tokenizer";
import { loadHuggingFace } from "../../model/checkpoint/hugging-face";
import { ask } from "../../model/reply";
import { initBackend } from "../../tensor";
import { Tokenizer } from "../../tokenizer/tokenizer";
import { Rng } from "../../util/rng";
import { modelFolder } from "../model-folder";
import { decimalNumber, wholeNumber } from "../options";

interface ChatOptions {
  model: string;
  prompt?: string;
  temperature: number;
  topP: number;
  topK?: number;
  repetitionPenalty: number;
  maxNewTokens: number;
  seed: string;
}

export function register(program: Command): void {
  program
    .command("chat")
    .description("ask a model; each question is independent, as in the model's training")
    .requiredOption(
      "--model <folder>",
      "a folder with config.json, model.safetensors, tokenizer.json; or the name of a fetched model, see data list",
    )
    .option("--prompt <text>", "one question; without it, questions are read from the terminal")
    .option("--temperature <x>", "0 is greedy", decimalNumber({ least: 0 }), 0)
    .option("--top-k <n>", "sample from the n most probable tokens", wholeNumber({ least: 1 }))
    .option(
      "--top-p <x>",
      "sample from the most probable tokens that together reach this probability (nucleus sampling)",
      decimalNumber({ above: 0, most: 1 }),
      1,
    )
    .option(
      "--repetition-penalty <x>",
      "repetition penalty; above 1, earlier tokens become less probable",
      decimalNumber({ above: 0 }),
      1.1,
    )
    .option("--max-new-tokens <n>", "longest reply", wholeNumber({ least: 1 }), 64)
    .option("--seed <text>", "seed of the random stream", "42")
    .action(chat);
}

async function chat(options: ChatOptions): Promise<void> {
  await initBackend();
  const folder = modelFolder(options.model);
  const llama = loadHuggingFace(folder);
  const tokenizer = Tokenizer.load(folder);
  const settings = {
    temperature: options.temperature,
    topK: options.topK ?? null,
    topP: options.topP,
    repetitionPenalty: options.repetitionPenalty,
    maxNewTokens: options.maxNewTokens,
    stopTokens: [...new Set([tokenizer.specialTokens.eos, ...endTokens(folder)])].filter((id) => id !== null),
  };
  const rng = Rng.fromSeed(options.seed).fork("chat");
  const answer = async (prompt: string, turn: number) => {
    const onText = (piece: string) => process.stdout.write(piece);
    await ask(llama, tokenizer, prompt, { settings, rng: rng.fork(turn), onText });
    process.stdout.write("\n");
  };
  if (options.prompt !== undefined) return answer(options.prompt, 0);
  const terminal = readline.createInterface({ input: process.stdin, output: process.stderr, prompt: "> " });
  let turn = 0;
  terminal.prompt();
  for await (const line of terminal) {
    if (line.trim() !== "") await answer(line.trim(), turn++);
    terminal.prompt();
  }
}
