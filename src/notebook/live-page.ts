/**
 * @file The live page of the report: trained models that run in the reader's browser, in one file that asks for no address.
 *
 * The page carries its worker (src/live/worker.ts, bundled), the kernels' WebAssembly module and the models' weights as
 * text. Its script sets every text as text, never as markup.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import type { PackedModel } from "../live/messages";
import { packWeights } from "../live/weights";
import { openHuggingFace } from "../model/checkpoint/hugging-face";
import { countParameters } from "../model/count-parameters";
import { readTokenizerConfig } from "../tokenizer/hugging-face-json";
import { writeFileAtomic } from "../util/atomic-file";
import { thousands } from "../util/format";
import { readJson } from "../util/jsonl";
import { projectRoot } from "../util/project-root";
import { liveWorkerScript } from "./bundle";
import { htmlPage, inScript, type PageInfo, pageAsset } from "./page";

export const LIVE_PAGE: PageInfo = {
  file: "live.html",
  title: "The models, live",
  about:
    "Trained models run in this browser: type a sentence and see how surprising each word is, judge a minimal pair, talk to " +
    "three curricula side by side.",
};

/** More numbers than this a page cannot carry sensibly: 64 million are 170 MB of text a model. */
const MOST_PARAMETERS = 64_000_000;

export interface LiveModel {
  /** Run id. */
  name: string;
  /** As in figures. */
  label: string;
  colour: string;
  /** Whether it was tuned on instructions. */
  talks: boolean;
  /** A Hugging Face folder with its tokenizer. */
  folder: string;
}

/**
 * Write `live.html`.
 *
 * @returns its entry for the index
 * @throws Error if there is no model, or one is too large for a page
 */
export async function writeLivePage(
  outputFolder: string,
  models: readonly LiveModel[],
  root = projectRoot(),
): Promise<PageInfo> {
  if (models.length === 0) throw new Error("writeLivePage: want at least one model");
  const packed = models.map(packModel);
  const kernels = fs.readFileSync(path.join(root, "src", "tensor", "wasm", "class-it.wasm")).toString("base64");
  const data = (name: string, value: unknown) =>
    `<script type="application/json" data-live="${name}">${inScript(value)}</script>\n`;
  const html = htmlPage({
    root,
    page: LIVE_PAGE,
    body: pageAsset(root, "live.html"),
    style: pageAsset(root, "live.css"),
    scripts:
      data("worker", await liveWorkerScript(root)) +
      data("kernels", kernels) +
      packed.map((model) => data("model", model)).join("") +
      `<script>\n${pageAsset(root, "live.js")}</script>\n`,
    policy: { "script-src": "'unsafe-inline' 'wasm-unsafe-eval'", "worker-src": "blob:" },
  });
  writeFileAtomic(path.join(outputFolder, LIVE_PAGE.file), html);
  return LIVE_PAGE;
}

function packModel({ folder, ...shown }: LiveModel): PackedModel {
  const { config, read } = openHuggingFace(folder);
  const parameters = countParameters(config);
  if (parameters > MOST_PARAMETERS) {
    throw new Error(
      `${folder}: ${thousands(parameters)} parameters; a page carries at most ${thousands(MOST_PARAMETERS)} a model`,
    );
  }
  const tokenizer = {
    json: readJson(path.join(folder, "tokenizer.json")),
    roles: readTokenizerConfig(folder).roles,
  };
  return { ...shown, config, tokenizer, weights: packWeights(config, read) };
}
