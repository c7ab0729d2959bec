/** @file The Switchboard Dialog Act Corpus as BabyLM's `switchboard.train`, with a blank line after every conversation. */

import * as path from "node:path";
import { readConversation } from "../../corpus/swda";
import { thousands } from "../../util/format";
import type { Conversion } from "./conversion";

/** Conversations in the order of their file names, regardless of folder; one line `A:\ttext` per utterance. */
export const convertSwda: Conversion = (given, to) => {
  const files = [...given].sort((a, b) => (path.basename(a.name) < path.basename(b.name) ? -1 : 1));
  let utterances = 0;
  function* lines(): Generator<string> {
    for (const { file } of files) {
      for (const { speaker, text } of readConversation(file)) {
        utterances++;
        yield `${speaker}:\t${text}`;
      }
      yield "";
    }
  }
  return {
    files: [{ path: path.posix.join(to, "switchboard.train"), lines: lines() }],
    notes: () => [`${thousands(files.length)} conversations, ${thousands(utterances)} utterances`],
  };
};
