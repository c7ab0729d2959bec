/** @file `class-it checksums`: verify or rewrite the checksums of the committed results and published numbers. */

import * as fs from "node:fs";
import * as path from "node:path";
import type { Command } from "commander";
import { checkFolder, MANIFEST, renewManifest } from "../../util/manifest";
import { projectRoot } from "../../util/project-root";

export function register(program: Command): void {
  program
    .command("checksums")
    .description(`rewrite ${MANIFEST} in each folder of data/results and data/paper, after intended changes`)
    .option("--check", "write nothing; fail if a file does not match its checksum", false)
    .action(({ check }: { check: boolean }) => {
      const folders = foldersWithFiles(projectRoot());
      for (const folder of folders) {
        if (check) checkCompletely(folder);
        else renewManifest(folder, filesOf(folder));
      }
      process.stdout.write(`${folders.length} folders ${check ? "match their checksums" : "have their checksums"}\n`);
    });
}

/** @throws Error naming a file that is not listed, is missing or was changed */
export function checkCompletely(folder: string): void {
  const listed = fs.existsSync(path.join(folder, MANIFEST)) ? fs.readFileSync(path.join(folder, MANIFEST), "utf8") : "";
  const names = filesOf(folder);
  const missing = names.find((name) => !listed.includes(`  ${name}\n`));
  const remedy = 'if it was changed on purpose, run "npm run class-it -- checksums"';
  if (missing !== undefined) throw new Error(`${path.join(folder, missing)}: is not listed in ${MANIFEST}; ${remedy}`);
  checkFolder(folder, remedy);
}

/** Folders of committed results and published numbers that contain files, sorted. */
export function foldersWithFiles(root: string): string[] {
  const folders = ["data/paper", "data/results"].flatMap((name) => {
    const top = path.join(root, name);
    const below = fs.readdirSync(top, { recursive: true, withFileTypes: true });
    return [top, ...below.filter((e) => e.isDirectory()).map((e) => path.join(e.parentPath, e.name))];
  });
  return folders.filter((folder) => filesOf(folder).length > 0).sort();
}

function filesOf(folder: string): string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== MANIFEST && !entry.name.startsWith("."))
    .map((entry) => entry.name)
    .sort();
}
