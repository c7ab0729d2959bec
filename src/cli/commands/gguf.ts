/** @file `class-it gguf`: convert a Hugging Face folder to one GGUF file for llama.cpp. */

import * as fs from "node:fs";
import type { Command } from "commander";
import { convertToGguf, GGUF_TYPES } from "../../model/checkpoint/gguf";
import { oneOf } from "../../util/check";
import { bytes } from "../../util/format";
import { modelFolder } from "../model-folder";

export function register(program: Command): void {
  program
    .command("gguf")
    .description("convert a model folder to one GGUF file, which llama.cpp runs")
    .requiredOption(
      "--model <folder>",
      "a folder with config.json, model.safetensors, tokenizer.json; or the name of a fetched model, see data list",
    )
    .requiredOption("--out <file>", "output file, for example model.gguf")
    .option("--type <name>", GGUF_TYPES.join(", "), "F16")
    .action((options: { model: string; out: string; type: string }) => {
      convertToGguf(modelFolder(options.model), options.out, oneOf("type", options.type, GGUF_TYPES));
      process.stdout.write(`${options.out}: ${bytes(fs.statSync(options.out).size)}\n`);
    });
}
