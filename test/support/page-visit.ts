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
