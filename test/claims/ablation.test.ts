import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import {
  judgeAblation,
  poolingRows,
  poolingVerdict,
  readingEffectRows,
  readingVerdict,
} from "../../src/claims/ablation";
import {
  ABLATION_MODELS,
  ABLATION_TASKS,
  type AblationFineTuning,
  type AblationResults,
  findAblation,
  type ReadingEffect,
} from "../../src/results/ablation";
import { projectRoot } from "../../src/util/project-root";

const empty: AblationResults = {
  scale: "small",
  seed: 1,
  open: [],
  training: [],
  scores: [],
  readingEffects: [],
  fineTuning: [],
};

function effect(of: ReadingEffect["of"], at: ReadingEffect["at"], difference: number, width = 0.2): ReadingEffect {
  const interval: [number, number] = [difference - width, difference + width];
  const values: [number, number] = [1, 1 + difference];
  return { task: "reading_eye_tracking", mode: "official", of, at, values, difference, interval };
}

const effects = (wide: number, narrow: number, byteLevel: number, sentencePiece: number) => [
  effect("tokenizer", "wide", wide),
  effect("tokenizer", "narrow", narrow),
  effect("size", "byte-level", byteLevel),
  effect("size", "sentencepiece", sentencePiece),
];

test("what the reading scores follow: a difference counts if its interval excludes 0 and it is worth speaking of", () => {
  const answer = (readingEffects: ReadingEffect[]) => readingVerdict({ ...empty, readingEffects }, "official").answer;
  assert.equal(answer(effects(8, 7, 0.1, -0.1)), "tokenizer");
  assert.equal(answer(effects(0.1, 0.1, 4, 3)), "size");
  assert.equal(answer(effects(8, 7, 2, 2)), "both");
  assert.equal(answer(effects(0.1, 0, 0.1, 0)), "neither");
  assert.equal(answer(effects(8, 0.1, 0, 0)), "mixed");
  assert.equal(answer(effects(0.4, 0.4, 0, 0)), "neither", "clear of 0, but small");
  assert.equal(answer(effects(8, 7, 0.1, -0.1).slice(1)), "open");
  const wide = effects(8, 7, 0.1, -0.1);
  wide[0] = effect("tokenizer", "wide", 8, 9); // not clear of 0
  assert.equal(answer(wide), "mixed");
  const { sentence } = readingVerdict({ ...empty, readingEffects: effects(8, 7, 0.1, -0.1) }, "official");
  assert.match(sentence, /sentencepiece minus byte-level \(wide\) \+8\.00 \[7\.80, 8\.20\]/);
  assert.match(sentence, /narrow minus wide \(sentencepiece\) -0\.10 \[-0\.30, 0\.10\]/);
});

function tuned(predictedShares: (model: string, task: string) => number[]): AblationFineTuning[] {
  return ABLATION_MODELS.flatMap(({ id, tokenizer }) =>
    ABLATION_TASKS.map((task): AblationFineTuning => {
      const shares = predictedShares(id, task);
      return {
        model: id,
        task,
        pooling: "first",
        trainRows: 100,
        validRows: 100,
        accuracy: shares[0] === 1 ? 0.6 : shares[1] === 1 ? 0.4 : 0.7,
        interval: null,
        labelShares: [0.6, 0.4],
        predictedShares: shares,
        firstTokens: tokenizer === "sentencepiece" || task === "wsc" ? 1 : 20,
      };
    }),
  );
}

test("a classifier that gives one class for every row is named; at the majority share only if the class is that one", () => {
  const all = { ...empty, fineTuning: tuned((id) => (id.endsWith("sentencepiece") ? [1, 0] : [0.5, 0.5])) };
  const verdict = poolingVerdict(all, "first");
  assert.equal(verdict.answer, "all sentencepiece");
  assert.match(verdict.sentence, /sentencepiece: 10 of 10 .* of them 10 at the majority share/);
  assert.match(verdict.sentence, /byte-level: 0 of 10 \(none\), .* same token in 2 \(wsc\)/);
  const wrong = { ...empty, fineTuning: tuned((id) => (id.endsWith("sentencepiece") ? [0, 1] : [0.5, 0.5])) };
  assert.match(poolingVerdict(wrong, "first").sentence, /sentencepiece: 10 of 10 .* of them 0 at the majority share/);
  const some = {
    ...empty,
    fineTuning: tuned((id, task) => (id === "wide-sentencepiece" && task === "rte" ? [1, 0] : [0.5, 0.5])),
  };
  const { answer, sentence } = poolingVerdict(some, "first");
  assert.equal(answer, "some");
  assert.match(sentence, /sentencepiece: 1 of 10 \(wide rte\), .* same token in 10 \(all\)/);
  assert.equal(poolingVerdict({ ...empty, fineTuning: all.fineTuning.slice(1) }, "first").answer, "open");
  assert.equal(poolingVerdict(all, "last_real").answer, "open");
});

test("tables have a row per comparison and per fine-tuning; an experiment that has not begun is open throughout", () => {
  const rows = poolingRows({ ...empty, fineTuning: tuned(() => [1, 0]) });
  assert.equal(rows.length, 20);
  assert.deepEqual([rows[0]["accuracy, %"], rows[0]["majority, %"]], [60, 60]);
  assert.equal(readingEffectRows({ ...empty, readingEffects: effects(1, 2, 3, 4) })[1].difference, 2);
  assert.deepEqual(new Set(judgeAblation(empty).map(({ answer }) => answer)), new Set(["open"]));
});

test("the sentence of README and the log's first numbers are those of the committed results", () => {
  const results = findAblation(projectRoot());
  assert.ok(results !== null && results.open.length === 0);
  const effect = (at: string) =>
    results.readingEffects.find(
      (e) => e.of === "tokenizer" && e.at === at && e.mode === "official" && e.task === "reading_eye_tracking",
    ) as ReadingEffect & { interval: [number, number] };
  const [byteLevel, sentencePiece] = effect("wide").values.map((value) => value.toFixed(2));
  const text = (name: string) => fs.readFileSync(path.join(projectRoot(), name), "utf8").replace(/\s+/g, " ");
  const readme = text("README.md");
  assert.ok(
    readme.includes(`gives the larger shape ${sentencePiece} % instead of ${byteLevel} % of eye-tracking variance`),
  );
  assert.ok(effect("wide").interval[0] > 0 && effect("narrow").interval[0] < 0 && effect("narrow").interval[1] > 0);
  assert.ok(readme.includes("at the smaller shape the difference may be chance"));
  const [low, high] = effect("wide").interval.map((bound) => bound.toFixed(2));
  assert.ok(text("notebooks/log.md").includes(`${effect("wide").difference.toFixed(2)} points [${low}, ${high}]`));
  const first = results.fineTuning.filter((f) => f.pooling === "first" && f.model.endsWith("sentencepiece"));
  assert.equal(first.length, 10);
  assert.ok(first.every((f) => Math.max(...f.predictedShares) === 1));
  assert.ok(results.fineTuning.every((f) => f.pooling === "first" || Math.max(...f.predictedShares) < 1));
});
