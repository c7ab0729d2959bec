/**
 * @file The six text files of the scale `study`. Each is joined from overlapping samples, some without their line
 * breaks. Line breaks are restored where possible (`lost-line-breaks.ts`) and repeated passages removed
 * (`overlaps.ts`).
 */

import * as path from "node:path";
import { readLineChunks } from "../../corpus/line-chunks";
import { restoreLineBreaks } from "../../corpus/lost-line-breaks";
import { withoutOverlaps } from "../../corpus/overlaps";
import { CORPUS_SOURCES } from "../../corpus/sources";
import { thousands } from "../../util/format";
import type { Conversion } from "./conversion";

export const convertStudyText: Conversion = (given, to) => {
  const parts = CORPUS_SOURCES.flatMap((source) => {
    const found = given.find(({ name }) => path.basename(name) === `${source}.train`);
    if (found === undefined) return [];
    const restored = { restored: 0 };
    const overlaps = { passages: 0, droppedLines: 0, droppedWords: 0 };
    const pieces = readLineChunks(found.file, { bytes: 0, replaced: 0 });
    const lines = withoutOverlaps(restoreLineBreaks(pieces, source, restored), overlaps);
    return [{ source, restored, overlaps, lines }];
  });
  return {
    files: parts.map(({ source, lines }) => ({ path: path.posix.join(to, `${source}.train`), lines })),
    notes: () =>
      parts.map(({ source, restored, overlaps: { passages, droppedLines, droppedWords } }) => {
        const gone = `${thousands(droppedLines)} lines (${thousands(droppedWords)} words) of ${thousands(passages)} passages`;
        return `${source}: ${thousands(restored.restored)} lines restored, ${gone} that repeat earlier text dropped`;
      }),
  };
};
