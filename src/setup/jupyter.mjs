/**
 * @file Find or install a Jupyter that can run `nbconvert`, if possible without a global installation.
 *
 * In this order: one on the PATH; the clone's own virtual environment `.venv`; that environment, created now with pip;
 * on Debian as root, the distribution's packages. Where none is available, a message says what to install, and
 * everything else still runs.
 *
 * The commands read the choice from `CLASS_IT_JUPYTER`.
 */

import { spawn, spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { onPath, root, run, say, works } from "./shell.mjs";

const venv = path.join(root, ".venv");
const venvBin = path.join(venv, process.platform === "win32" ? "Scripts" : "bin");
const venvJupyter = path.join(venvBin, process.platform === "win32" ? "jupyter.exe" : "jupyter");
const requirements = path.join(root, "src", "setup", "requirements.txt");
/** Where Jupyter finds the project's kernel. */
const kernelFolder = path.join(root, "src", "notebook", "jupyter");
const DEBIAN_PACKAGES = ["jupyter-nbconvert", "jupyter-client", "python3-nbclient"];

const canConvert = (jupyter) => works(jupyter, ["nbconvert", "--version"]);

/** @returns the jupyter program, or null after printing what to install */
export function ensureJupyter() {
  process.env.JUPYTER_PATH = [kernelFolder, process.env.JUPYTER_PATH].filter(Boolean).join(path.delimiter);
  const jupyter = findJupyter() ?? installWithPip("-r", requirements) ?? installFromDebian();
  if (jupyter === null) {
    say(
      "no Jupyter: the notebooks cannot be executed here; everything else runs. To run them, install Python 3.9 or newer " +
        'with its venv module and run this again, or "pip install nbconvert nbclient", or on Debian ' +
        `"apt-get install --no-install-recommends ${DEBIAN_PACKAGES.join(" ")}"`,
    );
    return null;
  }
  process.env.CLASS_IT_JUPYTER = jupyter;
  return jupyter;
}

/**
 * Find or install a Jupyter with pip in a process of its own, so that the caller can do other work meanwhile.
 * `ensureJupyter` then finds it, or tries Debian's packages.
 *
 * @returns a promise that is fulfilled when the process has ended, however it ended
 */
export function startJupyterInstall() {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: "inherit", cwd: root });
  return new Promise((resolve) => child.on("error", resolve).on("close", resolve));
}

/** JupyterLab, and the extension that draws plotly figures in it (part of plotly's Python package). */
const LAB_PACKAGES = ["jupyterlab==4.6.4", "plotly==7.1.0"];
const PLOTLY_EXTENSION = /jupyterlab-plotly\s+v\S+\s+enabled\s+OK/i;

/**
 * A JupyterLab that can draw the notebooks' figures: the one on the PATH if it has plotly's extension, else one in the
 * clone's virtual environment, installed at first use.
 *
 * @throws Error when there is none and pip cannot install it
 */
export function ensureJupyterLab() {
  process.env.JUPYTER_PATH = [kernelFolder, process.env.JUPYTER_PATH].filter(Boolean).join(path.delimiter);
  const isLab = (jupyter) => jupyter !== null && works(jupyter, ["lab", "--version"]);
  const found = onPath("jupyter");
  if (isLab(found)) {
    if (drawsFigures(found)) return found;
    say(
      `the JupyterLab of ${found} cannot draw figures: it has no extension "jupyterlab-plotly". The clone's own JupyterLab ` +
        `is used instead. To use yours, install ${LAB_PACKAGES[1]} with the pip of its environment.`,
    );
  }
  if (isLab(venvJupyter) && drawsFigures(venvJupyter)) return venvJupyter;
  const jupyter = installWithPip("-r", requirements, ...LAB_PACKAGES);
  if (!isLab(jupyter) || !drawsFigures(jupyter)) {
    throw new Error(
      `JupyterLab with plotly's extension could not be installed; install it yourself ("pip install ${LAB_PACKAGES.join(" ")}") ` +
        "and run this again",
    );
  }
  return jupyter;
}

function drawsFigures(jupyter) {
  const { stdout = "", stderr = "" } = spawnSync(jupyter, ["labextension", "list"], {
    encoding: "utf8",
    timeout: 60_000,
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a colour code is
  return PLOTLY_EXTENSION.test(`${stdout}${stderr}`.replace(/\u001b\[[0-9;]*m/g, "")); // newer versions write to stderr
}

function findJupyter() {
  const found = onPath("jupyter");
  if (found !== null && canConvert(found)) return found;
  return existsSync(venvJupyter) && canConvert(venvJupyter) ? venvJupyter : null;
}

function installWithPip(...what) {
  const python = onPath("python3", "python");
  if (python === null || !works(python, ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"])) return null;
  say("installing Jupyter's nbconvert into the clone's .venv (once; about half a minute) ...");
  if (!existsSync(venvBin) && !works(python, ["-m", "venv", venv])) {
    rmSync(venv, { recursive: true, force: true }); // a partial environment would be used next time
    return null;
  }
  const pip = (retries) =>
    works(path.join(venvBin, "python"), ["-m", "pip", "install", "--quiet", "--retries", retries, ...what], {
      timeout: 600_000,
    });
  // pip waits minutes for an index that does not answer, even if another one has the packages, so try with few retries
  // first
  if (!pip("1") && !pip("5")) return null;
  return canConvert(venvJupyter) ? venvJupyter : null;
}

function installFromDebian() {
  const apt = onPath("apt-get");
  if (apt === null || process.getuid?.() !== 0) return null;
  say(`installing ${DEBIAN_PACKAGES.join(", ")} with apt-get ...`);
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    run(apt, ["update", "-qq"], { env, quiet: true });
    run(apt, ["install", "-y", "-qq", "--no-install-recommends", ...DEBIAN_PACKAGES], { env, quiet: true });
  } catch (error) {
    say(error.message);
    return null;
  }
  return findJupyter();
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  if (findJupyter() === null) installWithPip("-r", requirements);
}
