import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { loadAoaWords, loadChildCurves } from "../../src/tasks/aoa";
import { temporaryFolder } from "../support/temporary-folder";

test("age of acquisition: words of one character are skipped, months may be missing", (t) => {
  const months = Array.from({ length: 15 }, (_, i) => 16 + i).join(",");
  const folder = temporaryFolder(t, {
    "w.json": JSON.stringify({ a: [{ context: "x" }], dog: [{ context: "the " }, { context: "" }] }),
    "c.csv": `word,${months}\ndog,0.1,${Array(13).fill("").join(",")},0.9\n`,
    "broken.json": JSON.stringify({ dog: [{ contexts: "the" }] }),
  });
  assert.deepEqual(loadAoaWords(path.join(folder, "w.json")), [{ word: "dog", contexts: ["the ", ""] }]);
  const [curve] = loadChildCurves(path.join(folder, "c.csv"));
  assert.equal(curve.proportions.length, 15);
  assert.ok(Number.isNaN(curve.proportions[1]));
  assert.throws(() => loadAoaWords(path.join(folder, "broken.json")), /"dog": no field "context"/);
  assert.throws(() => loadChildCurves(path.join(folder, "none.csv")), /no such file; age of acquisition needs/);
});
