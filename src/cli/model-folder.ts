/** @file Resolves `--model`: a folder, or the name of a published model fetched by `npm run data -- fetch`. */

import * as fs from "node:fs";
import * as path from "node:path";
import { readCatalogue } from "../data-sets/catalogue";
import { projectRoot } from "../util/project-root";

/**
 * @param model - a model folder; or a name in the catalogue (`class-it-140m`), or on the Hub (`colinglab/CLASS_IT-140M`)
 * @param root - the clone; fetched models are in its `data/raw`
 * @throws Error if it is neither a folder nor a known name; if the model is not fetched yet, with the command that
 *   fetches it
 */
export function modelFolder(model: string, root = projectRoot()): string {
  if (fs.existsSync(model)) return model;
  for (const { name, listings } of readCatalogue(path.join(root, "data", "sources.json"))) {
    for (const { service, id, to } of listings) {
      if (service !== "hugging-face-model" || (model !== name && model !== id)) continue;
      const folder = path.join(root, "data", "raw", to);
      if (fs.existsSync(path.join(folder, "config.json"))) return folder;
      throw new Error(`${model} is not fetched yet: "npm run data -- fetch ${name}" downloads it to ${folder}`);
    }
  }
  throw new Error(`model ${model}: no such folder; want one with config.json, model.safetensors and tokenizer.json`);
}
