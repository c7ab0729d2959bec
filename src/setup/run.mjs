/**
 * @file Entry point of every npm script: installs what is missing, then runs the command.
 *
 * Plain JavaScript without packages, because on a bare clone nothing is installed yet. If everything is installed,
 * this adds well under a second.
 *
 *   node src/setup/run.mjs reproduce | test | lab | class-it ... | attack ... | test-cluster | soak | engine-tensorflow
 */

import { ensureJupyter, ensureJupyterLab } from "./jupyter.mjs";
import { ensureNative } from "./native.mjs";
import { requireNode } from "./node-version.mjs";
import { ensurePackages } from "./packages.mjs";
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
  reproduce: () => {
    setUp({ jupyter: true });
    return typescript("src/cli/class-it.ts", ["reproduce", ...args]);
  },
  test: () => {
    setUp({ jupyter: true });
    return runTests(args);
  },
  lab: () => {
    setUp({});
    const jupyter = ensureJupyterLab();
    return run(jupyter, ["lab", "notebooks", ...args], { cwd: root, allowFailure: true });
  },
  "class-it": () => {
    setUp({ jupyter: ["notebooks", "report", "reproduce", "sweep"].includes(args[0]) });
    if (args[0] === "sweep") ensureSnakemake();
    return typescript("src/cli/class-it.ts", args);
  },
  attack: () => {
    setUp({});
    return typescript("test/attack/attack.ts", args);
  },
  "test-cluster": () => {
    setUp({});
    return typescript("test/cluster/cluster.ts", args);
  },
  soak: () => {
    setUp({});
    return typescript("test/support/soak.ts", args);
  },
  "engine-tensorflow": () => {
    setUp({});
    return run(process.execPath, ["src/setup/engine-tensorflow.mjs", ...args], { cwd: root, allowFailure: true });
  },
};

function setUp({ jupyter = false }) {
  requirePlatform();
  requireNode();
  ensurePackages();
  ensureNative();
  if (jupyter) ensureJupyter();
}

if (!(command in commands)) fail(`unknown command "${command ?? ""}"; one of ${Object.keys(commands).join(", ")}`);
try {
  process.exitCode = await commands[command]();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
