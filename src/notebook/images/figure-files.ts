/** @file A figure on disk: plotly's JSON with its PNG and SVG beside it, written and checked. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Figure } from "../../figures/figure";
import { writeFileAtomic } from "../../util/atomic-file";
import { readJson } from "../../util/jsonl";
import { readText } from "../../util/text-file";
import { figureDigest, pngFault, svgFault } from "./picture-stamp";
import type { KeptPictures, Pictures } from "./pictures";
import { PRINT_SCALE } from "./static-images";

/**
 * Write `<base>.json`, `<base>.svg` and `<base>.png`. Pictures of an unchanged figure stay as they are; without a browser
 * those of a changed figure are removed, because they would show the old one.
 */
export async function writeFigure(base: string, figure: Figure, pictures: Pictures): Promise<void> {
  const { svg, png } = await pictures.of(figure, readPictures(base), PRINT_SCALE);
  writeFileAtomic(`${base}.json`, `${JSON.stringify(figure, null, 1)}\n`);
  if (svg === undefined) fs.rmSync(`${base}.svg`, { force: true });
  else writeFileAtomic(`${base}.svg`, `${svg.trimEnd()}\n`);
  if (png === undefined) fs.rmSync(`${base}.png`, { force: true });
  else writeFileAtomic(`${base}.png`, png);
}

/** Each picture in the folder, and below it, that does not show the figure beside it, with the reason. */
export function pictureFaults(folder: string): string[] {
  const names = (fs.readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => name.endsWith(".json") && !name.includes("-changed."))
    .sort();
  return names.flatMap((name) => {
    const base = path.join(folder, name.slice(0, -".json".length));
    const figure = readJson<Figure>(`${base}.json`);
    const { svg, png } = readPictures(base) ?? {};
    const faults = [
      svg === undefined ? "there is no SVG" : svgFault(svg, figure),
      png === undefined ? "there is no PNG" : pngFault(png, figure),
    ];
    return faults.filter((fault) => fault !== null).map((fault) => `${name}: ${fault}`);
  });
}

function readPictures(base: string): KeptPictures | undefined {
  if (!fs.existsSync(`${base}.json`)) return undefined;
  return {
    figure: figureDigest(readJson<Figure>(`${base}.json`)),
    ...(fs.existsSync(`${base}.svg`) ? { svg: readText(`${base}.svg`) } : {}),
    ...(fs.existsSync(`${base}.png`) ? { png: fs.readFileSync(`${base}.png`) } : {}),
  };
}
