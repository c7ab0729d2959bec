/**
 * @file Records in a result folder the protocol under which its results were scored, so that results of two protocols
 * are not mixed or compared by mistake. Results without a record are of protocol 2025.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Protocol } from "../tasks/task";
import { oneOf } from "../util/check";
import { readJson, writeJson } from "../util/jsonl";
import { OFFICIAL, PROTOCOLS, type ScoringMode } from "./scoring-mode";

const NOTE = "protocol.json";

/** The protocol of a result folder, and the seed of its random ties. */
export interface ResultProtocol {
  protocol: Protocol;
  seed: number;
}

/** @param modelFolder - `<results>/<model>/<revision>` */
export function protocolOf(modelFolder: string): ResultProtocol {
  const file = path.join(modelFolder, NOTE);
  if (!fs.existsSync(file)) return { protocol: "2025", seed: OFFICIAL.seed };
  const { protocol, seed } = readJson<{ protocol?: unknown; seed?: unknown }>(file);
  return { protocol: oneOf(`protocol in ${file}`, String(protocol), PROTOCOLS), seed: Number(seed) };
}

/**
 * Record the protocol of a folder before results are written to it.
 *
 * @throws Error if it has results of another protocol, or with another seed of random ties
 */
export function claimResults(modelFolder: string, { protocol, seed }: Pick<ScoringMode, "protocol" | "seed">): void {
  const hasResults = ["zero_shot", "finetune"].some((name) => fs.existsSync(path.join(modelFolder, name)));
  const found = protocolOf(modelFolder);
  if (hasResults && found.protocol !== protocol) {
    throw new Error(
      `${modelFolder} holds results of protocol ${found.protocol}, these would be of ${protocol}; give another folder with --out`,
    );
  }
  if (protocol === "2025") return; // a folder without a record is of 2025
  if (hasResults && found.seed !== seed) {
    throw new Error(
      `${modelFolder} holds results with seed ${found.seed}, these would have ${seed}; give another folder with --out`,
    );
  }
  writeJson(path.join(modelFolder, NOTE), { protocol, seed });
}

/** The common protocol of two models to compare. @throws Error if they were scored under different ones */
export function sharedProtocol(first: string, second: string): ResultProtocol {
  const [a, b] = [protocolOf(first), protocolOf(second)];
  if (a.protocol !== b.protocol) {
    throw new Error(
      `${first} was scored under protocol ${a.protocol} and ${second} under ${b.protocol}: a difference could come from the ` +
        `rules, not from the models. Score both under one protocol`,
    );
  }
  return a;
}
