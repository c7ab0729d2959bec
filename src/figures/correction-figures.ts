/**
 * @file Figures of three corrections of the official pipeline: the pooled position in fine-tuning, the blank in
 * reading, and the answer "nothing" in entity tracking.
 */

import { type Correction, corrections } from "../results/corrections";
import { taskLabel } from "../results/labels";
import type { RunSummary } from "../results/schema";
import { dumbbellPlot } from "./dumbbell-plot";
import { type Figure, fixed } from "./figure";
import { runStyle } from "./palette";
import { slopeChart } from "./slope-chart";

/**
 * Accuracy when classifying from the first and from the last token: one panel per task, with the majority class.
 *
 * @param runs - of one or several seeds @throws Error if no run was fine-tuned with both poolings
 */
export function poolingFigure(runs: readonly RunSummary[], { source }: { source: string }): Figure {
  const own = corrections(runs, "last-token-pooling");
  requireSome(own, "fine-tuned with both poolings");
  const tasks = tasksOf(own);
  const seeds = Math.max(...own.map((c) => c.seeds));
  const words = tasks.map((task) => {
    const members = own.filter((c) => c.task === task);
    const largest = members.reduce((a, b) => (b.corrected - b.official > a.corrected - a.official ? b : a));
    return `${taskLabel(task)} up to ${points(largest.corrected - largest.official)} (${largest.label})`;
  });
  return slopeChart(
    tasks.map((task) => {
      const members = own.filter((c) => c.task === task);
      return {
        title: taskLabel(task),
        level: members[0].majority ?? undefined,
        lines: members.map((c) => ({
          name: c.label,
          style: runStyle(c.model, c.variant),
          before: c.official,
          after: c.corrected,
        })),
      };
    }),
    {
      title: "Accuracy classified from the first token and from the last",
      subtitle: source,
      conditions: ["first", "last"],
      valueTitle: "accuracy (share of items)",
      levelName: "majority class",
      range: [0.2, 1.02],
      tickformat: ".0%",
      alt: `Accuracy classified from the first token and from the last: ${words.join("; ")}.`,
      caption:
        `One line per model${seeds > 1 ? `, means over ${seeds} seeds` : ""}: classified from the first token, as the official ` +
        `script does, and from the last. Dotted lines: majority class. Source: ${source}.`,
    },
  );
}

/**
 * Variance explained in reading without and with the blank before a word.
 *
 * @param runs - of one or several seeds @throws Error if no run was scored in both modes
 */
export function blankFigure(runs: readonly RunSummary[], { source }: { source: string }): Figure {
  const own = corrections(runs, "reading-blank");
  requireSome(own, "scored with and without the blank");
  const seeds = Math.max(...own.map((c) => c.seeds));
  const words = own.map((c) => `${c.label}, ${taskLabel(c.task)}: ${fixed(c.official)} to ${fixed(c.corrected)}`);
  return dumbbellPlot(
    tasksOf(own).map((task) => ({
      valueTitle: `${taskLabel(task)}, variance explained (%)`,
      rows: own
        .filter((c) => c.task === task)
        .map((c) => ({
          name: c.label,
          colour: runStyle(c.model, c.variant).colour,
          before: c.official,
          after: c.corrected,
        })),
    })),
    {
      title: "Reading scores without and with the blank before a word",
      subtitle: source,
      conditions: ["official: without the blank", "corrected: with the blank"],
      alt: `Variance explained in percent, without and with the blank. ${words.join("; ")}.`,
      caption: `A row per model${seeds > 1 ? `, means over ${seeds} seeds` : ""}. Open: official, full: corrected. Source: ${source}.`,
    },
  );
}

/**
 * Accuracy in entity tracking on all items and without those whose right answer is "nothing.".
 *
 * @param runs - of one or several seeds @throws Error if no run was scored in both modes
 */
export function nothingFigure(runs: readonly RunSummary[], { source }: { source: string }): Figure {
  const own = corrections(runs, "entity-without-nothing");
  requireSome(own, 'scored with and without the answer "nothing."');
  const seeds = Math.max(...own.map((c) => c.seeds));
  const [{ items }] = own;
  const percent = (share: number) => `${fixed(100 * share, 1)} %`;
  const words = own.map((c) => `${c.label} ${percent(c.official)} and ${percent(c.corrected)}`);
  return dumbbellPlot(
    [
      {
        valueTitle: "entity tracking, accuracy (%)",
        rows: own.map((c) => ({
          name: c.label,
          colour: runStyle(c.model, c.variant).colour,
          before: 100 * c.official,
          after: 100 * c.corrected,
        })),
      },
    ],
    {
      title: 'Entity tracking with and without the answer "nothing."',
      subtitle: source,
      conditions: ["all items", 'without the answer "nothing."'],
      alt: `Accuracy in entity tracking on all items, and without those whose answer is "nothing.": ${words.join("; ")}.`,
      caption:
        `A row per model${seeds > 1 ? ", means over its seeds" : ""}. Open: all ${items.official.toLocaleString("en")} items; full: the ` +
        `${items.corrected.toLocaleString("en")} whose answer is not "nothing.". Chance is 20 %. Source: ${source}.`,
    },
  );
}

const tasksOf = (own: readonly Correction[]) => [...new Set(own.map(({ task }) => task))];

const points = (difference: number) => `${fixed(100 * difference, 0)} points`;

function requireSome(own: readonly Correction[], what: string): void {
  if (own.length === 0) throw new Error(`no run was ${what}; "npm run reproduce" makes such runs`);
}
