import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { projectRoot } from "../../src/util/project-root";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-setup-"));
process.on("exit", () => fs.rmSync(temporary, { recursive: true, force: true }));

/** A copy of the set-up scripts in a folder of their own, as on a bare clone: no packages, no kernels. */
function bareClone(name: string): string {
  const clone = path.join(temporary, name);
  fs.cpSync(path.join(projectRoot(), "src", "setup"), path.join(clone, "src", "setup"), { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) {
    fs.copyFileSync(path.join(projectRoot(), file), path.join(clone, file));
  }
  return clone;
}

/** Run JavaScript in the clone, with `programs` as the whole PATH. */
function inClone(clone: string, script: string, programs: Record<string, string> = {}) {
  const bin = path.join(clone, "bin");
  fs.mkdirSync(bin, { recursive: true });
  for (const [name, body] of Object.entries(programs)) {
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }
  const result = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: clone,
    encoding: "utf8",
    env: { PATH: bin, HOME: clone },
  });
  return { status: result.status, said: result.stderr, printed: result.stdout };
}

test("an old Node is refused in one sentence with the remedy", () => {
  const clone = bareClone("old-node");
  const { status, said } = inClone(
    clone,
    'Object.defineProperty(process.versions, "node", { value: "18.20.4" });' +
      'const { requireNode } = await import("./src/setup/node-version.mjs"); requireNode();',
  );
  assert.equal(status, 1);
  assert.match(said, /this is Node 18\.20\.4; want 20\.19 or a later 20\.x, or 22\.12 or newer.*nvm install 20/);
});

for (const [platform, arch, message] of [
  ["win32", "x64", /Windows itself is not supported; want Linux or macOS.*wsl --install/],
  ["freebsd", "x64", /freebsd is not supported; want Linux or macOS/],
  ["linux", "s390x", /s390x is not supported; want x64 or arm64/],
  ["linux", "arm64", null],
  ["darwin", "arm64", null],
] as const) {
  test(`${platform} on ${arch} is ${message === null ? "accepted" : "refused by name"}`, () => {
    const { status, said } = inClone(
      bareClone(`platform-${platform}-${arch}`),
      `Object.defineProperties(process, { platform: { value: "${platform}" }, arch: { value: "${arch}" } });` +
        'const { requirePlatform } = await import("./src/setup/platform.mjs"); requirePlatform();',
    );
    assert.equal(status, message === null ? 0 : 1);
    assert.match(said, message ?? /^$/);
  });
}

test("packages that cannot be installed are reported with what to check", () => {
  const clone = bareClone("no-network");
  const { status, said } = inClone(
    clone,
    'const { ensurePackages } = await import("./src/setup/packages.mjs");' +
      "try { ensurePackages(); } catch (error) { console.error(error.message); process.exit(3); }",
    { npm: 'echo "npm error network" >&2; exit 1' },
  );
  assert.equal(status, 3);
  assert.match(said, /could not be installed\..*check the network or proxy.*free disk space/s);
});

test("packages are installed once, and again when package-lock.json has changed", () => {
  const clone = bareClone("twice");
  const count = path.join(clone, "count");
  const npm = { npm: `echo x >> ${count}; /bin/mkdir -p node_modules` };
  const install = 'const { ensurePackages } = await import("./src/setup/packages.mjs"); ensurePackages();';
  inClone(clone, install, npm);
  inClone(clone, install, npm);
  assert.equal(fs.readFileSync(count, "utf8"), "x\n");
  fs.appendFileSync(path.join(clone, "package-lock.json"), "\n");
  inClone(clone, install, npm);
  assert.equal(fs.readFileSync(count, "utf8"), "x\nx\n");
});

test("without Jupyter, Python and apt: says what to install, and that the rest still runs", {
  skip: process.getuid === undefined,
}, () => {
  const clone = bareClone("no-jupyter");
  const { status, said, printed } = inClone(
    clone,
    'const { ensureJupyter } = await import("./src/setup/jupyter.mjs"); console.log(ensureJupyter());',
  );
  assert.equal(status, 0);
  assert.equal(printed, "null\n");
  assert.match(said, /no Jupyter: .* everything else runs\..*pip install nbconvert nbclient.*apt-get install/s);
});

test("a Jupyter on the PATH that can convert is taken", () => {
  const clone = bareClone("with-jupyter");
  const { printed } = inClone(
    clone,
    'const { ensureJupyter } = await import("./src/setup/jupyter.mjs"); ensureJupyter(); console.log(process.env.CLASS_IT_JUPYTER);',
    { jupyter: '[ "$1" = nbconvert ]' },
  );
  assert.equal(printed.trim(), path.join(fs.realpathSync(clone), "bin", "jupyter"));
});

const LAB =
  'const { ensureJupyterLab } = await import("./src/setup/jupyter.mjs");' +
  "try { console.log(ensureJupyterLab()); } catch (error) { console.error(error.message); process.exit(3); }";
/** A JupyterLab whose list of extensions is `extensions`. */
const lab = (extensions: string) =>
  `case "$1" in lab) exit 0;; nbconvert) exit 0;; labextension) printf '%b\\n' '${extensions}' >&2;; *) exit 1;; esac`;
const DRAWS = "        jupyterlab-plotly v7.1.0 \\033[32menabled\\033[0m \\033[32mOK\\033[0m (python, plotly)";

test("npm run lab takes the JupyterLab on the PATH if it can draw figures", () => {
  const clone = bareClone("lab-draws");
  const { printed, said } = inClone(clone, LAB, { jupyter: lab(DRAWS) });
  assert.equal(printed.trim(), path.join(fs.realpathSync(clone), "bin", "jupyter"));
  assert.equal(said, "");
});

for (const [what, extensions] of [
  ["without plotly's extension", "        jupyterlab_pygments v0.3.0 enabled OK"],
  ["with plotly's extension switched off", "        jupyterlab-plotly v7.1.0 disabled OK (python, plotly)"],
]) {
  test(`npm run lab passes by a JupyterLab ${what}, says so, and takes the clone's own`, () => {
    const clone = bareClone(`lab-${extensions.length}`);
    const own = path.join(clone, ".venv", "bin", "jupyter");
    fs.mkdirSync(path.dirname(own), { recursive: true });
    fs.writeFileSync(own, `#!/bin/sh\n${lab(DRAWS)}\n`, { mode: 0o755 });
    const { printed, said } = inClone(clone, LAB, { jupyter: lab(extensions) });
    assert.equal(printed.trim(), path.join(fs.realpathSync(clone), ".venv", "bin", "jupyter"));
    assert.match(said, /cannot draw figures: it has no extension "jupyterlab-plotly".*install plotly==7\.1\.0/);
  });
}

test("npm run lab names what to install when no JupyterLab can draw figures and pip is absent", () => {
  const clone = bareClone("no-lab");
  const { status, said } = inClone(clone, LAB, { jupyter: lab("") });
  assert.equal(status, 3);
  assert.match(
    said,
    /could not be installed; install it yourself \("pip install jupyterlab==4\.6\.4 plotly==7\.1\.0"\)/,
  );
});

test("an unknown part of npm test lists the parts", () => {
  const clone = bareClone("parts");
  const { said } = inClone(
    clone,
    'const { runTests } = await import("./src/setup/tests.mjs");' +
      'try { runTests(["unti"]); } catch (error) { console.error(error.message); }',
  );
  assert.match(said, /unknown part "unti"; one of types, lint, unit, notebooks/);
});
