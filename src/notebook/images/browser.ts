/** @file A headless Chromium, where the machine has one: for static pictures and for checking the report. */

import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import type { Browser, BrowserContext } from "playwright-core";

export const NO_BROWSER =
  "no Chromium was found, so no PNG and SVG pictures are made; install one (on Debian: apt-get install chromium) or " +
  "name it in CHROMIUM";

/** `$CHROMIUM`, else the first of the usual names on the PATH or in their usual places; null without one. */
export function findChromium(): string | null {
  const named = process.env.CHROMIUM;
  if (named !== undefined && named !== "") return fs.existsSync(named) ? named : null;
  const places = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ];
  const found = places.find((p) => fs.existsSync(p));
  if (found !== undefined) return found;
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    const which = spawnSync("which", [name], { encoding: "utf8" });
    if (which.status === 0) return which.stdout.trim();
  }
  return null;
}

export interface OfflineBrowser {
  browser: Browser;
  context: BrowserContext;
  /** Addresses that a page asked for and was refused: everything but file:, data:, blob: and about:. */
  refused: string[];
  close(): Promise<void>;
}

export interface PageSettings {
  width?: number;
  height?: number;
  scale?: number;
  colorScheme?: "light" | "dark";
  /** As a reader with JavaScript switched off sees it. */
  javaScript?: boolean;
  /** With WebGPU on a GPU in software, where this Chromium has one: slow, for tests. */
  softwareGpu?: boolean;
}

const SOFTWARE_GPU = [
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--use-angle=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
];

/** Chromium that cannot reach any network. @throws Error when it cannot be started */
export async function openOffline(chromium: string, settings: PageSettings = {}): Promise<OfflineBrowser> {
  const playwright = await import("playwright-core");
  const browser = await playwright.chromium.launch({
    executablePath: chromium,
    headless: true,
    args: [
      "--no-sandbox",
      ...(settings.softwareGpu === true ? SOFTWARE_GPU : ["--disable-gpu"]),
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-dev-shm-usage",
      "--hide-scrollbars",
      "--force-color-profile=srgb",
      "--font-render-hinting=none",
    ],
  });
  const { width = 900, height = 700, scale = 1, colorScheme = "light", javaScript = true } = settings;
  const context = await browser.newContext({
    deviceScaleFactor: scale,
    viewport: { width, height },
    colorScheme,
    javaScriptEnabled: javaScript,
    locale: "en-US",
    timezoneId: "UTC",
  });
  const refused: string[] = [];
  await context.route(/^(?!file:|data:|blob:|about:)/, (route) => {
    refused.push(route.request().url());
    return route.abort();
  });
  return { browser, context, refused, close: () => browser.close() };
}
