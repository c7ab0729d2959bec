import assert from "node:assert/strict";
import { test } from "node:test";
import { staleBaselines } from "../../src/claims/stale-baselines";
import { readPublished } from "../../src/results/beside-paper";
import { readPaperValues } from "../../src/results/paper-values";
import { projectRoot } from "../../src/util/project-root";

const root = projectRoot();
const values = readPaperValues(root);
const published = readPublished(root);

test("the paper's baselines are those of the withdrawn table", () => {
  const { rows, compared, agreeWithWithdrawn, agreeWithLater, agreeWithBoth, verdict } = staleBaselines(
    values,
    published,
  );
  // by eye, from the two tables: only entity tracking of GPT-2 and SimPO is not the withdrawn value
  assert.deepEqual([compared, agreeWithWithdrawn, agreeWithLater, verdict], [19, 17, 2, "withdrawn table"]);
  // WUG of SimPO is 38.50 in both, eye tracking of GPT-BERT mixed 8.74 and 8.70
  assert.equal(agreeWithBoth, 2);
  const off = rows.filter((row) => row.fromWithdrawn !== null && Math.abs(row.fromWithdrawn) > 0.1);
  assert.deepEqual(
    off.map(({ baseline, task }) => `${baseline} ${task}`),
    ["GPT-2 entity_tracking", "SimPO entity_tracking"],
  );
  const blimp = rows.find(({ baseline, task }) => baseline === "GPT-2" && task === "blimp");
  assert.deepEqual([blimp?.figure, blimp?.withdrawn, blimp?.later], [75.07, 75.07, 74.9]);
  const eye = rows.find(({ baseline, task }) => baseline === "GPT-BERT mixed" && task === "reading_eye_tracking");
  assert.ok(eye !== undefined && Math.abs(eye.fromLater! - (8.71 - 8.7)) < 1e-9); // a plain difference, no offset
});

test("values of the later table turn the verdict", () => {
  const later = staleBaselines(values, published).rows;
  const names: Record<string, string> = {
    "GPT-2": "bl_gpt2-100M",
    "GPT-BERT mixed": "bl_gptbertmixed-100M",
    SimPO: "bl_simpo",
  };
  const turned = {
    ...values,
    values: values.values.map((v) => {
      const row = later.find(({ baseline, task }) => names[baseline] === v.model && task === v.task);
      if (row === undefined || row.later === null) return v;
      return { ...v, value: v.task.startsWith("reading") ? row.later : row.later / 100 };
    }),
  };
  assert.equal(staleBaselines(turned, published).verdict, "later values");
});
