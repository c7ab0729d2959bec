/** @file A small PNG of one figure per notebook, for the README's table: `figures/thumbnails/<notebook>.png`. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Figure } from "../../figures/figure";
import { writeFileAtomic } from "../../util/atomic-file";
import { PLOTLY_MIME } from "../display/show";
import { type Notebook, readNotebook } from "../execution/notebook-file";
import { notebookName } from "../execution/refresh";
import { pngFault } from "./picture-stamp";
import type { Pictures } from "./pictures";

/** Pixels of a thumbnail per pixel of the page: 270 pixels wide. */
const THUMBNAIL_SCALE = 0.3;

/** The figure of the cell with the tag `thumbnail`, else the first one; null if there are no figures. */
export function thumbnailFigure(notebook: Notebook): Figure | null {
  const figures = notebook.cells.flatMap((cell) =>
    (cell.outputs ?? []).flatMap(({ data }) => {
      const figure = data?.[PLOTLY_MIME] as Figure | undefined;
      return figure === undefined ? [] : [{ figure, isChosen: cell.metadata.tags?.includes("thumbnail") === true }];
    }),
  );
  return (figures.find(({ isChosen }) => isChosen) ?? figures[0])?.figure ?? null;
}

/**
 * Draw the thumbnails that are missing or show another figure. Without a browser the old ones are kept, and
 * `thumbnailFaults` lists them.
 */
export async function writeThumbnails(notebooks: readonly string[], folder: string, pictures: Pictures): Promise<void> {
  for (const file of notebooks) {
    const figure = thumbnailFigure(readNotebook(file));
    if (figure === null || faultOf(file, folder, figure) === null) continue;
    const { png } = await pictures.of(figure, undefined, THUMBNAIL_SCALE);
    if (png !== undefined) writeFileAtomic(thumbnailFile(file, folder), png);
  }
}

/** Each notebook whose thumbnail is missing or stale, with the reason. */
export function thumbnailFaults(notebooks: readonly string[], folder: string): string[] {
  return notebooks.flatMap((file) => {
    const figure = thumbnailFigure(readNotebook(file));
    const fault = figure === null ? null : faultOf(file, folder, figure);
    return fault === null ? [] : [`${path.basename(thumbnailFile(file, folder))}: ${fault}`];
  });
}

function faultOf(file: string, folder: string, figure: Figure): string | null {
  const picture = thumbnailFile(file, folder);
  return fs.existsSync(picture) ? pngFault(fs.readFileSync(picture), figure) : "there is no thumbnail";
}

function thumbnailFile(notebook: string, folder: string): string {
  return path.join(folder, `${notebookName(notebook)}.png`);
}
