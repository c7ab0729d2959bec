/** @file Refuse to compare seeds that were trained on different text. */

import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { issueText } from "../util/check";
import { readJson } from "../util/jsonl";
import { checkListed } from "../util/manifest";
import { REMEDY } from "./read";

const reportSchema = z.object({
  corpus: z.object({ sources: z.array(z.object({ source: z.string(), bytes: z.number().nonnegative() })) }),
});

/**
 * @param first - results folder of the first seed, such as `data/results/study`
 * @param further - that of another seed of the same world
 * @throws Error naming the source of text that differs; a folder without `data-report.json` is not compared
 */
export function requireSameText(first: string, further: string): void {
  const [expected, found] = [bytesBySource(first), bytesBySource(further)];
  if (expected === null || found === null) return;
  for (const source of new Set([...expected.keys(), ...found.keys()])) {
    const [wanted, got] = [expected.get(source) ?? 0, found.get(source) ?? 0];
    if (wanted === got) continue;
    throw new Error(
      `${further}: its models read other text than those of ${path.basename(first)}: ${source} has ${got} bytes instead of ` +
        `${wanted}; train all seeds on the same --data folder to compare them`,
    );
  }
}

function bytesBySource(folder: string): Map<string, number> | null {
  const file = path.join(folder, "data-report.json");
  if (!fs.existsSync(file)) return null;
  checkListed(file, REMEDY);
  const report = reportSchema.safeParse(readJson(file));
  if (!report.success)
    throw new Error(`${file}: ${issueText(report.error)}; run "npm run reproduce" to write it again`);
  return new Map(report.data.corpus.sources.map(({ source, bytes }) => [source, bytes]));
}
