/**
 * @file The paper's eleven statements and its contradiction as numbers, each positive where the part holds.
 *
 * Words of the paper without a measure ("near-equal", "hard", "almost nothing") get a limit of ours, named below. A
 * part without a possible limit shows its number and is not judged.
 */

import { mean } from "simple-statistics";
import { runLabel } from "../results/labels";
import type { Variant } from "../results/schema";
import type { Evidence, View } from "./evidence";
import { all, below, kth, negate, type Quantity, some, UNKNOWN, within } from "./quantity";

export interface PartTest {
  /** The claim of the part, in a few words. */
  claim: string;
  /** The measured number, positive if the claim holds. */
  measure: string;
  /** `points` of accuracy or F1, `percent` of variance explained, `z` in standard deviations. */
  unit: "points" | "percent" | "z";
  quantity: (evidence: Evidence) => Quantity;
  /** False if the paper gives no limit: the number is shown but not judged. Default true. */
  judged?: boolean;
  /**
   * True if the number has the same meaning for some of the models: the spread between seeds is then computed from those
   * that have them. A mean over fewer tuned models varies more between seeds, so this spread is rather too large.
   */
  ofSomeModels?: boolean;
}

/**
 * Largest gap between the sizes that the paper does not call visible (statement 2: visible only on QQP and MNLI):
 * merged on WSC, 67.31 - 61.54 = 5.77 points. Used for "no striking gap" in statement 7.
 */
export const NOT_VISIBLE = 3 / 52;
/**
 * [ours] Two medians are close if they differ by at most a quarter of a standard deviation; the paper's differ by 0.04
 * and 0.07.
 */
const CLOSE = 0.25;
/** [ours] A task is hard if every model gets at least half of its items wrong. */
const HARD = 0.5;
/** [ours] Reading scores are near zero if they are below one percent of the variance. */
const NEAR_ZERO = 1;

const WIDE_VARIANTS: readonly Variant[] = ["base", "switch", "wiki", "merged", "switch-wiki", "wiki-switch"];
const SHARED: readonly Variant[] = ["base", "merged"];
const wide = (variant: Variant) => runLabel("wide", variant);
const narrow = (variant: Variant) => runLabel("narrow", variant);
const WIDE = WIDE_VARIANTS.map(wide);
const NARROW = SHARED.map(narrow);
const TUNED = WIDE_VARIANTS.slice(1).map(wide);
const SEQUENTIAL = [wide("switch-wiki"), wide("wiki-switch")];
/** The models of the paper's box plots, over which z-scores are taken. */
export const MODELS: readonly string[] = [...WIDE, ...NARROW];

const except = (models: readonly string[], ...left: string[]) => models.filter((m) => !left.includes(m));
const present = (e: Evidence, tasks: readonly string[]) => tasks.filter((t) => e.tasks.includes(t));
const reading = (e: Evidence) => e.tasks.filter((t) => t.startsWith("reading"));
const isGptBert = (model: string) => model.startsWith("GPT-BERT");

/** All pairs from two lists. */
const pairs = <A, B>(first: readonly A[], second: readonly B[]) =>
  first.flatMap((a) => second.map((b) => [a, b] as const));

/** Larger minus smaller model per task, mean of pre-trained and merged. */
const sizeGaps = (view: View) => {
  const gaps = SHARED.map((v) => view.scores(wide(v)).map((score, i) => score - view.scores(narrow(v))[i]));
  return view.tasks.map((_, i) => mean(gaps.map((g) => g[i])));
};

const midGap = (e: Evidence, a: string, b: string) => e.overTasks((v) => v.mid(a) - v.mid(b));
const highestMid = (e: Evidence, model: string) => all(except(MODELS, model).map((other) => midGap(e, model, other)));
const smallerSpread = (e: Evidence) => all(SEQUENTIAL.map((s) => e.overTasks((v) => v.iqr(wide("merged")) - v.iqr(s))));

export const STATEMENTS: Readonly<Record<number, readonly PartTest[]>> = {
  1: [
    {
      claim: "competitive with the baselines",
      measure: "mean over tasks of the larger models minus the baselines; the paper gives no limit",
      unit: "points",
      judged: false,
      quantity: (e) =>
        e.overTasks((v) => {
          const average = (models: readonly string[]) => mean(models.flatMap((m) => [...v.scores(m)]));
          return e.baselines.length === 0 ? Number.NaN : average(WIDE) - average(e.baselines);
        }),
    },
    {
      claim: "on WSC, some configuration above every baseline",
      measure: "best configuration minus best baseline",
      unit: "points",
      quantity: (e) => some(MODELS.map((m) => all(e.baselines.map((b) => e.gap(m, b, "wsc"))))),
    },
    {
      claim: "on no other task any configuration above every baseline",
      measure: "smallest lead of the best baseline over the best configuration",
      unit: "points",
      quantity: (e) =>
        all(pairs(except(e.tasks, "wsc"), MODELS).map(([t, m]) => some(e.baselines.map((b) => e.gap(b, m, t))))),
    },
  ],
  2: [
    {
      claim: "larger models better on average",
      measure: "mean over tasks of larger minus smaller (pre-trained and merged)",
      unit: "points",
      quantity: (e) => e.overTasks((v) => mean(sizeGaps(v))),
    },
    {
      claim: "larger models better on QQP and MNLI",
      measure: "smallest gap of larger minus smaller there",
      unit: "points",
      quantity: (e) => all(pairs(present(e, ["qqp", "mnli"]), SHARED).map(([t, v]) => e.gap(wide(v), narrow(v), t))),
    },
    {
      claim: "baselines better still on QQP and MNLI",
      measure: "smallest lead of a baseline over a larger model there",
      unit: "points",
      quantity: (e) =>
        all(pairs(present(e, ["qqp", "mnli"]), WIDE).flatMap(([t, m]) => e.baselines.map((b) => e.gap(b, m, t)))),
    },
    {
      claim: "the gap is wider there than on any other task",
      measure: "smallest gap on QQP and MNLI minus the largest elsewhere",
      unit: "points",
      quantity: (e) => {
        const shown = present(e, ["qqp", "mnli"]);
        return all(
          pairs(shown, except(e.tasks, ...shown)).map(([a, b]) =>
            e.overItems((v) => sizeGaps(v)[v.tasks.indexOf(a)] - sizeGaps(v)[v.tasks.indexOf(b)]),
          ),
        );
      },
    },
  ],
  3: [
    {
      claim: "on every task some tuned model beats the pre-trained one",
      measure: "smallest lead of the best tuned model",
      unit: "points",
      quantity: (e) => all(e.tasks.map((t) => some(TUNED.map((m) => e.gap(m, wide("base"), t))))),
    },
    {
      claim: "no configuration wins on every task",
      measure: "smallest of the models' largest deficits",
      unit: "points",
      quantity: (e) =>
        all(MODELS.map((m) => some(pairs(e.tasks, except(MODELS, m)).map(([t, other]) => e.gap(other, m, t))))),
    },
  ],
  4: [
    {
      claim: "both smaller models: negative median",
      measure: "minus the higher median z",
      unit: "z",
      quantity: (e) => all(NARROW.map((m) => e.overTasks((v) => -v.mid(m)))),
    },
    {
      claim: "all larger models: positive median",
      measure: "lowest median z",
      unit: "z",
      quantity: (e) => all(WIDE.map((m) => e.overTasks((v) => v.mid(m)))),
    },
  ],
  5: [
    {
      claim: "merged has the highest median",
      measure: "its median z minus the highest other",
      unit: "z",
      quantity: (e) => highestMid(e, wide("merged")),
    },
    {
      claim: "both sequential medians come close to it",
      measure: `${CLOSE} minus the distance of the medians, either way`,
      unit: "z",
      quantity: (e) => all(SEQUENTIAL.map((s) => within(CLOSE, midGap(e, wide("merged"), s)))),
    },
    {
      claim: "both sequential models spread less than merged",
      measure: "interquartile range of merged minus the wider of theirs",
      unit: "z",
      quantity: smallerSpread,
    },
    {
      claim: "both sequential models above zero on every task",
      measure: "their lowest z",
      unit: "z",
      quantity: (e) => all(pairs(SEQUENTIAL, e.tasks).map(([m, t]) => e.zOn(m, t))),
    },
    {
      claim: "no other model above zero on every task",
      measure: "minus the highest of the other models' lowest z",
      unit: "z",
      quantity: (e) => all(except(MODELS, ...SEQUENTIAL).map((m) => some(e.tasks.map((t) => negate(e.zOn(m, t)))))),
    },
  ],
  6: [
    {
      claim: "tuning on one set is about as good as no tuning",
      measure: `${CLOSE} minus the distance of the medians from the pre-trained one's, either way`,
      unit: "z",
      quantity: (e) => all([wide("switch"), wide("wiki")].map((m) => within(CLOSE, midGap(e, m, wide("base"))))),
    },
    {
      claim: "Switchboard alone is the lowest of the larger models",
      measure: "lowest other median z minus its own",
      unit: "z",
      quantity: (e) => all(except(WIDE, wide("switch")).map((m) => midGap(e, m, wide("switch")))),
    },
  ],
  7: [
    {
      claim: "no striking gap between tuned and pre-trained",
      measure: `${(100 * NOT_VISIBLE).toFixed(1)} points minus the largest gap of a task, either way`,
      unit: "points",
      ofSomeModels: true,
      quantity: (e) => {
        const tuned = TUNED.filter((m) => e.models.includes(m));
        if (tuned.length === 0 || !e.models.includes(wide("base"))) return UNKNOWN;
        return all(
          e.tasks.map((_, i) =>
            within(
              NOT_VISIBLE,
              e.overItems((v) => mean(tuned.map((m) => v.scores(m)[i])) - v.scores(wide("base"))[i]),
            ),
          ),
        );
      },
    },
    {
      claim: "no striking gap between the sizes",
      measure: `${(100 * NOT_VISIBLE).toFixed(1)} points minus the largest gap of a task, either way`,
      unit: "points",
      quantity: (e) => all(pairs(SHARED, e.tasks).map(([v, t]) => within(NOT_VISIBLE, e.gap(wide(v), narrow(v), t)))),
    },
  ],
  8: [
    {
      claim: "above the baselines on WUG (paper: accuracy; ours: ρ)",
      measure: "lowest of the models minus the best baseline",
      unit: "points",
      quantity: (e) => all(pairs(MODELS, e.baselines).map(([m, b]) => e.gap(m, b, "wug_adj"))),
    },
    {
      claim: "below the baselines on entity tracking",
      measure: "lowest baseline minus the best of the models",
      unit: "points",
      quantity: (e) => all(pairs(MODELS, e.baselines).map(([m, b]) => e.gap(b, m, "entity_tracking"))),
    },
    {
      claim: "all find entity tracking hard",
      measure: `${100 * HARD} % minus the best accuracy, baselines included`,
      unit: "points",
      quantity: (e) => all([...MODELS, ...e.baselines].map((m) => below(HARD, e.level(m, "entity_tracking")))),
    },
  ],
  9: [
    {
      claim: "reading: smaller models above the larger ones",
      measure: "lowest smaller model minus the best larger one",
      unit: "percent",
      quantity: (e) => all(pairs(NARROW, WIDE).flatMap(([n, w]) => reading(e).map((t) => e.gap(n, w, t)))),
    },
    {
      claim: "reading: smaller models above the baselines",
      measure: "lowest smaller model minus the best baseline",
      unit: "percent",
      quantity: (e) => all(pairs(NARROW, e.baselines).flatMap(([n, b]) => reading(e).map((t) => e.gap(n, b, t)))),
    },
    {
      claim: "reading: baselines near zero, except GPT-BERT mixed",
      measure: `${NEAR_ZERO} % minus the best of the others`,
      unit: "percent",
      quantity: (e) =>
        all(
          pairs(
            e.baselines.filter((b) => !isGptBert(b)),
            reading(e),
          ).map(([b, t]) => below(NEAR_ZERO, e.level(b, t))),
        ),
    },
    {
      claim: "reading: GPT-BERT mixed is not near zero",
      measure: `its lower score minus ${NEAR_ZERO} %`,
      unit: "percent",
      quantity: (e) =>
        all(pairs(e.baselines.filter(isGptBert), reading(e)).map(([b, t]) => negate(below(NEAR_ZERO, e.level(b, t))))),
    },
    {
      claim: "reading: the smaller pre-trained model is best",
      measure: "its lead over the best other model",
      unit: "percent",
      quantity: (e) =>
        all(pairs(except(MODELS, narrow("base")), reading(e)).map(([m, t]) => e.gap(narrow("base"), m, t))),
    },
  ],
  10: [
    {
      claim: "no model above zero on every task",
      measure: "minus the highest of the models' lowest z",
      unit: "z",
      quantity: (e) => all(MODELS.map((m) => some(e.tasks.map((t) => negate(e.zOn(m, t)))))),
    },
    {
      claim: "exactly two medians above zero",
      measure: "second highest median z, or minus the third: the smaller",
      unit: "z",
      quantity: (e) => {
        const mids = MODELS.map((m) => e.overTasks((v) => v.mid(m)));
        return all([kth(mids, 2), negate(kth(mids, 3))]);
      },
    },
    {
      claim: "Wikipedia alone has the highest median",
      measure: "its median z minus the highest other",
      unit: "z",
      quantity: (e) => highestMid(e, wide("wiki")),
    },
    {
      claim: "both smaller models among the best",
      measure: "their lower median z minus the third highest of the larger models",
      unit: "z",
      quantity: (e) =>
        all(
          NARROW.map((n) =>
            kth(
              WIDE.map((w) => midGap(e, n, w)),
              WIDE.length - 2,
            ),
          ),
        ),
    },
  ],
  11: [
    {
      claim: "larger models better overall",
      measure: "mean of their medians minus the smaller ones' (pre-trained and merged)",
      unit: "z",
      quantity: (e) => e.overTasks((v) => mean(SHARED.map((x) => v.mid(wide(x)) - v.mid(narrow(x))))),
    },
    {
      claim: "the best model is a tuned one",
      measure: "highest median z of a tuned model minus the highest of a pre-trained one",
      unit: "z",
      quantity: (e) =>
        some(
          [...TUNED, narrow("merged")].map((m) =>
            all([wide("base"), narrow("base")].map((base) => midGap(e, m, base))),
          ),
        ),
    },
    {
      claim: "both sequential models above merged",
      measure: "their lower median z minus its own",
      unit: "z",
      quantity: (e) => all(SEQUENTIAL.map((s) => midGap(e, s, wide("merged")))),
    },
    {
      claim: "switch→wiki above wiki→switch",
      measure: "difference of the medians of z",
      unit: "z",
      quantity: (e) => midGap(e, wide("switch-wiki"), wide("wiki-switch")),
    },
    {
      claim: "Wikipedia alone above wiki→switch",
      measure: "difference of the medians of z",
      unit: "z",
      quantity: (e) => midGap(e, wide("wiki"), wide("wiki-switch")),
    },
  ],
};

/** Tests which meaning of "beats" holds for the paper's contradictory claims about fine-tuning. */
export const CONTRADICTION: readonly PartTest[] = [
  {
    claim: "section 5: merged above both sequential models by the median",
    measure: "its median z minus the higher of theirs",
    unit: "z",
    quantity: (e) => all(SEQUENTIAL.map((s) => midGap(e, wide("merged"), s))),
  },
  {
    claim: "abstract: both sequential models above merged by the median",
    measure: "their lower median z minus its own",
    unit: "z",
    quantity: (e) => all(SEQUENTIAL.map((s) => midGap(e, s, wide("merged")))),
  },
  {
    claim: "both sequential models spread less than merged",
    measure: "interquartile range of merged minus the wider of theirs",
    unit: "z",
    quantity: smallerSpread,
  },
];
