/** @file Regressions and curve fits against statsmodels and SciPy on invented data, from a bare clone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  acquisitionScore,
  childAge,
  modelAge,
  OFFICIAL_RANDOM_SURPRISAL,
  randomSurprisal,
} from "../../src/eval/acquisition-curves";
import { firstShare } from "../../src/eval/kinds/preference";
import { type PredictedRow, readingGain } from "../../src/eval/reading-gain";
import { scoringMode } from "../../src/eval/scoring-mode";
import { pearson } from "../../src/stats/correlation";
import { CHILD_MONTHS } from "../../src/tasks/aoa";
import { RESPONSES } from "../../src/tasks/reading";
import { assertAllClose } from "../support/close";
import { golden } from "../support/reference";

interface ReadingGolden {
  rows: Record<string, number | null>[];
  withoutSpillover: ReadingRowGolden[];
  withSpillover: ReadingRowGolden[];
}

interface ReadingRowGolden {
  response: string;
  n: number;
  coefficient: number;
  t: number;
  p: number;
  r2: number;
  aic: number;
  gainPercent: number;
}

test("reading regressions, with and without spillover, agree with statsmodels' formulas", () => {
  const g = golden<ReadingGolden>("eval/reading.json");
  const at = (row: Record<string, number | null>, name: string) => row[name] ?? Number.NaN;
  const rows: PredictedRow[] = g.rows.map((row) => ({
    context: "",
    word: "",
    previous: null,
    subtlexLog10: at(row, "Subtlex_log10"),
    length: at(row, "length"),
    previousLength: at(row, "prev_length"),
    contextLength: at(row, "context_length"),
    responses: Object.fromEntries(RESPONSES.map((name) => [name, at(row, name)])) as PredictedRow["responses"],
    pred: at(row, "pred"),
    prevPred: at(row, "prev_pred"),
  }));
  const gain = readingGain(rows);
  for (const set of ["withoutSpillover", "withSpillover"] as const) {
    g[set].forEach((want, i) => {
      const { response, model, gainPercent } = gain[set][i];
      assert.deepEqual([response, model.n], [want.response, want.n]);
      const last = model.k - 1;
      assertAllClose(
        [model.coefficients[last], model.tValues[last], model.pValues[last], model.r2, model.aic, gainPercent],
        [want.coefficient, want.t, want.p, want.r2, want.aic, want.gainPercent],
        { rtol: 1e-8, atol: 1e-10 },
        `${set} ${response}`,
      );
    });
  }
  const eye = g.withoutSpillover.filter((r) => r.response.startsWith("RT")).map((r) => r.gainPercent);
  assertAllClose([gain.eyeTrackingPercent], [eye.reduce((s, v) => s + v, 0) / 4], { rtol: 1e-8 });
  assertAllClose([gain.selfPacedPercent], [g.withSpillover[4].gainPercent], { rtol: 1e-8 });
});

interface AoaGolden {
  steps: string[];
  words: {
    word: string;
    child: (number | null)[] | null;
    results: [step: number, context: number, surprisal: number | null][];
    childAge: number | null;
    modelAge: number | null;
  }[];
}

test("ages of acquisition agree with the official evaluator word by word, and so does their correlation", () => {
  const g = golden<AoaGolden>("eval/age-of-acquisition.json");
  const results = g.words.flatMap(({ word, results }) =>
    results.map(([step, context_id, surprisal]) => ({
      step: g.steps[step],
      word_count: 0,
      target_word: word,
      context_id,
      context: "",
      surprisal: surprisal ?? Number.NaN,
    })),
  );
  const children = g.words.flatMap(({ word, child }) =>
    child === null ? [] : [{ word, proportions: child.map((p) => p ?? Number.NaN) }],
  );
  const close = (actual: number | null, want: number | null, what: string) => {
    assert.equal(actual === null, want === null, what);
    if (actual !== null && want !== null) assertAllClose([actual], [want], { rtol: 1e-6 }, what);
  };
  for (const { word, childAge: wantChild, modelAge: wantModel } of g.words) {
    const own = results.filter((r) => r.target_word === word);
    const child = children.find((c) => c.word === word);
    close(modelAge(own, OFFICIAL_RANDOM_SURPRISAL), wantModel, `${word}, model`);
    close(child ? childAge(child.proportions) : null, wantChild, `${word}, children`);
  }
  const both = g.words.filter((w) => w.modelAge !== null && w.childAge !== null);
  const score = acquisitionScore(results, children);
  assert.deepEqual(
    score.validWords,
    both.map((w) => w.word),
  );
  const r = pearson(
    both.map((w) => w.modelAge as number),
    both.map((w) => w.childAge as number),
  );
  assertAllClose([score.curveFitness], [r], { atol: 1e-6 });
});

test("ages of acquisition by the rules of protocol 2026 agree with SciPy's bounded fits of mean surprisals", () => {
  const g = golden<{
    vocabSize: number;
    steps: number[];
    words: { word: string; tokens: number; surprisals: [number, number][] }[];
    childMonths: number[];
    ages: (number | null)[];
    r: number;
    p: number;
  }>("eval/age-of-acquisition-2026.json");
  const rules = scoringMode("official", "2026");
  const cost = (word: string) => {
    const { tokens } = g.words.find((w) => w.word === word) as { tokens: number };
    return randomSurprisal(rules.aoaThreshold, g.vocabSize, tokens);
  };
  const results = g.words.flatMap(({ word, surprisals }) =>
    surprisals.flatMap((contexts, s) =>
      contexts.map((surprisal, context_id) => ({
        step: `chck_${g.steps[s]}M`,
        word_count: 0,
        target_word: word,
        context_id,
        context: "",
        surprisal,
      })),
    ),
  );
  const ages = g.words.map(({ word }) =>
    modelAge(
      results.filter((r) => r.target_word === word),
      cost(word),
      rules,
    ),
  );
  g.ages.forEach((want, i) => {
    assert.equal(ages[i] === null, want === null, g.words[i].word);
    if (want !== null) assertAllClose([ages[i] as number], [want], { rtol: 1e-6 }, g.words[i].word);
  });
  // children whose curve crosses one half at the given month: a step is fitted to half a month, so r agrees to 1e-2
  const children = g.words.map(({ word }, i) => ({
    word,
    proportions: CHILD_MONTHS.map((month) => 1 / (1 + Math.exp(-(month - g.childMonths[i])))),
  }));
  const score = acquisitionScore(results, children, cost, rules);
  const valid = g.words.filter((_, i) => g.ages[i] !== null);
  assert.deepEqual(
    score.validWords,
    valid.map(({ word }) => word),
  );
  assertAllClose([score.curveFitness], [g.r], { atol: 1e-3 });
  assert.ok(score.pValue < 0.1 && Math.abs(Math.log10(score.pValue / g.p)) < 0.2);

  // a correlation with p above 0.1 counts 0, whatever it is
  const three = results.filter((r) => ["word0", "word1", "word2", "word3"].includes(r.target_word));
  const shuffled = children.map((child, i) => ({ ...child, proportions: children[[2, 0, 3, 1][i] ?? i].proportions }));
  const counted = acquisitionScore(three, shuffled, cost, { ...rules, aoaSignificance: false });
  assert.ok(counted.pValue > 0.1 && counted.curveFitness !== 0, `${counted.pValue} ${counted.curveFitness}`);
  assert.equal(acquisitionScore(three, shuffled, cost, rules).curveFitness, 0);
});

test("shares of the first of two forms are torch's float32 softmax, to its last digits", () => {
  const { rows } = golden<{ rows: [first: number, second: number, share: number][] }>("eval/float32-shares.json");
  assertAllClose(
    rows.map(([first, second]) => firstShare([first, second], "float32")),
    rows.map(([, , share]) => share),
    { rtol: 3e-7, atol: 0 },
  );
});
