/**
 * @file The paper's statements, judged by our runs.
 *
 * A statement is split into parts. Each part is a number that is positive where the statement holds, computed from the
 * mean over seeds, with a 95 % bootstrap interval over tasks (the tasks are what the paper's boxes range over). A part
 * holds if its interval lies above zero, fails if it lies below, and is open otherwise; parts that merely count have no
 * interval. A statement is supported if every part holds, not supported if one fails, else undecided. Beside each
 * part stands in how many seeds, taken one by one, its number is positive.
 */

import * as path from "node:path";
import { type ModelScore, modelScores, zTable } from "../figures/model-scores";
import { runLabel } from "../figures/palette";
import type { ScoreRow } from "../results/frame";
import type { TaskFamily, Variant } from "../results/schema";
import type { WorldResults } from "../results/world";
import { bootstrapInterval } from "../stats/bootstrap";
import { median, quantile } from "../stats/quantile";
import type { Deviation } from "../stats/z-score";
import { readJson } from "../util/jsonl";
import { projectRoot } from "../util/project-root";
import { Rng } from "../util/rng";

export interface Claims {
  paper: string;
  statements: { id: number; family: TaskFamily | "all"; figure: string; text: string }[];
  contradiction: string;
  artefacts: { id: string; text: string }[];
}

export type Verdict = "supported" | "not supported" | "undecided";

export interface Part {
  what: string;
  /** Positive where the part holds; NaN where our runs cannot say. */
  value: number;
  interval: [number, number] | null;
  holds: "yes" | "no" | "open";
  /** Seeds with a positive value, of all seeds. */
  seeds: string;
}

export interface Judged {
  id: number;
  text: string;
  figure: string;
  verdict: Verdict;
  parts: Part[];
}

export function readClaims(root = projectRoot()): Claims {
  return readJson<Claims>(path.join(root, "data", "paper", "claims.json"));
}

/** Scores of one set of runs as the parts below ask for them. */
interface View {
  /** Score of a model on a task; NaN where there is none. */
  score(model: string, task: string): number;
  /** z-scores of a model over `tasks` (repeats allowed). */
  z(model: string, tasks: readonly string[]): number[];
  tasks: string[];
  chance: Map<string, number>;
}

/** A number that is positive where the statement holds. */
interface Test {
  what: string;
  /** `count` has no interval, `unknown` cannot be computed from our runs. */
  kind: "interval" | "count" | "unknown";
  value: (view: View, tasks: readonly string[]) => number;
}

const WIDE: readonly Variant[] = ["base", "switch", "wiki", "merged", "switch-wiki", "wiki-switch"];
const SHARED: readonly Variant[] = ["base", "merged"];
const wide = (v: Variant) => runLabel("wide", v);
const narrow = (v: Variant) => runLabel("narrow", v);
const ALL = [...WIDE.map(wide), ...SHARED.map(narrow)];
const TUNED = WIDE.slice(1).map(wide);
/** [ours] What "no striking gap" allows: three percentage points. */
const SMALL_GAP = 0.03;
/** [ours] What "hard" means for entity tracking: within ten points of chance. */
const HARD = 0.1;

const interval = (what: string, value: Test["value"]): Test => ({ what, kind: "interval", value });
const count = (what: string, value: Test["value"]): Test => ({ what, kind: "count", value });
const unknown = (what: string): Test => ({ what, kind: "unknown", value: () => Number.NaN });

const mid = (v: View, model: string, tasks: readonly string[]) => median(v.z(model, tasks));
const iqr = (v: View, model: string, tasks: readonly string[]) =>
  quantile(v.z(model, tasks), 0.75) - quantile(v.z(model, tasks), 0.25);
const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
const sizeGap = (v: View, task: string) =>
  mean(SHARED.map((variant) => v.score(wide(variant), task) - v.score(narrow(variant), task)));
const above = (v: View, model: string, tasks: readonly string[]) => Math.min(...v.z(model, tasks)) > 0;

const TESTS: Record<number, readonly Test[]> = {
  1: [unknown("scores minus the baselines': only meaningful on the benchmarks that the baselines were scored on")],
  2: [
    interval("mean over tasks: larger minus smaller (pre-trained and merged)", (v, t) =>
      mean(t.map((x) => sizeGap(v, x))),
    ),
    interval("that gap on QQP and MNLI minus the gap on the other tasks", (v, t) => {
      const gaps = (visible: boolean) =>
        t.filter((x) => ["qqp", "mnli"].includes(x) === visible).map((x) => sizeGap(v, x));
      return mean(gaps(true)) - mean(gaps(false));
    }),
  ],
  3: [
    count("smallest lead, over tasks, of the best tuned model over the pre-trained one", (v, t) =>
      Math.min(...t.map((x) => Math.max(...TUNED.map((m) => v.score(m, x))) - v.score(wide("base"), x))),
    ),
    count("tasks on which the most frequent winner does not win", (v, t) => {
      const wins = ALL.map((m) => t.filter((x) => ALL.every((o) => v.score(m, x) >= v.score(o, x))).length);
      return t.length - Math.max(...wins);
    }),
  ],
  4: [
    ...SHARED.map((x) => interval(`minus the median z of ${narrow(x)}`, (v, t) => -mid(v, narrow(x), t))),
    ...WIDE.map((x) => interval(`median z of ${wide(x)}`, (v, t) => mid(v, wide(x), t))),
  ],
  5: [
    interval(
      "median z of merged minus the highest other median",
      (v, t) =>
        mid(v, wide("merged"), t) - Math.max(...ALL.filter((m) => m !== wide("merged")).map((m) => mid(v, m, t))),
    ),
    interval(
      "interquartile range of merged minus the wider of the sequential ones",
      (v, t) => iqr(v, wide("merged"), t) - Math.max(iqr(v, wide("switch-wiki"), t), iqr(v, wide("wiki-switch"), t)),
    ),
    count("both sequential models, and they alone, have every z above zero (1 yes, −1 no)", (v, t) =>
      ALL.every((m) => above(v, m, t) === [wide("switch-wiki"), wide("wiki-switch")].includes(m)) ? 1 : -1,
    ),
  ],
  6: [
    interval(
      "lowest other median of the larger models minus that of Switchboard alone",
      (v, t) =>
        Math.min(...WIDE.filter((x) => x !== "switch").map((x) => mid(v, wide(x), t))) - mid(v, wide("switch"), t),
    ),
  ],
  7: [
    interval(
      `${SMALL_GAP} minus the mean gap between tuned and pre-trained, either way`,
      (v, t) =>
        SMALL_GAP - Math.abs(mean(t.map((x) => mean(TUNED.map((m) => v.score(m, x))) - v.score(wide("base"), x)))),
    ),
    interval(
      `${SMALL_GAP} minus the mean gap between sizes, either way`,
      (v, t) => SMALL_GAP - Math.abs(mean(t.map((x) => sizeGap(v, x)))),
    ),
  ],
  8: [
    unknown("WUG and entity tracking minus the baselines': only meaningful on their benchmarks and metrics"),
    count(
      `entity tracking: ${HARD} above chance minus the best model's accuracy`,
      (v) =>
        (v.chance.get("entity_tracking") ?? Number.NaN) +
        HARD -
        Math.max(...ALL.map((m) => v.score(m, "entity_tracking"))),
    ),
  ],
  9: [
    count(
      "reading: the lower of the smaller models minus the best larger one",
      (v) =>
        Math.min(...SHARED.map((x) => readingOf(v, narrow(x)))) - Math.max(...WIDE.map((x) => readingOf(v, wide(x)))),
    ),
    count(
      "reading: the smaller pre-trained model minus the best other one",
      (v) =>
        readingOf(v, narrow("base")) - Math.max(...ALL.filter((m) => m !== narrow("base")).map((m) => readingOf(v, m))),
    ),
  ],
  10: [
    count("no model has every z above zero (1 yes, −1 no)", (v, t) => (ALL.some((m) => above(v, m, t)) ? -1 : 1)),
    count("exactly two medians above zero (1 yes, −1 no)", (v, t) =>
      ALL.filter((m) => mid(v, m, t) > 0).length === 2 ? 1 : -1,
    ),
    interval(
      "median z of Wikipedia alone minus the highest other median",
      (v, t) => mid(v, wide("wiki"), t) - Math.max(...ALL.filter((m) => m !== wide("wiki")).map((m) => mid(v, m, t))),
    ),
    interval(
      "lower median of the smaller models minus the third highest of the larger ones",
      (v, t) =>
        Math.min(...SHARED.map((x) => mid(v, narrow(x), t))) -
        WIDE.map((x) => mid(v, wide(x), t)).sort((a, b) => b - a)[2],
    ),
  ],
  11: [
    interval(
      "mean of the larger models' medians minus that of the smaller ones' (pre-trained and merged)",
      (v, t) => mean(SHARED.map((x) => mid(v, wide(x), t))) - mean(SHARED.map((x) => mid(v, narrow(x), t))),
    ),
    interval(
      "highest median of a tuned model minus the highest of a pre-trained one",
      (v, t) =>
        Math.max(...[...TUNED, narrow("merged")].map((m) => mid(v, m, t))) -
        Math.max(mid(v, wide("base"), t), mid(v, narrow("base"), t)),
    ),
    interval(
      "lower median of the sequential models minus that of merged",
      (v, t) => Math.min(mid(v, wide("switch-wiki"), t), mid(v, wide("wiki-switch"), t)) - mid(v, wide("merged"), t),
    ),
    interval(
      "median z of switch→wiki minus wiki→switch",
      (v, t) => mid(v, wide("switch-wiki"), t) - mid(v, wide("wiki-switch"), t),
    ),
    interval(
      "median z of Wikipedia alone minus wiki→switch",
      (v, t) => mid(v, wide("wiki"), t) - mid(v, wide("wiki-switch"), t),
    ),
  ],
};

/** The paper against itself, in fine-tuning: which reading of "beats" holds for our runs? */
const CONTRADICTION: readonly Test[] = [
  interval(
    "by the median: merged minus the better sequential model",
    (v, t) => mid(v, wide("merged"), t) - Math.max(mid(v, wide("switch-wiki"), t), mid(v, wide("wiki-switch"), t)),
  ),
  interval(
    "by the spread: interquartile range of merged minus that of the wider sequential model",
    (v, t) => iqr(v, wide("merged"), t) - Math.max(iqr(v, wide("switch-wiki"), t), iqr(v, wide("wiki-switch"), t)),
  ),
];

/** Judge the eleven statements. @param deviation - of the z-scores; the paper's is `sample` */
export function judgeClaims(results: WorldResults, claims: Claims, deviation: Deviation = "sample"): Judged[] {
  return claims.statements.map(({ id, family, figure, text }) => {
    const parts = (TESTS[id] ?? []).map((test) => judge(test, rowsFor(results, id, family), `claim-${id}`, deviation));
    return { id, text, figure, verdict: verdictOf(parts), parts };
  });
}

/** The two readings of the paper's contradiction. */
export function judgeContradiction(results: WorldResults, deviation: Deviation = "sample"): Part[] {
  return CONTRADICTION.map((test) => judge(test, rowsFor(results, 5, "fine-tuning"), "contradiction", deviation));
}

export function verdictOf(parts: readonly Pick<Part, "holds">[]): Verdict {
  if (parts.some((p) => p.holds === "no")) return "not supported";
  return parts.length > 0 && parts.every((p) => p.holds === "yes") ? "supported" : "undecided";
}

/** Statement 7 speaks of accuracy tasks only. */
function rowsFor(results: WorldResults, id: number, family: TaskFamily | "all"): ScoreRow[] {
  const rows = results.rows.filter((r) => family === "all" || r.family === family);
  return id === 7 ? rows.filter((r) => r.metric === "accuracy") : rows;
}

function judge(test: Test, rows: readonly ScoreRow[], name: string, deviation: Deviation): Part {
  const { what, kind } = test;
  if (kind === "unknown") return { what, value: Number.NaN, interval: null, holds: "open", seeds: "–" };
  const view = viewOf(rows, deviation);
  const value = view.tasks.length < 2 ? Number.NaN : test.value(view, view.tasks);
  const seeds = [...new Set(rows.map((r) => r.seed))];
  const positive = seeds.filter((seed) => {
    const own = viewOf(
      rows.filter((r) => r.seed === seed),
      deviation,
    );
    return own.tasks.length >= 2 && test.value(own, own.tasks) > 0;
  });
  const range =
    kind === "interval" && Number.isFinite(value)
      ? bootstrapInterval(
          view.tasks.length,
          (indices) =>
            test.value(
              view,
              Array.from(indices, (i) => view.tasks[i]),
            ),
          Rng.fromSeed("claims").fork(name).fork(what),
        )
      : null;
  return {
    what,
    value,
    interval: range,
    holds: holdsBy(kind, value, range),
    seeds: `${positive.length} of ${seeds.length}`,
  };
}

function holdsBy(kind: Test["kind"], value: number, range: [number, number] | null): Part["holds"] {
  if (Number.isNaN(value)) return "open";
  if (kind === "count") return value > 0 ? "yes" : "no";
  if (range === null) return "open";
  return range[0] > 0 ? "yes" : range[1] < 0 ? "no" : "open";
}

/** Tasks on which every model has a number; others cannot be compared and are left out here. */
function viewOf(rows: readonly ScoreRow[], deviation: Deviation): View {
  const scores = modelScores(rows);
  const byKey = new Map(scores.map((s) => [`${s.model}\n${s.task}`, s]));
  const has = (model: string, task: string) => Number.isFinite(byKey.get(`${model}\n${task}`)?.value);
  const tasks = [...new Set(scores.map((s) => s.task))].filter((task) => ALL.every((m) => has(m, task)));
  const z = new Map(
    zTable(
      scores.filter((s) => tasks.includes(s.task)),
      deviation,
    ).scores.map((s) => [`${s.model}\n${s.task}`, s.z]),
  );
  const chance = new Map(
    scores.flatMap((s: ModelScore): [string, number][] => (s.chance === null ? [] : [[s.task, s.chance]])),
  );
  return {
    score: (model, task) => byKey.get(`${model}\n${task}`)?.value ?? Number.NaN,
    z: (model, of) => of.map((task) => z.get(`${model}\n${task}`) ?? Number.NaN),
    tasks,
    chance,
  };
}

/** Mean of the reading tasks, whatever they are called. */
function readingOf(view: View, model: string): number {
  const tasks = view.tasks.filter((t) => t.startsWith("reading"));
  return tasks.length === 0 ? Number.NaN : mean(tasks.map((t) => view.score(model, t)));
}

/** The verdicts in one table. */
export function verdictRows(judged: readonly Judged[]): Record<string, unknown>[] {
  return judged.map((j) => ({ statement: j.id, figure: j.figure, "in our words": j.text, verdict: j.verdict }));
}

/** The parts of some statements, one a row. */
export function partRows(parts: readonly Part[]): Record<string, unknown>[] {
  return parts.map((p) => ({
    part: p.what,
    value: Number.isNaN(p.value) ? null : p.value,
    "95 % from": p.interval?.[0],
    "95 % to": p.interval?.[1],
    holds: p.holds,
    "seeds above zero": p.seeds,
  }));
}

/** The parts of the statements `from` to `to`, each with its statement's number. */
export function numberedParts(judged: readonly Judged[], from: number, to: number): Record<string, unknown>[] {
  return judged
    .filter((j) => j.id >= from && j.id <= to)
    .flatMap((j) => partRows(j.parts).map((row) => ({ statement: j.id, ...row })));
}
