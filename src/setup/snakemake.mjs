/**
 * @file Find or install Snakemake for `npm run sweep`: one on the PATH, else the clone's virtual environment (installed
 * by pip if the Python package index has it), else Debian's package as root.
 *
 * The command gets the program's path in `CLASS_IT_SNAKEMAKE`.
 */

import { existsSync } from "node:fs";
import * as path from "node:path";
import { onPath, root, run, say, works } from "./shell.mjs";

const SNAKEMAKE = "snakemake==9.9.0";
const PLUGINS = [
  "snakemake-executor-plugin-slurm",
  "snakemake-executor-plugin-kubernetes",
  "snakemake-storage-plugin-fs",
];
const venv = path.join(root, ".venv");
const venvSnakemake = path.join(venv, "bin", "snakemake");

const runs = (program) => works(program, ["--version"]);

/** @returns the snakemake program. @throws Error with instructions to install one */
export function ensureSnakemake() {
  const found = onPath("snakemake");
  const program =
    found !== null && runs(found)
      ? found
      : existsSync(venvSnakemake) && runs(venvSnakemake)
        ? venvSnakemake
        : (installWithPip() ?? installFromDebian());
  if (program === null) {
    throw new Error(
      `no Snakemake was found and none could be installed: install version 7, 8 or 9 ("pip install ${SNAKEMAKE}", ` +
        '"conda install -c bioconda snakemake", or on Debian "apt-get install snakemake") and run this again',
    );
  }
  process.env.CLASS_IT_SNAKEMAKE = program;
  return program;
}

function installWithPip() {
  const python = onPath("python3.13", "python3.12", "python3.11", "python3");
  if (python === null || !works(python, ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"])) return null;
  say("installing Snakemake into the clone's .venv ...");
  if (!existsSync(venv) && !works(python, ["-m", "venv", venv])) return null;
  const pip = ["-m", "pip", "install", "--quiet", "--retries", "1"];
  const pythonThere = path.join(venv, "bin", "python");
  if (!works(pythonThere, [...pip, SNAKEMAKE, ...PLUGINS], { timeout: 600_000 })) return null;
  return runs(venvSnakemake) ? venvSnakemake : null;
}

function installFromDebian() {
  const apt = onPath("apt-get");
  if (apt === null || process.getuid?.() !== 0) return null;
  say("installing Debian's snakemake with apt-get ...");
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    run(apt, ["update", "-qq"], { env, quiet: true });
    run(apt, ["install", "-y", "-qq", "--no-install-recommends", "snakemake"], { env, quiet: true });
  } catch (error) {
    say(error.message);
    return null;
  }
  return onPath("snakemake");
}
