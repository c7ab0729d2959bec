/** The backend `webgpu` in Chromium, on its software adapter: PyTorch's numbers, and the losses of the same code in Node. */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { browserScript } from "../../src/notebook/reports/bundle";
import { startWebgpu, webgpuDevice } from "../../src/tensor/webgpu/register";
import { projectRoot } from "../../src/util/project-root";
import { type BrowserScope, openBrowser, skipWithoutBrowser } from "../support/page-visit";
import { softwareAdapterMissing } from "./support/software-adapter";
import { checkCase, checkLosses, goldenOperations, goldenRun, runTraining } from "./support/torch-suite";

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-webgpu-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

test("in Chromium every operation gives PyTorch's numbers, and training the losses that Node has", {
  skip: skipWithoutBrowser,
}, async (t) => {
  const script = await browserScript(projectRoot(), path.join(__dirname, "support", "browser-suite.ts"));
  const file = path.join(scratch, "suite.html");
  fs.writeFileSync(file, `<!doctype html><meta charset="utf-8"><script>${script.replaceAll("</", "<\\/")}</script>`);
  const run = goldenRun();
  const browser = await openBrowser(true);
  try {
    const { refusal, losses } = await browser.visit(pathToFileURL(file).href, async (page) => {
      const refusal = await page.evaluate(() =>
        (globalThis as BrowserScope).classItStart().then(
          () => null,
          (error: Error) => error.message,
        ),
      );
      if (refusal !== null) return { refusal, losses: [] };
      for (const c of goldenOperations().cases) {
        const got = await page.evaluate((c) => (globalThis as BrowserScope).classItCase(c), c as never);
        checkCase(c, got);
      }
      const got = await page.evaluate((run) => (globalThis as BrowserScope).classItTraining(run), run as never);
      checkLosses(run, got);
      return { refusal, losses: got.losses as number[] };
    });
    if (refusal !== null) return t.skip(`no WebGPU in this browser: ${refusal}`);
    const missing = softwareAdapterMissing();
    if (missing !== false) return t.diagnostic(`not compared with Node: ${missing}`);
    await startWebgpu();
    assert.deepEqual((await runTraining(run)).losses, losses);
  } finally {
    webgpuDevice()?.destroy();
    await browser.close();
  }
});
