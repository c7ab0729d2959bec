/**
 * @file The live page opened from the disk in a browser that reaches no network: its numbers and replies are Node's, on
 * every engine that a headless browser has. Small fresh models, so that no finished run is needed.
 */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import type { BrowserContextOptions, Page } from "playwright-core";
import type { Lesson } from "../../src/live/messages";
import { judgePair, rightPairs, sentenceSurprisal } from "../../src/live/surprisal";
import { LiveTraining } from "../../src/live/training";
import { saveHuggingFace } from "../../src/model/checkpoint/hugging-face";
import { Llama } from "../../src/model/llama";
import { llamaConfig } from "../../src/model/llama-config";
import { LlamaLanguageModel } from "../../src/model/llama-language-model";
import { ask } from "../../src/model/reply";
import { type LiveModel, writeLivePage } from "../../src/notebook/reports/live-page";
import { initBackend } from "../../src/tensor";
import { trainBpe } from "../../src/tokenizer/bpe-train";
import { Rng } from "../../src/util/rng";
import { clickEveryControl, NOTHING, openBrowser, skipWithoutBrowser } from "../support/page-visit";

const skip = skipWithoutBrowser;

const NATS = 1e-3;
const SENTENCES = ["The old bear sleeps, naïve as a 🐻 may.", "Does she hate her crow?", "x"];
const PAIR = ["These mice were resting.", "These mice was resting."] as const;
const HOSTILE = '<script>document.title="taken"</script> <img src=x onerror=document.title="taken">\u202etxet';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-live-"));
let browser: Awaited<ReturnType<typeof openBrowser>>;
after(async () => {
  await browser?.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

const LESSON: Lesson = {
  documents: Array.from({ length: 600 }, (_, n) => `The old bear sleeps. These ${n} mice were resting.\n`.repeat(12)),
  pairs: ["one", "two"].flatMap((paradigm) =>
    Array.from({ length: 3 }, (_, n) => ({
      paradigm,
      texts: [PAIR[0], PAIR[1].replace("mice", `mice ${n}`)] as [string, string],
    })),
  ),
};

const tokenizer = trainBpe(
  ["The old bear sleeps. These mice were resting. User: Does she hate her crow?\nAssistant: No."],
  {
    vocabSize: 320,
  },
);
const config = llamaConfig({
  vocabSize: tokenizer.vocabSize,
  hiddenSize: 24,
  intermediateSize: 40,
  numHiddenLayers: 2,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  maxPositionEmbeddings: 128,
  initializerRange: 0.3, // far from uniform, as a trained model is
});
const llamas = new Map<string, Llama>();
let url = "";

before(async () => {
  if (skip !== false) return;
  browser = await openBrowser();
  await initBackend();
  const models: LiveModel[] = [];
  for (const name of ["base", "merged", "switch-wiki", "wiki-switch"]) {
    const llama = Llama.init(config, Rng.fromSeed(`live ${name}`));
    llamas.set(name, llama);
    const modelFolder = path.join(folder, name);
    await saveHuggingFace(modelFolder, llama, tokenizer);
    const label = name === "switch-wiki" ? `wide ${HOSTILE}` : `wide ${name}`;
    models.push({ name, label, colour: "#0072b2", talks: name !== "base", folder: modelFolder });
  }
  const { file } = await writeLivePage(path.join(folder, "report"), models, LESSON);
  url = pathToFileURL(path.join(folder, "report", file)).href;
});

const scorerOf = (name: string) => new LlamaLanguageModel(llamas.get(name) as Llama);

/** The page once an engine runs; it must request nothing, violate nothing and report no error. */
async function visit<T>(
  settings: BrowserContextOptions & { softwareGpu?: boolean },
  look: (page: Page) => Promise<T>,
): Promise<T> {
  const { softwareGpu = false, ...context } = settings;
  const own = softwareGpu ? await openBrowser(true) : browser;
  try {
    const seen = await own.visit(
      url,
      async (page) => {
        await page.waitForSelector("html[data-engine]");
        return { found: await look(page) };
      },
      context,
    );
    assert.deepEqual(seen.witnessed, NOTHING);
    return seen.found;
  } finally {
    if (softwareGpu) await own.close();
  }
}

const answered = (page: Page, section: string) => page.waitForSelector(`#${section}[data-state=done]`);
const numbers = (page: Page, selector: string, attribute: string) =>
  page
    .locator(selector)
    .evaluateAll((found, attribute) => found.map((element) => Number(element.getAttribute(attribute))), attribute);

function assertClose(got: readonly number[], wanted: readonly number[], what: string): void {
  assert.equal(got.length, wanted.length, what);
  for (let i = 0; i < got.length; i++) {
    assert.ok(Math.abs(got[i] - wanted[i]) < NATS, `${what}: ${got[i]} in the browser, ${wanted[i]} in Node`);
  }
}

for (const engine of ["wasm", "cpu"]) {
  test(`${engine}: words and pairs have Node's surprisals within ${NATS} nats`, { skip }, async () => {
    await visit({}, async (page) => {
      await page.selectOption("#backend", engine);
      await page.waitForSelector(`html[data-engine=${engine}]`);
      for (const beginsWithBos of [true, false]) {
        await page.setChecked("#bos", beginsWithBos);
        for (const text of SENTENCES.slice(0, beginsWithBos ? 3 : 2)) {
          await page.fill("#surprisal input[name=text]", text);
          await answered(page, "surprisal");
          const wanted = await sentenceSurprisal(scorerOf("base"), tokenizer, text, beginsWithBos);
          const got = await numbers(page, "#surprisal .words li", "data-nats");
          const words = wanted.words.map((word) => word.nats ?? Number.NaN);
          assertClose(
            got.filter((x) => !Number.isNaN(x)),
            words.filter((x) => !Number.isNaN(x)),
            text,
          );
          assertClose(await numbers(page, "#surprisal .sum", "data-nats"), [wanted.nats], text);
        }
        await page.fill("#pair input[name=first]", PAIR[0]);
        await page.fill("#pair input[name=second]", PAIR[1]);
        await page.selectOption("#pair select", "merged");
        await answered(page, "pair");
        const wanted = await judgePair(scorerOf("merged"), tokenizer, PAIR, beginsWithBos);
        const differences = wanted.rows.map((row) => row.difference);
        assertClose(
          await numbers(page, "#pair .rows tr[data-difference]", "data-difference"),
          differences,
          "difference",
        );
        const verdict = page.locator('#pair .verdicts tr[data-model="merged"]');
        const sums = ((await verdict.getAttribute("data-nats")) as string).split(" ").map(Number);
        assertClose(
          sums,
          wanted.sentences.map((sentence) => sentence.nats),
          "sums",
        );
        assert.equal(
          await verdict.locator("td").last().textContent(),
          `the ${["first", "second"][wanted.preferred ?? 2]}`,
        );
      }
    });
  });
}

test(`webgpu: words have Node's surprisals within ${NATS} nats`, { skip }, async (t) => {
  await visit({ softwareGpu: true }, async (page) => {
    assert.equal(await page.locator("html").getAttribute("data-engine"), "wasm"); // a GPU in software is not taken unasked
    await page.selectOption("#backend", "webgpu");
    await page.waitForSelector("html[data-engine=webgpu], #engine.failed");
    if ((await page.locator("#engine.failed").count()) > 0) {
      t.skip(`no WebGPU here: ${await page.locator("#engine").textContent()}`);
      return;
    }
    await answered(page, "surprisal");
    const text = await page.locator("#surprisal input[name=text]").inputValue();
    const wanted = await sentenceSurprisal(scorerOf("base"), tokenizer, text, true);
    const words = wanted.words.map((word) => word.nats as number);
    assertClose(await numbers(page, "#surprisal .words li", "data-nats"), words, text);
  });
});

/** Start the reader's own model, and stop it after so many updates. @returns the updates made */
async function trainAndStop(page: Page, updates: number): Promise<number> {
  const size = page.locator("#train select[name=size]");
  if (await size.isEnabled()) await size.selectOption("small"); // not while a model is there
  await page.click("#train button[type=submit]");
  const madeSoFar = async () => Number((await page.locator("#train").getAttribute("data-step")) ?? 0);
  while ((await madeSoFar()) < updates) await page.waitForTimeout(50);
  await page.click("#train button[type=submit]");
  await answered(page, "train");
  return madeSoFar();
}

test("a reader's model trains, stops, goes on and is scored, with the losses and verdicts of Node", {
  skip,
}, async () => {
  await visit({}, async (page) => {
    const stopped = await trainAndStop(page, 1);
    assert.equal(await page.locator("#train button[type=submit]").textContent(), "Continue");
    const made = await trainAndStop(page, stopped + 1);
    assert.ok(made > stopped);
    const points = ((await page.locator("#train .curve .each").getAttribute("points")) ?? "").split(" ");
    assert.equal(points.length, made);
    const training = new LiveTraining(tokenizer, LESSON.documents, "small");
    const losses: number[] = [];
    while (losses.length < made) losses.push(...(await training.advance(0)).losses);
    const mean = losses.slice(-20).reduce((sum, x) => sum + x, 0) / Math.min(20, losses.length);
    const shown = /loss ([\d.]+) nats/.exec((await page.locator("#train .progress").textContent()) ?? "")?.[1];
    assert.ok(Math.abs(Number(shown) - mean) < 0.006, `${shown} in the browser, ${mean} in Node`);

    await page.click("#train button[name=score]");
    await page.waitForSelector("#train .scores tfoot");
    await answered(page, "train");
    const rights = await rightPairs(training.scorer, tokenizer, LESSON.pairs);
    assert.equal(await page.locator("#train").getAttribute("data-rights"), rights.join(""));
    assert.equal(await page.locator("#train .scores tbody tr").count(), 2);
    training.dispose();

    await page.click("#train button[name=again]");
    assert.equal(await page.locator("#train").getAttribute("data-step"), null);
    assert.equal(await page.locator("#train .curve").isVisible(), false);
  });
});

test("left to itself the page takes an engine faster than plain JavaScript, and says which", { skip }, async () => {
  const said = await visit({}, (page) => page.locator("#engine").textContent());
  assert.match(said as string, /^computing with (WebAssembly|WebGPU) \(.+\)$/);
});

test("the tuned models reply as in Node, greedy and sampled, each in its own card", { skip }, async () => {
  const prompt = "Does she hate her crow?";
  await visit({}, async (page) => {
    for (const temperature of [0, 0.7]) {
      await page.fill("#talk input[name=prompt]", prompt);
      if (temperature > 0) {
        await page.fill("#talk input[name=temperature]", String(temperature)); // which also chooses sampling
        await page.fill("#talk input[name=seed]", "7");
      }
      await page.press("#talk input[name=prompt]", "Enter");
      await answered(page, "talk");
      const cards = page.locator("#talk .turns > li").last().locator("article");
      assert.equal(await cards.count(), 3);
      for (const name of ["merged", "switch-wiki", "wiki-switch"]) {
        const rng = Rng.fromSeed("7").fork("chat").fork(0);
        const { reply } = await ask(llamas.get(name) as Llama, tokenizer, prompt, { settings: { temperature }, rng });
        const said = page.locator("#talk .turns > li").last().locator(`article[data-model="${name}"] p`);
        assert.equal(await said.textContent(), reply, `${name} at temperature ${temperature}`);
      }
    }
  });
});

test("two models stand side by side, each with Node's surprisals, and the second can be left out", {
  skip,
}, async () => {
  const [text] = SENTENCES;
  await visit({}, async (page) => {
    await page.fill("#surprisal input[name=text]", text);
    await page.selectOption("#surprisal select[name=model]", "merged");
    await page.selectOption("#surprisal select[name=other]", "wiki-switch");
    await answered(page, "surprisal");
    const [first, second] = await Promise.all(
      ["merged", "wiki-switch"].map((name) => sentenceSurprisal(scorerOf(name), tokenizer, text, true)),
    );
    const wanted = (one: typeof first) => one.words.map((word) => word.nats as number);
    assertClose(await numbers(page, "#surprisal .words li", "data-nats"), wanted(first), "first");
    assertClose(await numbers(page, "#surprisal .words li", "data-other-nats"), wanted(second), "second");
    assertClose(await numbers(page, "#surprisal .sum", "data-other-nats"), [second.nats], "second, sum");
    const lines = await page.locator("#surprisal .sum .line").allTextContents();
    assert.match(lines[0], /^wide merged: [\d.]+ bits \([\d.]+ nats\), [\d.]+ bits per token over \d+ tokens$/);
    assert.match(lines[1], /^wide wiki-switch: /);
    const less =
      first.nats < second.nats ? "wide merged than for wide wiki-switch" : "wide wiki-switch than for wide merged";
    assert.match(lines[2], new RegExp(`bits less surprising for ${less}\\.$`));
    assert.equal(await page.locator("#surprisal .tokens th").count(), 3);

    await page.selectOption("#surprisal select[name=other]", "");
    await answered(page, "surprisal");
    assert.equal(await page.locator("#surprisal .sum .line").count(), 1);
    assert.equal(await page.locator("#surprisal .words li").first().locator(".column").count(), 1);
  });
});

test("a text that is too long for the model or for the page is cut, and the page says by how much", {
  skip,
}, async () => {
  await visit({}, async (page) => {
    const note = page.locator("#surprisal .cut");
    assert.equal(await note.isVisible(), false);
    const long = "bear ".repeat(200).trim();
    await page.fill("#surprisal input[name=text]", long);
    await answered(page, "surprisal");
    const { cutTokens, words } = await sentenceSurprisal(scorerOf("base"), tokenizer, long, true);
    assert.ok(cutTokens > 0);
    assert.equal(
      await note.textContent(),
      `The text was cut: the model's context is full, ${cutTokens} tokens removed at the end.`,
    );
    assert.equal(await page.locator("#surprisal .words li").count(), words.length);
    await page.fill("#pair input[name=second]", "x".repeat(4003));
    await answered(page, "pair");
    assert.match(
      (await page.locator("#pair .cut").textContent()) ?? "",
      /limit is 4,000 characters, 3 removed at the end; the model's/,
    );
    await page.fill("#surprisal input[name=text]", "The old bear");
    await answered(page, "surprisal");
    assert.equal(await note.isVisible(), false);
  });
});

test("every control can be clicked without a network, and none opens an address", { skip }, async () => {
  await visit({}, async (page) => {
    const clicked = await clickEveryControl(page);
    for (const control of ["Send", "Token by token", "The owls are sleeping in the forest.", "theme"]) {
      assert.ok(
        clicked.some((label) => label.includes(control)),
        `${control} is not among ${clicked.join(", ")}`,
      );
    }
    for (const section of ["surprisal", "pair", "talk"]) await answered(page, section);
  });
});

test("typed markup stays text wherever it is shown", { skip }, async () => {
  await visit({}, async (page) => {
    const scripts = await page.locator("script").count();
    await page.fill("#surprisal input[name=text]", HOSTILE);
    await page.fill("#pair input[name=first]", HOSTILE);
    await page.fill("#pair input[name=second]", `${HOSTILE} again`);
    await page.fill("#talk input[name=prompt]", HOSTILE);
    await page.press("#talk input[name=prompt]", "Enter");
    for (const section of ["surprisal", "pair", "talk"]) await answered(page, section);
    const words = (await page.locator("#surprisal .word").allTextContents()).join(" ");
    assert.equal(words, HOSTILE);
    assert.equal(await page.locator("#talk .message").textContent(), HOSTILE);
    assert.equal(await page.locator("script").count(), scripts);
    assert.equal(await page.locator("main img, main main script").count(), 0);
    assert.equal(await page.title(), "Live models");
    assert.ok((await page.locator("option").allTextContents()).includes(`wide ${HOSTILE}`));
    assert.equal(await page.locator("#talk article h3").nth(1).textContent(), `wide ${HOSTILE}`);
  });
});

test("a question that has no answer is answered with the reason, and the next one works", { skip }, async () => {
  await visit({}, async (page) => {
    await page.fill("#surprisal input[name=text]", " ");
    await page.waitForSelector("#surprisal[data-state=failed]");
    assert.equal(await page.locator("#surprisal .sum").textContent(), "the sentence is empty");
    await page.fill("#surprisal input[name=text]", "The old bear");
    await answered(page, "surprisal");
    assert.equal(await page.locator("#surprisal .words li").count(), 3);
    await page.fill("#talk input[name=temperature]", "");
    await page.press("#talk input[name=prompt]", "Enter");
    await page.waitForSelector("#talk[data-state=failed]");
    assert.equal(await page.locator("#talk .sum").textContent(), "to sample, type a temperature from 0.1 to 2");
    assert.equal(await page.locator("#talk .turns > li").count(), 0);
    await page.fill("#talk input[name=temperature]", "0.5");
    await page.press("#talk input[name=prompt]", "Enter");
    await answered(page, "talk");
    assert.equal(await page.locator("#talk article").count(), 3);
  });
});

test("the page fits a phone in the dark, and prints", { skip }, async () => {
  await visit({ colorScheme: "dark", viewport: { width: 390, height: 844 } }, async (page) => {
    for (const section of ["surprisal", "pair"]) await answered(page, section);
    const wide = await page.locator("html").evaluate((root) => root.scrollWidth - root.clientWidth);
    assert.equal(wide, 0);
    assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
    assert.ok((await page.pdf()).length > 10_000);
  });
});

test("nothing in the file names an address to load", { skip }, () => {
  const html = fs.readFileSync(path.join(folder, "report", "live.html"), "utf8");
  assert.ok(
    !/<[a-z][^>]*\s(src|href)="(?!index\.html")/.test(html.replace(/<script type="application\/json".*\n/g, "")),
  );
  assert.match(html, /content="default-src 'none'; script-src 'sha256-/);
  assert.ok(
    !/unsafe-inline|connect-src|https?:/.test(
      /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "*https:",
    ),
  );
});
