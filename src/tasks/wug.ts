/**
 * @file WUG tests: whether a model prefers the same form of an invented word as people do.
 *
 * Adjective nominalisation (-ity or -ness): Hofmann et al. 2024, https://arxiv.org/abs/2411.07990. Past tense:
 * Weissweiler et al. 2023, https://doi.org/10.18653/v1/2023.emnlp-main.401. Both as adapted by the BabyLM challenge:
 * two sentences with a tab between them, and the share of people who chose the first form.
 */

import { asRow, checkedOptions, numberField, textField } from "./row";
import type { PreferenceTask } from "./task";

export const WUG_ADJ: PreferenceTask = wugTask(
  "wug_adj",
  "WUG adjectives",
  "WUG ADJ",
  "wug_adj_nominalization",
  "Hofmann et al. 2024, https://arxiv.org/abs/2411.07990",
);
export const WUG_PAST: PreferenceTask = wugTask(
  "wug_past",
  "WUG past",
  "WUG PAST",
  "wug_past_tense",
  "Weissweiler et al. 2023, https://doi.org/10.18653/v1/2023.emnlp-main.401",
);

function wugTask(name: string, displayName: string, tableName: string, folder: string, source: string): PreferenceTask {
  return {
    kind: "preference",
    name,
    displayName,
    tableName,
    version: 1,
    protocols: ["2025"],
    officialName: name,
    folder: { full: folder, fast: folder },
    source,
    toItem: (value) => {
      const row = asRow(value);
      const forms = checkedOptions(textField(row, "sentences").split("\t"), "sentences");
      if (forms.length !== 2) throw new Error(`"sentences" has ${forms.length} parts between tabs, want 2`);
      return {
        sentences: forms,
        completions: forms,
        answers: forms,
        uid: name,
        groups: [["UID", name]],
        humanRatio: numberField(row, "ratio"),
      };
    },
  };
}
