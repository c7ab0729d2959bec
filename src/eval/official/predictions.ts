/** @file Reads the pipeline's `predictions.json` and checks it against the data. */

import type { ChoiceItem } from "../../tasks/task";
import { readResultFile } from "./folders";
import { PythonFloat, parsePythonJson } from "./python-format";

/** One answer of a model. */
export interface Prediction {
  id: string | number;
  pred: string | number;
  prob?: number;
  prev_pred?: number | null;
}

const AGAIN = "score the task again on these data";

/** Content of every `predictions.json`: from UID (or `reading`, or a fine-tuning task) to its predictions. */
export type Predictions = Record<string, { predictions: Prediction[] }>;

/** @throws Error naming the file if it is not a table of predictions */
export function readPredictions(file: string): Predictions {
  const value = parsePythonJson(readResultFile(file)) as Predictions;
  for (const [uid, group] of Object.entries(value)) {
    if (!Array.isArray(group?.predictions)) throw new Error(`${file}: "${uid}" has no list of predictions; ${AGAIN}`);
  }
  return value;
}

/** Items per UID. */
export function countsByUid(items: readonly Pick<ChoiceItem, "uid">[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { uid } of items) counts.set(uid, (counts.get(uid) ?? 0) + 1);
  return counts;
}

/** @throws Error if a UID is missing or unknown, has the wrong number of predictions, or ids repeat or skip */
export function checkPredictions(file: string, predictions: Predictions, expected: ReadonlyMap<string, number>): void {
  const unknown = Object.keys(predictions).filter((uid) => !expected.has(uid));
  if (unknown.length > 0)
    throw new Error(`${file}: predictions for ${unknown.join(", ")}, which the data do not have; ${AGAIN}`);
  for (const [uid, n] of expected) {
    const list = predictions[uid]?.predictions;
    if (list === undefined) throw new Error(`${file}: no predictions for ${uid}; ${AGAIN}`);
    if (list.length !== n)
      throw new Error(`${file}: ${uid} has ${list.length} predictions, the data have ${n} rows; ${AGAIN}`);
    list.forEach(({ id }, i) => {
      const want = uid === "reading" ? i : `${uid}_${i}`;
      if (id !== want) throw new Error(`${file}: prediction ${i} of ${uid} has the id ${id}, want ${want}; ${AGAIN}`);
    });
  }
}

/** Predictions for `pythonJson`, with the numbers under these keys as Python floats. */
export function withFloats(predictions: Predictions, keys: readonly string[]): Map<string, unknown> {
  const asFloat = (value: unknown) => new PythonFloat((value ?? Number.NaN) as number);
  return new Map(
    Object.entries(predictions).map(([uid, group]) => [
      uid,
      {
        predictions: group.predictions.map((prediction) =>
          Object.fromEntries(
            Object.entries(prediction).map(([key, value]) => [key, keys.includes(key) ? asFloat(value) : value]),
          ),
        ),
      },
    ]),
  );
}
