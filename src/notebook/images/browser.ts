/** @file Find and start a headless Chrome, Edge or Chromium without a network: for pictures of figures and for tests of pages. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Browser, BrowserContext } from "playwright-core";
import { projectRoot } from "../../util/project-root";

/** Program names of Chrome-like browsers on the PATH. */
const NAMES = [
  "google-chrome",
  "google-chrome-stable",
  "chrome",
  "chromium",
  "chromium-browser",
  "microsoft-edge",
  "microsoft-edge-stable",
  "msedge",
];
/** Default locations on macOS and Windows. */
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ...["ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"].flatMap((variable) =>
    ["Google\\Chrome\\Application\\chrome.exe", "Microsoft\\Edge\\Application\\msedge.exe"].map((end) =>
      path.join(process.env[variable] ?? "", end),
    ),
  ),
];

/**
 * The browser named in the environment variable `CHROMIUM`, else one that is installed, else one that an earlier run
 * fetched into the clone (fetch-browser.ts); null without one.
 */
export function findChromium(root = projectRoot()): string | null {
  const named = process.env.CHROMIUM;
  if (named !== undefined && named !== "") return fs.existsSync(named) ? named : null;
  return installedBrowser() ?? fetchedBrowser(root);
}

function installedBrowser(): string | null {
  const onPath = (process.env.PATH ?? "")
    .split(path.delimiter)
    .filter((folder) => folder !== "")
    .flatMap((folder) => NAMES.map((name) => path.join(folder, process.platform === "win32" ? `${name}.exe` : name)));
  return [...onPath, ...PLACES].find((program) => path.isAbsolute(program) && fs.existsSync(program)) ?? null;
}

/** Where a clone keeps the browsers that it has fetched; git ignores it. */
export function browserFolder(root = projectRoot()): string {
  return path.join(root, ".cache", "browser");
}

/** Programs in the packages that fetch-browser.ts unpacks, ours first. */
const FETCHED_PROGRAMS = ["run-chromium", "headless_shell", "chrome-headless-shell", "chrome-headless-shell.exe"];

/** A browser that is complete in the clone's folder; null without one. */
export function fetchedBrowser(root = projectRoot()): string | null {
  const folder = browserFolder(root);
  const files = fs.existsSync(folder) ? (fs.readdirSync(folder, { recursive: true }) as string[]).sort() : [];
  const isComplete = (file: string) => !file.split(path.sep)[0].endsWith(".incomplete");
  const found = FETCHED_PROGRAMS.flatMap((name) =>
    files.filter((file) => path.basename(file) === name && isComplete(file)),
  );
  return found.length === 0 ? null : path.join(folder, found[0]);
}

export interface OfflineBrowser {
  browser: Browser;
  context: BrowserContext;
  /** Refused requests of a page: all addresses except file:, data:, blob: and about:. */
  refused: string[];
  close(): Promise<void>;
}

export interface PageSettings {
  width?: number;
  height?: number;
  scale?: number;
  colorScheme?: "light" | "dark";
  /** False disables JavaScript. */
  javaScript?: boolean;
  /** Enable WebGPU on a software GPU, if the browser has one: slow, for tests. */
  softwareGpu?: boolean;
}

const SOFTWARE_GPU = [
  "--enable-unsafe-webgpu",
  "--enable-dawn-features=disable_workgroup_init", // SwiftShader takes seconds to compile the filling with zeros
  "--use-webgpu-adapter=swiftshader",
  "--use-angle=swiftshader",
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
];

/** Start a browser that cannot reach any network. @throws Error when it cannot be started */
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
