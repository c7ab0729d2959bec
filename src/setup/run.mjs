/**
 * @file Entry point of every npm script: installs what is missing, then runs the command.
 *
 * Plain JavaScript without packages, because on a bare clone nothing is installed yet. If everything is installed,
 * this adds well under a second.
 *
 *   node src/setup/run.mjs reproduce | test | lab | class-it ... | attack ... | test-cluster | soak | engine-tensorflow
 */

import { ensureJupyter, ensureJupyterLab, startJupyterInstall } from "./jupyter.mjs";
import { ensureNative } from "./native.mjs";
import { requireNode } from "./node-version.mjs";
import { arePackagesInstalled, ensurePackages } from "./packages.mjs";
import { requirePlatform } from "./platform.mjs";
import { fail, root, run, say } from "./shell.mjs";
import { ensureSnakemake } from "./snakemake.mjs";
import { runTests } from "./tests.mjs";

const [command, ...args] = process.argv.slice(2);

/** Run a TypeScript file; its exit status becomes ours. */
function typescript(file, args) {
  return run(process.execPath, ["--import", "tsx", file, ...args], { cwd: root, allowFailure: true });
}

const commands = {
  reproduce: async () => {
    await setUp({ jupyter: true });
    return typescript("src/cli/class-it.ts", ["reproduce", ...args]);
  },
  test: async () => {
    await setUp({ jupyter: true });
    return runTests(args);
  },
  lab: async () => {
    await setUp({});
    const jupyter = ensureJupyterLab();
    return run(jupyter, ["lab", "notebooks", ...args], { cwd: root, allowFailure: true });
  },
  "class-it": async () => {
    await setUp({ jupyter: ["notebooks", "report", "reproduce", "sweep"].includes(args[0]) });
    if (args[0] === "sweep") ensureSnakemake();
    return typescript("src/cli/class-it.ts", args);
  },
  attack: async () => {
    await setUp({});
    return typescript("test/attack/attack.ts", args);
  },
  "test-cluster": async () => {
    await setUp({});
    return typescript("test/cluster/cluster.ts", args);
  },
  soak: async () => {
    await setUp({});
    return typescript("test/support/soak.ts", args);
  },
  "engine-tensorflow": async () => {
    await setUp({});
    return run(process.execPath, ["src/setup/engine-tensorflow.mjs", ...args], { cwd: root, allowFailure: true });
  },
};

async function setUp({ jupyter = false }) {
  requirePlatform();
  requireNode();
  // on a fresh clone pip and npm, which wait for their registries most of the time, work side by side
  const pip = jupyter && !arePackagesInstalled() ? startJupyterInstall() : null;
  try {
    ensurePackages();
    ensureNative();
  } finally {
    await pip;
  }
  if (jupyter) ensureJupyter();
}

if (!(command in commands)) fail(`unknown command "${command ?? ""}"; one of ${Object.keys(commands).join(", ")}`);
try {
  process.exitCode = await commands[command]();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
