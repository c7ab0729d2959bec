/**
 * @file Writes large files in a worker thread, so that training goes on meanwhile.
 *
 * The worker's code is plain JavaScript in a text, because a thread has no TypeScript loader in every host (notebooks).
 */

import { Worker } from "node:worker_threads";

export interface BackgroundFile {
  file: string;
  /** Content, in order. Their memory is handed over: the caller can no longer use it. */
  parts: readonly (Uint8Array | Float32Array)[];
}

/** What the worker answers: checksums, or the first error. */
type Answer = { sums: string[] } | { file: string; code?: string; message: string };

const WORKER = `
const { parentPort, workerData } = require("node:worker_threads");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const LARGEST = 1 << 26; // bytes of one call
function inFile(file, flags, work) {
  const fd = fs.openSync(file, flags);
  try {
    work(fd);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}
let current = "";
try {
  for (const file of workerData.flush) inFile((current = file), "r+", () => {});
  const sums = workerData.files.map(({ file, parts }) => {
    const hash = createHash("sha256");
    inFile((current = file), "w", (fd) => {
      for (const part of parts) {
        const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
        for (let done = 0; done < bytes.length; ) {
          const wrote = fs.writeSync(fd, bytes, done, Math.min(bytes.length - done, LARGEST));
          hash.update(bytes.subarray(done, done + wrote));
          done += wrote;
        }
      }
    });
    return hash.digest("hex");
  });
  parentPort.postMessage({ sums });
} catch (error) {
  parentPort.postMessage({ file: current, code: error.code, message: error.message });
}
`;

/**
 * Write files, flushed to disk.
 *
 * @param flush - existing files that are flushed to disk first
 * @returns the SHA-256 of each file
 * @throws Error naming the file, disk full included
 */
export async function writeInBackground(files: readonly BackgroundFile[], flush: readonly string[]): Promise<string[]> {
  const buffers = files.flatMap(({ parts }) => parts.map(({ buffer }) => buffer as ArrayBuffer));
  const worker = new Worker(WORKER, { eval: true, workerData: { files, flush }, transferList: buffers, execArgv: [] });
  const answer = await new Promise<Answer>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the thread that writes ${files[0].file} ended with code ${code}`)));
  });
  if ("sums" in answer) return answer.sums;
  const { file, code, message } = answer;
  if (code === "ENOSPC")
    throw new Error(`no space left on the disk while writing ${file}; earlier files are unchanged`);
  throw new Error(`${file} cannot be written (${code ?? message}); check its folder`);
}
