/** @file PyTorch on two processes trains an exported stage with the losses of the training loop. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { before, test } from "node:test";
import { initBackend } from "../../src/tensor";
import { microBatches, planEpoch } from "../../src/train/batch";
import { adoptStage, trainStage } from "../../src/train/loop";
import { exportedUpdates, readTorchResult, writeTorchExport } from "../../src/train/torch-export";
import { Rng } from "../../src/util/rng";
import { golden } from "../support/reference";
import { temporaryFolder } from "../support/temporary-folder";
import { TINY_DATA, TINY_SETTINGS, tinyModel } from "./support/tiny-stage";
import { exportTinyStage, FINGERPRINTS, pythonWithTorch, TORCH_STAGES, torchrun, trainHere } from "./support/torch-run";

before(() => initBackend());

interface Row {
  learningRate: number;
  lossNats: number;
  gradNorm: number;
}

/** Both add float32 numbers, in different orders. */
const LOSS_TOLERANCE = 1e-5;
const NORM_TOLERANCE = 1e-4;

/** The first 20 updates closely, all of them within ten times as much. */
function assertSameLosses(found: readonly Row[], wanted: readonly Row[], what: string): void {
  assert.equal(found.length, wanted.length, what);
  for (const [i, row] of found.entries()) {
    const factor = i < 20 ? 1 : 10;
    const { learningRate, lossNats, gradNorm } = wanted[i];
    const at = `${what}, update ${i + 1}`;
    assert.ok(Math.abs(row.learningRate - learningRate) <= 1e-15, `${at}: rate ${row.learningRate}, ${learningRate}`);
    assert.ok(Math.abs(row.lossNats - lossNats) <= factor * LOSS_TOLERANCE, `${at}: ${row.lossNats}, ${lossNats}`);
    assert.ok(
      Math.abs(row.gradNorm / gradNorm - 1) <= factor * NORM_TOLERANCE,
      `${at}: norm ${row.gradNorm}, ${gradNorm}`,
    );
  }
}

test("the training loop has the losses of PyTorch on two processes (golden)", async (t) => {
  const wanted = golden<Record<string, Row[]>>("train/ddp-losses.json");
  for (const name of Object.keys(TORCH_STAGES)) {
    const { losses } = await trainHere(path.join(temporaryFolder(t), name), name);
    assert.ok(losses.length >= 10);
    assertSameLosses(losses, wanted[name], name);
  }
});

const python = pythonWithTorch();
test("PyTorch trains an exported stage to the same weights, stopped and resumed on the way", {
  skip: python === null ? "no python3 with torch and transformers (CLASS_IT_PYTHON names another)" : false,
  timeout: 600_000,
}, async (t) => {
  for (const name of Object.keys(TORCH_STAGES)) {
    const folder = path.join(temporaryFolder(t), "export");
    await exportTinyStage(folder, name);
    torchrun(python as string, folder, ["--updates", "7"]);
    torchrun(python as string, folder);
    const { losses, model } = readTorchResult(folder, FINGERPRINTS);
    const here = await trainHere(path.join(folder, "..", "run"), name);
    assertSameLosses(losses, here.losses, name);
    for (const [i, { step, epoch, words, tokens }] of losses.entries()) {
      const wanted = here.losses[i];
      assert.deepEqual([step, epoch, words, tokens], [wanted.step, wanted.epoch, wanted.words, wanted.tokens]);
    }
    for (const [weight, values] of await model.values()) {
      const ours = here.weights.get(weight) as Float32Array;
      const apart = values.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i])), 0);
      assert.ok(apart < 1e-3, `${name}: ${weight} differs by ${apart}`);
    }
    model.dispose();
  }
});

test("an exported update reads the tokens, labels and boundaries of the loop's", () => {
  for (const [name, { data, settings }] of Object.entries(TORCH_STAGES)) {
    const rng = Rng.fromSeed(settings.seed).fork(settings.name);
    const plans = Array.from({ length: settings.epochs }, (_, e) => [
      ...planEpoch(data.train, settings, rng.fork(`epoch-${e}`)),
    ]).flat();
    const updates = [...exportedUpdates(data.train, settings)];
    assert.equal(updates.length, plans.length, name);
    for (const [u, plan] of plans.entries()) {
      // Each document of the loop's batches as text: a token and its label per position, from position 0 on.
      const wanted = [...microBatches(data.train, plan, settings)].flatMap(({ batch, labels }) => {
        const documents: string[] = [];
        for (let i = 0; i < batch.B * batch.T; i++) {
          const isPadding = batch.mask.branchStart[i] === i % batch.T && labels[i] === -100 && batch.inputIds[i] === 0;
          if (isPadding && batch.positionIds[i] === 0) continue;
          if (batch.positionIds[i] === 0) documents.push("");
          documents[documents.length - 1] += ` ${batch.inputIds[i]}>${labels[i]}`;
        }
        return documents;
      });
      const found = updates[u].rows.flat().map(({ example, from, to }) => {
        const { ids: stored, lossFrom } = data.train.at(example)!;
        const ids = stored.slice(0, stored.length);
        let text = "";
        for (let i = from; i < to; i++) text += ` ${ids[i]}>${i + 1 >= lossFrom ? ids[i + 1] : -100}`;
        return text;
      });
      assert.deepEqual(found.sort(), wanted.sort(), `${name}, update ${u + 1}`);
      const labelled = found
        .join("")
        .split(" ")
        .filter((pair) => pair !== "" && !pair.endsWith(">-100")).length;
      assert.equal(updates[u].lossTokens, labelled);
    }
  }
});

test("weights taken back make the stage that training here makes", async (t) => {
  const folder = temporaryFolder(t);
  const { losses, weights } = await trainHere(path.join(folder, "here"), "pretrain");
  const { data, settings } = TORCH_STAGES.pretrain;
  const options = { runFolder: path.join(folder, "taken") };
  const model = tinyModel();
  const adopted = await adoptStage(model, data, settings, options, weights, losses);
  const read = (of: string, name: string) => fs.readFileSync(path.join(folder, of, "pretrain", name));
  for (const name of ["losses.csv", "final/weights.safetensors"]) {
    assert.deepEqual(read("taken", name), read("here", name), name);
  }
  const again = await trainStage(tinyModel(), data, settings, options); // finds it finished
  assert.deepEqual({ ...again, best: null, validations: [] }, { ...adopted, best: null, validations: [] });
  const { validation } = await trainStage(tinyModel(), data, settings, { runFolder: path.join(folder, "here") });
  assert.deepEqual(adopted.validation, validation);
});

test("a missing result, or one of another stage, is refused", async (t) => {
  const folder = temporaryFolder(t);
  const model = tinyModel();
  await writeTorchExport(folder, model, TINY_DATA.train, TINY_SETTINGS, FINGERPRINTS);
  assert.throws(() => readTorchResult(folder, FINGERPRINTS), /trained\.json: no such file; run torchrun/);
  const made = { torch: "2", processes: 2, device: "cpu", precision: "float32" };
  fs.writeFileSync(path.join(folder, "trained.json"), JSON.stringify({ fingerprint: "x", updates: 1, ...made }));
  assert.throws(
    () => readTorchResult(folder, FINGERPRINTS),
    /other settings, data or initial weights .*export the stage again/,
  );
  await assert.rejects(
    writeTorchExport(folder, model, TINY_DATA.train, { ...TINY_SETTINGS, finalWeights: "best" }, FINGERPRINTS),
    /finalWeights "last"/,
  );
});
