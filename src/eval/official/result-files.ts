/**
 * @file Writes the files of the official pipeline, byte for byte: reports, predictions, reading regressions,
 * surprisals.
 */

import type { ChoiceItem } from "../../tasks/task";
import type { AoaResult } from "../acquisition-curves";
import type { Tally } from "../metrics";
import type { PredictedRow, ReadingGain, ResponseGain } from "../reading-gain";
import { PythonFloat, pythonFixed, pythonJson } from "./python-format";

/**
 * `best_temperature_report.txt` of an accuracy task.
 *
 * @param averagePercent - the reported average
 * @param splits - extra lines after the UIDs (entity tracking), percent
 */
export function accuracyReport(tally: Tally, averagePercent: number, splits?: ReadonlyMap<string, number>): string {
  const lines = ["TEMPERATURE: 1.00", ""];
  for (const [key, values] of tally) {
    lines.push(`### ${key} ACCURACY`);
    for (const [value, { credit, n }] of values) lines.push(`${value}: ${pythonFixed((100 * credit) / n, 2)}`);
    if (key === "UID" && splits) for (const [split, value] of splits) lines.push(`${split}: ${pythonFixed(value, 2)}`);
    lines.push("");
  }
  lines.push("### AVERAGE ACCURACY", pythonFixed(averagePercent, 2), "");
  return `${lines.join("\n")}\n`;
}

/** `best_temperature_report.txt` of a wug task: rho itself, not a percentage. */
export function rhoReport(rho: number): string {
  const value = pythonFixed(rho, 2);
  const lines = ["TEMPERATURE: 1.00", "", "### UID SPEARMAN'S RHO", `avg: ${value}`, ""];
  return `${[...lines, "### AVERAGE SPEARMAN'S RHO", value, ""].join("\n")}\n`;
}

/** `predictions.json`: the chosen option by UID; for WUG tasks with the probability of the first form. */
export function predictionsJson(
  items: readonly Pick<ChoiceItem, "uid" | "answers">[],
  chosen: readonly number[],
  shares?: readonly number[],
): string {
  const byUid = new Map<string, { predictions: Map<string, unknown>[] }>();
  items.forEach(({ uid, answers }, i) => {
    let group = byUid.get(uid);
    if (group === undefined) {
      group = { predictions: [] };
      byUid.set(uid, group);
    }
    const prediction = new Map<string, unknown>([
      ["id", `${uid}_${group.predictions.length}`],
      ["pred", answers[chosen[i]]],
    ]);
    if (shares !== undefined) prediction.set("prob", new PythonFloat(shares[i]));
    group.predictions.push(prediction);
  });
  return pythonJson(byUid);
}

/** The reading task's files, by name. */
export function readingFiles(rows: readonly PredictedRow[], gain: ReadingGain): Record<string, string> {
  const predictions = rows.map((row, id) => ({ id, pred: float(row.pred), prev_pred: float(row.prevPred) }));
  const long = rows.map((row, Index) =>
    pythonJson({
      Index,
      Sentence: row.context,
      Word: row.word,
      Logprob: float(row.pred),
      Prev_Logprob: float(row.prevPred),
    }),
  );
  return {
    "report.txt": `EYE TRACKING SCORE: ${pythonFixed(gain.eyeTrackingPercent, 2)}\nSELF-PACED READING SCORE: ${pythonFixed(gain.selfPacedPercent, 2)}\n`,
    "predictions.json": pythonJson({ reading: { predictions } }),
    "prediction.jsonl": long.map((line) => `${line}\n`).join(""), // [pipeline] "Logprob" holds the surprisal
    "correlations.txt": gain.correlations.map(({ response, r }) => `${response}\t${pythonFixed(r, 4)}\n`).join(""),
    "predictive_power.jsonl": gain.withoutSpillover.map(powerLine).join(""),
    "predictive_power_spillover.jsonl": gain.withSpillover.map(powerLine).join(""),
  };
}

function powerLine({ response, baseline, model }: ResponseGain): string {
  const pred = model.coefficients.length - 1; // `pred` is the last column
  return `${pythonJson({
    "Predicted variable": response,
    Coefficient: float(model.coefficients[pred]),
    "Number of standard deviations": float(model.tValues[pred]),
    "P-value": float(model.pValues[pred]),
    R2: float(model.r2),
    "Change in R2 from baseline": float(model.r2 - baseline.r2),
    AIC: float(model.aic),
    "Change in AIC from baseline": float(model.aic - baseline.aic),
  })}\n`;
}

/** `surprisal.json` of age of acquisition. */
export function surprisalJson(modelName: string, steps: number, results: readonly AoaResult[]): string {
  return pythonJson(
    {
      metadata: { model_name: modelName, use_bos_only: false, total_steps: steps, completed_steps: steps },
      results: results.map((r) => ({ ...r, surprisal: float(r.surprisal) })),
    },
    2,
  );
}

/** `results.txt` of a fine-tuning task: fractions in full, no newline at the end. */
export function finetuneResults(metrics: readonly (readonly [name: string, value: number])[]): string {
  return metrics.map(([name, value]) => `${name}: ${floatText(value)}`).join("\n");
}

/** `predictions.json` of a fine-tuning task. */
export function finetunePredictions(task: string, predictions: readonly number[]): string {
  const list = predictions.map((pred, n) => ({ id: `${task}_${n}`, pred }));
  return pythonJson({ [task]: { predictions: list } });
}

function float(value: number): PythonFloat {
  return new PythonFloat(value);
}

function floatText(value: number): string {
  return pythonJson(float(value));
}
