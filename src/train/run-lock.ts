/** @file Locks a run folder with `run.lock`, so that only one process uses it. */

import * as path from "node:path";
import { takeLock } from "../util/lock";

/**
 * Take the folder's lock.
 *
 * @returns a function that releases it
 * @throws Error naming the process that holds it
 */
export function lockRunFolder(folder: string): () => void {
  return takeLock(path.join(folder, "run.lock"), folder);
}
