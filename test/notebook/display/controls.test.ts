/** @file Every control of a figure, clicked in a browser without a network: none asks for an address. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { boxPlot } from "../../../src/figures/box-plot";
import { runStyle } from "../../../src/figures/palette";
import { figureJson, PLOTLY_CONFIG } from "../../../src/notebook/display/show";
import { findChromium, openOffline } from "../../../src/notebook/images/browser";
import { plotlyFile } from "../../../src/notebook/images/static-images";

const chromium = findChromium();

async function clickEveryControl(
  config: object,
): Promise<{ titles: string[]; refused: readonly string[]; opened: number }> {
  const values = [1, 2, 3, 4, 5].map((value) => ({ label: `v${value}`, value }));
  const style = runStyle("wide", "base");
  const figure = boxPlot([{ name: "g", style, values }], { title: "t", valueTitle: "v", alt: "a", caption: "c" });
  const browser = await openOffline(chromium as string, {});
  try {
    const page = await browser.context.newPage();
    let opened = 0;
    browser.context.on("page", () => opened++);
    page.on("dialog", (dialog) => dialog.accept());
    await page.setContent("<!doctype html><div id=figure style='width:800px'></div>");
    await page.addScriptTag({ path: plotlyFile() });
    await page.evaluate(
      // biome-ignore lint/suspicious/noExplicitAny: plotly is a script of the page
      ({ data, layout, config }) => (globalThis as any).Plotly.newPlot("figure", data, layout, config),
      { ...figureJson(figure), config },
    );
    const buttons = page.locator(".modebar-btn");
    const titles = await buttons.evaluateAll((all) => all.map((b) => b.getAttribute("data-title") ?? "logo"));
    for (let i = 0; i < (await buttons.count()); i++) {
      await buttons.nth(i).dispatchEvent("click");
      // whatever asks for confirmation is confirmed
      await page.locator("button:not(.modebar-btn)").evaluateAll((all) => {
        for (const button of all) (button as unknown as { click(): void }).click();
      });
    }
    await page.waitForTimeout(300);
    return { titles, refused: browser.refused, opened };
  } finally {
    await browser.close();
  }
}

test("no control of a figure opens an address", { skip: chromium === null ? "no Chromium" : false }, async () => {
  const { titles, refused, opened } = await clickEveryControl(PLOTLY_CONFIG);
  assert.ok(titles.length >= 4, titles.join(", "));
  assert.deepEqual(
    titles.filter((title) => /share|logo|cloud|edit/i.test(title)),
    [],
  );
  assert.deepEqual([refused, opened], [[], 0]);
});

test("plotly's own settings would show such a control: the test can fail", {
  skip: chromium === null ? "no Chromium" : false,
}, async () => {
  const { titles } = await clickEveryControl({ responsive: true, displaylogo: false });
  assert.ok(
    titles.some((title) => /share/i.test(title)),
    titles.join(", "),
  );
});
