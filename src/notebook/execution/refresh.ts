/** @file Running notebooks the way they are committed: executed, with a static picture of each figure, cleaned. */

import * as path from "node:path";
import type { Figure } from "../../figures/figure";
import { PLOTLY_MIME } from "../display/show";
import { type ImageMaker, openImageMaker } from "../images/static-images";
import { cleanNotebook } from "./clean-notebook";
import { executeNotebooks, type RunOptions } from "./execute";
import { type Notebook, readNotebook, writeNotebook } from "./notebook-file";

export interface RefreshOptions extends RunOptions {
  /** From `findChromium`; null leaves figures without a static picture. */
  chromium: string | null;
}

/**
 * Execute, add an SVG to each figure (for GitHub and for viewers without JavaScript), clean.
 *
 * @returns the files written
 */
export async function refreshNotebooks(files: readonly string[], options: RefreshOptions): Promise<string[]> {
  const written = await executeNotebooks(files, options);
  const maker = options.chromium === null ? null : await openImageMaker(options.chromium);
  try {
    for (const file of written) {
      const notebook = readNotebook(file);
      if (maker !== null) await addPictures(notebook, maker);
      writeNotebook(file, cleanNotebook(notebook));
    }
  } finally {
    await maker?.close();
  }
  return written;
}

/** Give each figure of the notebook an `image/svg+xml` beside its plotly JSON. */
export async function addPictures(notebook: Notebook, maker: ImageMaker): Promise<void> {
  for (const cell of notebook.cells) {
    for (const output of cell.outputs ?? []) {
      const figure = output.data?.[PLOTLY_MIME] as Figure | undefined;
      if (figure !== undefined && output.data !== undefined) {
        output.data["image/svg+xml"] = (await maker.draw(figure)).svg;
      }
    }
  }
}

/** `notebooks/02-model-definition.ipynb` -> `02-model-definition`. */
export function notebookName(file: string): string {
  return path.basename(file, ".ipynb");
}
