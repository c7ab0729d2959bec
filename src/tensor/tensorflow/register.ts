/**
 * @file Start the backend `tensorflow`: tfjs-node or tfjs-node-gpu, if installed.
 *
 * First choice: the package built by `npm run engine:tensorflow` against today's TensorFlow; second: the one installed
 * by npm. The operations run as plain compositions.
 */

import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { messageOf } from "../../util/check";
import { projectRoot } from "../../util/project-root";
import { tf } from "../tf";

/** Package folders under the project's root, in the order of preference. */
const PLACES = [
  ".cache/tensorflow-gpu/node_modules/@tensorflow/tfjs-node-gpu",
  ".cache/tensorflow/node_modules/@tensorflow/tfjs-node",
  "node_modules/@tensorflow/tfjs-node-gpu",
  "node_modules/@tensorflow/tfjs-node",
];

/** Whether there is a package to try. `"gpu"` requires tfjs-node-gpu. */
export function tensorflowIsInstalled(kind: "gpu" | "any"): boolean {
  return PLACES.some(
    (place) => (kind === "any" || place.endsWith("gpu")) && isTfjsNode(path.join(projectRoot(), place)),
  );
}

/** @throws Error naming what is missing */
export async function startTensorflow(): Promise<{ version: string; isGpu: boolean }> {
  const found = PLACES.map((place) => path.join(projectRoot(), place)).filter(isTfjsNode);
  if (found.length === 0) {
    throw new Error('TensorFlow is not installed; "npm run engine:tensorflow" builds it into this project');
  }
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // suppress TensorFlow's notices
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= "true";
  const complaints: string[] = [];
  for (const folder of found) {
    try {
      createRequire(path.join(folder, "package.json"))(folder); // registers the backend with our TensorFlow.js
      if (!(await tf.setBackend("tensorflow"))) throw new Error("TensorFlow.js refused it");
      const backend = tf.backend() as unknown as { isUsingGpuDevice: boolean; binding: { TF_Version: string } };
      return { version: backend.binding.TF_Version, isGpu: backend.isUsingGpuDevice };
    } catch (error) {
      complaints.push(`${path.relative(projectRoot(), folder)}: ${messageOf(error).split("\n")[0]}`);
    }
  }
  throw new Error(complaints.join("; "));
}

/** Some packages use this name for another package (an override of danfojs); the name inside distinguishes them. */
function isTfjsNode(folder: string): boolean {
  const file = path.join(folder, "package.json");
  if (!fs.existsSync(file) || !fs.existsSync(path.join(folder, "lib"))) return false;
  const { name } = JSON.parse(fs.readFileSync(file, "utf8")) as { name: string };
  return name === "@tensorflow/tfjs-node" || name === "@tensorflow/tfjs-node-gpu";
}
