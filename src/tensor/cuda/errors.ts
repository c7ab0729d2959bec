/** @file Explains errors of NVIDIA's driver and what to do. */

import { messageOf } from "../../util/check";

/** By the driver's error number (CUresult): cause and remedy. */
const MEANINGS: Readonly<Record<string, string>> = {
  open: "NVIDIA's driver is not installed (libcuda.so.1 is not found); install it, or use another backend",
  "2": "the card has no memory left; stop what else uses it, or use smaller micro-batches (maxMicroBatchTokens)",
  "3": "the driver has not started; is this process a child that was forked?",
  "34": "the driver is a stub, for building only; run this where NVIDIA's driver is installed",
  "46": "the card is busy or unavailable: another process has it for itself; wait, or choose another with CLASS_IT_GPU=1",
  "100": "no NVIDIA GPU is visible; is CUDA_VISIBLE_DEVICES set to none?",
  "101": "there is no card of that number; CLASS_IT_GPU counts from 0",
  "200": "the kernels are damaged; restore src/tensor/cuda/binaries",
  "201": "the card's context is lost; start this command again, it resumes from the last checkpoint",
  "209": "this card needs kernels that are not in the package; compute capability 8.0 (Ampere) or newer is supported",
  "214":
    "the card reported an uncorrectable memory error; restart it (nvidia-smi --gpu-reset), then start this command again",
  "222": "the driver is too old for this card's kernels; update NVIDIA's driver",
  "300": "the driver is damaged; reinstall it",
  "700": "a kernel left its memory, which is an error of this package; please report it with the command that you ran",
  "702": "a kernel ran too long and was stopped, as a display's driver does; use a card without a display",
  "716": "a kernel's addresses are misaligned, which is an error of this package; please report it",
  "719": "the card is lost after a failed kernel; start this command again, it resumes from the last checkpoint",
  "802": "the system is not ready for CUDA yet (fabric manager, or the driver is still starting); try again",
  "803": "the driver's library and its kernel module are of different versions; restart the machine",
  "804": "this card does not support the driver's compatibility mode; update NVIDIA's driver",
  "999": "the driver failed for an unknown reason; nvidia-smi may say more",
};

/** One sentence from any error of the driver. */
export function explained(error: unknown): Error {
  const code = (error as { code?: string } | null)?.code;
  const meaning = code === undefined ? undefined : MEANINGS[code];
  if (meaning !== undefined) return new Error(`cuda: ${meaning}${code === "open" ? "" : ` (driver error ${code})`}`);
  if (code !== undefined && /^\d+$/.test(code)) return new Error(`cuda: driver error ${code}, ${messageOf(error)}`);
  return error instanceof Error ? error : new Error(messageOf(error));
}
