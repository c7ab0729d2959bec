/** @file `class-it sample-world`: write the sample world (synthetic data) to data/sample, or check the files there. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import { generateSampleWorld, SAMPLE_WORLD_SEED } from "../../sample-world/generate-sample-world";
import { writeFileAtomic } from "../../util/atomic-file";
import { projectRoot } from "../../util/project-root";
import { countWords, readText } from "../../util/text-file";
import { wholeNumber } from "../options";

export function register(program: Command): void {
  program
    .command("sample-world")
    .description("write the generated sample world (texts and evaluation sets) to data/sample")
    .option("--seed <number>", "seed of the world", wholeNumber(), SAMPLE_WORLD_SEED)
    .option("--out <folder>", "output folder", path.join(projectRoot(), "data", "sample"))
    .option("--check", "write nothing; fail if a file differs from the generated one")
    .action((options: { seed: number; out: string; check?: boolean }) => {
      const { seed } = options;
      const files = generateSampleWorld(seed);
      let words = 0;
      for (const [name, text] of files) {
        const file = path.join(options.out, name);
        if (name.startsWith("text/")) words += countWords(text);
        if (options.check !== true) writeFileAtomic(file, text);
        else if (!fs.existsSync(file) || readText(file) !== text) {
          throw new Error(
            `${file} differs from the file of seed ${seed}; run "npm run class-it -- sample-world" to write it again`,
          );
        }
      }
      const verb = options.check === true ? "agree" : "written";
      process.stdout.write(`${files.size} files ${verb}, ${words} words of text, in ${options.out}\n`);
    });
}
