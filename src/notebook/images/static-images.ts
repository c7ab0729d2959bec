/**
 * @file Draws figures as PNG and SVG with plotly, in a headless browser without network.
 *
 * The same figure gives the same bytes in every run of one browser, because plotly's random ids come from a fixed
 * stream. Each picture has a stamp that identifies its figure (picture-stamp.ts).
 */

import * as path from "node:path";
import type { Page } from "playwright-core";
import type { Figure } from "../../figures/figure";
import { projectRoot } from "../../util/project-root";
import { type OfflineBrowser, openOffline } from "./browser";
import { palettePng } from "./palette-png";
import { stampPng, stampSvg } from "./picture-stamp";

/** Width of a static picture in pixels; the height is the figure's own. */
const IMAGE_WIDTH = 900;
/** Pixels of a PNG per pixel of the page: sharp in print. */
export const PRINT_SCALE = 2;

export interface FigureImages {
  png: Buffer;
  svg: string;
  width: number;
  height: number;
}

export interface ImageMaker {
  /** @param pngScale - pixels of the PNG per pixel of the page; default `PRINT_SCALE` */
  draw(figure: Pick<Figure, "data" | "layout">, pngScale?: number): Promise<FigureImages>;
  /** One PNG with the committed figure above and the fresh one below. */
  drawBoth(committed: Figure, fresh: Figure): Promise<Buffer>;
  close(): Promise<void>;
}

/** @param chromium - from `findChromium` @throws Error when the browser cannot be started */
export async function openImageMaker(chromium: string): Promise<ImageMaker> {
  const browser: OfflineBrowser = await openOffline(chromium);
  const page = await browser.context.newPage();
  await page.setContent("<!doctype html><style>body{margin:0}</style><div id=figure></div>");
  await page.addScriptTag({ path: plotlyFile() });
  return {
    draw: (figure, pngScale = PRINT_SCALE) => draw(page, figure, pngScale),
    drawBoth: async (committed, fresh) => {
      const [above, below] = [await draw(page, committed, 1), await draw(page, fresh, 1)];
      const sheet = await browser.context.newPage();
      await sheet.setContent(
        `<!doctype html><body style="margin:8px;font:14px sans-serif">committed<div>${above.svg}</div>fresh<div>${below.svg}</div>`,
      );
      const png = await sheet.screenshot({ fullPage: true });
      await sheet.close();
      return png;
    },
    close: () => browser.close(),
  };
}

/** plotly.js for pages: one file, no network. */
export function plotlyFile(root = projectRoot()): string {
  return path.join(root, "node_modules", "plotly.js-dist", "plotly.js");
}

async function draw(page: Page, figure: Pick<Figure, "data" | "layout">, pngScale: number): Promise<FigureImages> {
  const width = IMAGE_WIDTH;
  const height = typeof figure.layout.height === "number" ? figure.layout.height : 450;
  const [png, svg] = await page.evaluate(
    async ({ data, layout, width, height, scale }) => {
      // biome-ignore lint/suspicious/noExplicitAny: plotly is a script of the page
      const { Plotly } = globalThis as any;
      let state = 1;
      Math.random = () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state / 2 ** 32;
      };
      const figure = { data, layout, config: { staticPlot: true } };
      return [
        (await Plotly.toImage(figure, { format: "png", width, height, scale })) as string,
        (await Plotly.toImage(figure, { format: "svg", width, height })) as string,
      ];
    },
    { data: figure.data, layout: figure.layout, width, height, scale: pngScale },
  );
  return {
    png: stampPng(palettePng(Buffer.from(png.slice(png.indexOf(",") + 1), "base64")), figure),
    svg: stampSvg(decodeURIComponent(svg.slice(svg.indexOf(",") + 1)), figure),
    width,
    height,
  };
}
