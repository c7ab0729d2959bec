/** @file Scripts for the pages of the report, built by esbuild: plotly.js minified, and the live page's worker. */

import * as path from "node:path";
import type { Plugin } from "esbuild";
import { readText } from "../../util/text-file";
import { plotlyFile } from "../images/static-images";

/** For browsers since 2022; licences are kept at the end. */
const SMALL = { minify: true, target: "es2022", charset: "utf8", legalComments: "eof" } as const;

/** plotly.js for pages, minified to half the size of its package. */
export async function minifiedPlotly(root: string): Promise<string> {
  const esbuild = await import("esbuild");
  return (await esbuild.transform(withoutMapStyles(readText(plotlyFile(root))), SMALL)).code;
}

/**
 * plotly.js adds a style sheet for maps to every page; no figure here is a map, and the pages' content policy allows
 * only their own styles.
 *
 * @throws Error if this version of plotly.js has it in another place
 */
function withoutMapStyles(script: string): string {
  const addition = /(\w+)\.textContent = `\.maplibregl-map\{[^`]*`/;
  if (!addition.test(script)) throw new Error("plotly.js: the style sheet for maps is not where it was");
  return script.replace(addition, "$1.textContent = ``");
}

/**
 * The worker of the live page as one script: our tokenizer, model and operations with the parts of TensorFlow.js they need.
 *
 * @throws Error with esbuild's message if a module cannot be bundled
 */
export function liveWorkerScript(root: string): Promise<string> {
  return browserScript(root, path.join(root, "src", "live", "worker.ts"));
}

/** A module of the project with all that it imports, for browsers. @throws Error as `liveWorkerScript` */
export async function browserScript(root: string, file: string): Promise<string> {
  const esbuild = await import("esbuild");
  const src = path.join(root, "src");
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [file],
    inject: [path.join(src, "live", "node-stand-ins.ts")],
    plugins: [forBrowsers(src)],
    platform: "browser",
    format: "iife",
    bundle: true,
    ...SMALL,
    logLevel: "silent",
    write: false,
  });
  return outputFiles[0].text;
}

/**
 * Replace the two files that differ between Node and browsers (choice of the backend, import of TensorFlow.js), and Node's
 * own modules by empty ones.
 */
function forBrowsers(src: string): Plugin {
  const tensor = path.join(src, "tensor");
  const replacements = new Map(
    ["backend", "tf"].map((name) => [path.join(tensor, name), path.join(tensor, "browser", `${name}.ts`)]),
  );
  return {
    name: "for-browsers",
    setup(build) {
      build.onResolve({ filter: /^\.{1,2}\/.*(backend|tf)$/ }, ({ path: wanted, resolveDir }) => {
        const replacement = replacements.get(path.resolve(resolveDir, wanted));
        return replacement === undefined ? undefined : { path: replacement };
      });
      build.onResolve({ filter: /^node:/ }, ({ path: wanted }) => ({ path: wanted, namespace: "node" }));
      build.onLoad({ filter: /.*/, namespace: "node" }, () => ({ contents: "module.exports = {};", loader: "js" }));
    },
  };
}
