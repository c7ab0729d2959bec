/**
 * @file Pictures for figures: a picture that matches its figure is kept, others are drawn, and a browser is searched
 * for only if needed.
 *
 * So a repeated run gives the same bytes with any browser, and a run without a browser keeps the pictures of unchanged
 * figures.
 */

import type { Figure } from "../../figures/figure";
import { obtainBrowser } from "./fetch-browser";
import { figureDigest, pngFault, svgFault } from "./picture-stamp";
import { type ImageMaker, openImageMaker } from "./static-images";

export interface KeptPictures {
  /** `figureDigest` of the figure beside the pictures. */
  figure: string;
  svg?: string;
  png?: Buffer;
}

export interface Pictures {
  /**
   * @param pngScale - pixels of the PNG per pixel of the page
   * @returns the kept pictures if they match the figure, else new ones; without a browser the kept ones, if any
   */
  of(figure: Figure, kept: KeptPictures | undefined, pngScale: number): Promise<Omit<KeptPictures, "figure">>;
  /** Close the browser and report figures without a picture. */
  close(): Promise<void>;
}

/** @param report - receives a sentence about a browser download or missing pictures */
export function openPictures(
  report: (sentence: string) => void,
  obtain: () => Promise<string | null> = () => obtainBrowser({ report }),
): Pictures {
  let maker: Promise<ImageMaker | null> | null = null;
  const counts = { kept: 0, missing: 0 };
  return {
    async of(figure, found, pngScale) {
      const kept = found?.figure === figureDigest(figure) ? found : undefined;
      if (kept?.svg !== undefined && kept.png !== undefined) {
        if (svgFault(kept.svg, figure) === null && pngFault(kept.png, figure) === null) {
          counts.kept++;
          return kept;
        }
      }
      maker ??= obtain().then((browser) => (browser === null ? null : openImageMaker(browser)));
      const drawn = await (await maker)?.draw(figure, pngScale);
      if (drawn !== undefined) return drawn;
      if (kept?.svg === undefined && kept?.png === undefined) counts.missing++;
      else counts.kept++;
      return kept ?? {};
    },
    async close() {
      await (await maker)?.close();
      if (counts.missing === 0) return;
      report(
        `${counts.missing} new or changed figures have no picture, because no browser was found; ${counts.kept} unchanged ` +
          "figures keep theirs. Install Chrome, Edge or Chromium (on Debian: apt-get install chromium), or name one in " +
          "CHROMIUM, and run the command again.",
      );
    },
  };
}
