/**
 * @file Write the live page of the report: trained models that run in the reader's browser, in one file without a network.
 *
 * The page contains its worker (src/live/worker.ts, bundled), the kernels' WebAssembly module and the models' weights
 * as text. Its script inserts text only as text, never as markup.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Lesson, PackedModel } from "../../live/messages";
import { packWeights } from "../../live/weights";
import { openHuggingFace } from "../../model/checkpoint/hugging-face";
import { countParameters } from "../../model/count-parameters";
import { readLlamaConfig } from "../../model/llama-config";
import { applyConfiguration } from "../../tokenizer/configuration";
import type { Json } from "../../tokenizer/json-part";
import { writeFileAtomic } from "../../util/atomic-file";
import { thousands } from "../../util/format";
import { readJson } from "../../util/jsonl";
import { projectRoot } from "../../util/project-root";
import { liveWorkerScript } from "./bundle";
import { htmlPage, inScript, type PageInfo, pageAsset } from "./page";

/** The live page's entry in the index. */
export const LIVE_PAGE: PageInfo = {
  file: "live.html",
  title: "Live models",
  about:
    "Trained models run in this browser: compare the surprisal of each word for two models, score a minimal pair, ask " +
    "models of three curricula the same question, train a small model yourself.",
};

/**
 * Limit for all models of a page: each parameter takes 5.3 bytes of text, of which the browser holds several copies.
 */
const MOST_PARAMETERS = 30_000_000;

export interface LiveModel {
  /** Run id. */
  name: string;
  /** Name as in figures. */
  label: string;
  colour: string;
  /** Whether it was tuned on instructions. */
  talks: boolean;
  /** A Hugging Face folder with its tokenizer. */
  folder: string;
}

/** Why these models do not fit on the live page, or null if they do. */
export function whyNotLive(models: readonly LiveModel[]): string | null {
  if (models.length === 0) return "there are no finished models";
  const parameters = models.reduce((sum, { folder }) => sum + countParameters(readLlamaConfig(folder)), 0);
  if (parameters <= MOST_PARAMETERS) return null;
  return `the models have ${thousands(parameters)} parameters together, and a page holds at most ${thousands(MOST_PARAMETERS)}`;
}

/**
 * Write `live.html`.
 *
 * @param lesson - what the reader's own model is trained on and scored by; null: the page trains none
 * @returns its entry for the index
 * @throws Error with the reason of `whyNotLive`
 */
export async function writeLivePage(
  outputFolder: string,
  models: readonly LiveModel[],
  lesson: Lesson | null,
  root = projectRoot(),
): Promise<PageInfo> {
  const why = whyNotLive(models);
  if (why !== null) throw new Error(`writeLivePage: ${why}`);
  const packed = models.map(packModel);
  const kernels = fs.readFileSync(path.join(root, "src", "tensor", "wasm", "class-it.wasm")).toString("base64");
  const data = (name: string, value: unknown) =>
    `<script type="application/json" data-live="${name}">${inScript(value)}</script>\n`;
  const html = htmlPage({
    root,
    page: LIVE_PAGE,
    body: pageAsset(root, "live.html"),
    style: pageAsset(root, "live.css"),
    data:
      data("worker", await liveWorkerScript(root)) +
      data("kernels", kernels) +
      data("lesson", lesson) +
      packed.map((model) => data("model", model)).join(""),
    script: pageAsset(root, "live.js"),
    policy: { "script-src": "'wasm-unsafe-eval'", "worker-src": "blob:" },
  });
  writeFileAtomic(path.join(outputFolder, LIVE_PAGE.file), html);
  return LIVE_PAGE;
}

function packModel({ folder, ...shown }: LiveModel): PackedModel {
  const { config, read } = openHuggingFace(folder);
  const file = path.join(folder, "tokenizer.json");
  const { json, config: tokens } = applyConfiguration(readJson<Json>(file), file);
  const tokenizer = { json, roles: tokens.roles };
  return { ...shown, parameters: countParameters(config), config, tokenizer, weights: packWeights(config, read) };
}
