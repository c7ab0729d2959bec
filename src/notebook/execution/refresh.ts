/** @file Produces notebooks in their committed form: executed, with a PNG and an SVG of each figure, cleaned. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Figure } from "../../figures/figure";
import { PLOTLY_MIME } from "../display/show";
import { figureDigest } from "../images/picture-stamp";
import { type KeptPictures, openPictures, type Pictures } from "../images/pictures";
import { cleanNotebook } from "./clean-notebook";
import { executeNotebooks, type RunOptions } from "./execute";
import { joined, type MultilineText, type Notebook, type Output, readNotebook, writeNotebook } from "./notebook-file";

const [PNG, SVG] = ["image/png", "image/svg+xml"];
/** Pixels of the PNG per pixel of the page: for GitHub, VS Code and nbviewer; the SVG is for print. */
const PNG_SCALE = 1;

export interface RefreshOptions extends RunOptions {
  /** Receives a sentence about a browser download or missing pictures. */
  report: (sentence: string) => void;
  /** Default `openPictures(report)`. */
  pictures?: Pictures;
}

/**
 * Execute, add pictures to each figure (for viewers that do not draw plotly's JSON), clean.
 *
 * @returns the files written
 */
export async function refreshNotebooks(files: readonly string[], options: RefreshOptions): Promise<string[]> {
  const kept = files.map((file) => (fs.existsSync(file) ? picturesIn(readNotebook(file)) : []));
  const written = await executeNotebooks(files, options);
  const pictures = options.pictures ?? openPictures(options.report);
  try {
    for (const [i, file] of written.entries()) {
      const notebook = readNotebook(file);
      for (const { figure, data } of figuresIn(notebook)) {
        const found = kept[i].find((one) => one.figure === figureDigest(figure));
        const { png, svg } = await pictures.of(figure, found, PNG_SCALE);
        if (png !== undefined) data[PNG] = png.toString("base64");
        if (svg !== undefined) data[SVG] = svg;
      }
      writeNotebook(file, cleanNotebook(notebook));
    }
  } finally {
    await pictures.close();
  }
  return written;
}

/** The pictures in a notebook, each with the digest of its figure. */
function picturesIn(notebook: Notebook): KeptPictures[] {
  return figuresIn(notebook).map(({ figure, data }) => ({
    figure: figureDigest(figure),
    ...(data[PNG] === undefined ? {} : { png: Buffer.from(joined(data[PNG] as MultilineText), "base64") }),
    ...(data[SVG] === undefined ? {} : { svg: joined(data[SVG] as MultilineText) }),
  }));
}

function figuresIn(notebook: Notebook): { figure: Figure; data: NonNullable<Output["data"]> }[] {
  return notebook.cells.flatMap((cell) =>
    (cell.outputs ?? []).flatMap(({ data }) => {
      const figure = data?.[PLOTLY_MIME] as Figure | undefined;
      return data === undefined || figure === undefined ? [] : [{ figure, data }];
    }),
  );
}

/** `notebooks/02-model-definition.ipynb` -> `02-model-definition`. */
export function notebookName(file: string): string {
  return path.basename(file, ".ipynb");
}
