/** @file Run as a process by the tests of the token store: writes a store slowly, so that it can be killed. */

import { openTokenStore } from "../../../src/train/token-store";
import { tinyExamples } from "./tiny-stage";

const [file] = process.argv.slice(2);

function* slowly() {
  for (let round = 0; ; round++) {
    for (const example of tinyExamples(2000, `round ${round}`)) yield { ...example, ids: [...new Array(300).fill(5)] };
    process.stdout.write(`round ${round}\n`);
  }
}

openTokenStore(file, { text: "one" }, () => ({ vocabSize: 24, examples: slowly() }));
