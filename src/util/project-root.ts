/** @file Finds the project's root folder without `__dirname`, which the notebook kernel does not have. */

import * as fs from "node:fs";
import * as path from "node:path";

/** The nearest folder, at or above the working directory, with this project's package.json. */
export function projectRoot(): string {
  for (let folder = process.cwd(); ; folder = path.dirname(folder)) {
    const file = path.join(folder, "package.json");
    if (fs.existsSync(file) && fs.readFileSync(file, "utf8").includes('"class-it-notebooks"')) return folder;
    if (folder === path.dirname(folder)) {
      throw new Error("not inside a clone of class-it-notebooks; change to its folder first");
    }
  }
}
