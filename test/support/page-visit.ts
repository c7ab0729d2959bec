/** @file Pages of the report in a browser that reaches no network and reports every request, violation and error. */

import type { BrowserContextOptions, Page } from "playwright-core";
import { findChromium, type OfflineBrowser, openOffline } from "../../src/notebook/images/browser";

export const chromium = findChromium();
export const skipWithoutBrowser: string | false = chromium === null ? "no Chromium" : false;

/** The global scope of a browser, whose types are not loaded here. */
// biome-ignore lint/suspicious/noExplicitAny: see above
export type BrowserScope = any;

export interface Witnessed {
  /** Addresses requested, but for files beside the page, and its own data. */
  requests: string[];
  /** What the content security policy refused. */
  violations: string[];
  errors: string[];
  /** Windows that were opened. */
  popups: string[];
}

export const NOTHING: Witnessed = { requests: [], violations: [], errors: [], popups: [] };

/** One browser for many visits: it takes seconds to start. */
export async function openBrowser(softwareGpu = false): Promise<{
  visit<T>(
    url: string,
    look: (page: Page, witnessed: Witnessed) => Promise<T>,
    settings?: BrowserContextOptions,
  ): Promise<T & { witnessed: Witnessed }>;
  close(): Promise<void>;
}> {
  const browser: OfflineBrowser = await openOffline(chromium as string, { softwareGpu });
  return {
    async visit(url, look, settings = {}) {
      const context = await browser.browser.newContext({ locale: "en-US", timezoneId: "UTC", ...settings });
      const witnessed: Witnessed = structuredClone(NOTHING);
      try {
        await context.route(/^(?!file:|data:|blob:|about:)/, (route) => route.abort());
        await context.addInitScript(() => {
          (globalThis as BrowserScope).addEventListener("securitypolicyviolation", (event: Record<string, string>) =>
            console.info(`VIOLATION ${event.violatedDirective} ${event.blockedURI} ${event.sample}`),
          );
        });
        const page = await context.newPage();
        page.setDefaultTimeout(240_000); // a busy machine parses plotly.js for minutes
        page.setDefaultNavigationTimeout(240_000);
        page.on("request", (request) => {
          if (!/^(file|data|blob|about):/.test(request.url())) witnessed.requests.push(request.url());
        });
        page.on("pageerror", (error) => witnessed.errors.push(String(error)));
        page.on("popup", (popup) => witnessed.popups.push(popup.url()));
        page.on("console", (message) => {
          if (message.text().startsWith("VIOLATION ")) witnessed.violations.push(message.text());
          else if (message.type() === "error") witnessed.errors.push(message.text());
        });
        await page.goto(url);
        const found = await look(page, witnessed);
        return { ...found, witnessed };
      } finally {
        await context.close();
      }
    },
    close: () => browser.close(),
  };
}

/**
 * Click everything that can be clicked and leads to no other page: buttons, folds, boxes, choices, plotly's controls and
 * legends. Twice, because some controls only appear after a click.
 *
 * @returns what was clicked, by its label
 */
export async function clickEveryControl(page: Page): Promise<string[]> {
  const address = page.url();
  return page.evaluate(async (address) => {
    const { document, location, MouseEvent, setTimeout } = globalThis as BrowserScope;
    const controls =
      "button, summary, label, input, select, [role=button], .modebar-btn, .legendtoggle, [data-val], svg a";
    const clicked: string[] = [];
    for (let round = 0; round < 2; round++) {
      for (const control of document.querySelectorAll(controls)) {
        const label = control.getAttribute("data-title") ?? control.getAttribute("aria-label") ?? control.textContent;
        clicked.push(`${control.tagName.toLowerCase()} ${String(label).trim().slice(0, 40)}`);
        for (const type of ["mousedown", "mouseup", "click"]) {
          control.dispatchEvent(new MouseEvent(type, { bubbles: true, cancelable: true }));
        }
        await new Promise((resolve) => setTimeout(resolve, 5));
        if (location.href.split("#")[0] !== address) throw new Error(`${label} left the page`);
      }
    }
    return clicked;
  }, address);
}

type Corner = readonly [x: number, y: number];

/** Texts of drawn figures that cover another text by more than 3 pixels, or leave their figure. */
export async function crowdedTexts(page: Page): Promise<string[]> {
  const figures = await page.evaluate(() => {
    const { document, getComputedStyle } = globalThis as BrowserScope;
    return [...document.querySelectorAll("figure.drawn .plot")].map((plot) => {
      const { left, right, top, bottom } = plot.getBoundingClientRect();
      const texts = [...plot.querySelectorAll("svg text")]
        .filter((text) => text.textContent.trim() !== "" && text.getBoundingClientRect().width > 0)
        .filter((text) => getComputedStyle(text).visibility === "visible" && text.closest(".hoverlayer") === null)
        .map((text) => {
          const { x, y, width, height } = text.getBBox();
          const { a, b, c, d, e, f } = text.getScreenCTM();
          const corners = [
            [x, y],
            [x + width, y],
            [x + width, y + height],
            [x, y + height],
          ].map(([x, y]): Corner => [a * x + c * y + e, b * x + d * y + f]);
          return { words: text.textContent as string, corners };
        });
      return { frame: { left, right, top, bottom } as Record<string, number>, texts };
    });
  });
  return figures.flatMap(({ frame: { left, right, top, bottom }, texts }) =>
    texts.flatMap(({ words, corners }, i) => {
      const leaves = corners.some(([x, y]) => x < left - 1 || x > right + 1 || y < top - 1 || y > bottom + 1);
      const covered = texts.slice(i + 1).filter((other) => overlap(corners, other.corners) > 3);
      return [
        ...(leaves ? [`"${words}" leaves the figure`] : []),
        ...covered.map((o) => `"${words}" covers "${o.words}"`),
      ];
    }),
  );
}

/** Of two rectangles at any angle: the least overlap along their four directions; negative if they are apart. */
function overlap(one: readonly Corner[], other: readonly Corner[]): number {
  const directions = [one, other].flatMap((corners) =>
    [0, 1].map((i): Corner => {
      const [dx, dy] = [corners[i + 1][0] - corners[i][0], corners[i + 1][1] - corners[i][1]];
      const length = Math.hypot(dx, dy) || 1;
      return [dx / length, dy / length];
    }),
  );
  const overlaps = directions.map(([dx, dy]) => {
    const [a, b] = [one, other].map((corners) => corners.map(([x, y]) => x * dx + y * dy));
    return Math.min(Math.max(...a), Math.max(...b)) - Math.max(Math.min(...a), Math.min(...b));
  });
  return Math.min(...overlaps);
}
