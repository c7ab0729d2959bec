/** @file Formats the measurements as lines of text, and as a table for environment.md. */

import { type CheckedKernel, LIMITS } from "../../tensor/device/self-check";
import { bytes, thousands } from "../../util/format";
import type { PeerRow } from "./peer";
import type { SpeedRow } from "./training-checks";

export function kernelTable(kernels: readonly CheckedKernel[]): string[] {
  return kernels.map(({ kernel, precision, worst, cases }) => {
    const verdict = worst <= LIMITS[precision] ? "right" : "WRONG";
    const figures = `${worst.toExponential(1)} of the native kernel's norm at most`;
    return `${verdict}  ${kernel.padEnd(14)} ${precision.padEnd(8)} ${figures} (${cases} case${cases === 1 ? "" : "s"})`;
  });
}

export function speedTable(rows: readonly SpeedRow[], peers: readonly PeerRow[]): string[] {
  return rows.map((row) => {
    const head = `${row.name.padEnd(28)} ${row.batch.padEnd(10)} ${row.precision.padEnd(5)}`;
    if (row.tokensPerSecond === null) return `${head} not measured: ${row.detail}`;
    const peer = peerOf(row, peers);
    return (
      `${head} ${thousands(row.tokensPerSecond).padStart(9)} tokens/s, ${(row.millisecondsPerUpdate as number).toFixed(1)} ms, ` +
      `${row.launches} launches, ${bytes(row.uploadedBytes)} up, ${bytes(row.downloadedBytes)} down, ` +
      `${bytes(row.peakBytes)} at most${peer === undefined ? "" : `; PyTorch ${thousands(peer.tokensPerSecond)}`}`
    );
  });
}

/** The kernels that take most of an update's time on the GPU, in one line. */
export function kernelTimes({ kernels, millisecondsPerUpdate }: SpeedRow): string[] {
  if (millisecondsPerUpdate === null || kernels.length === 0) return [];
  const busy = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const first = kernels.slice(0, 12).map((k) => `${k.kernel} ${k.milliseconds.toFixed(2)} (${k.launches})`);
  return [`  card busy ${busy.toFixed(1)} of ${millisecondsPerUpdate.toFixed(1)} ms: ${first.join(", ")}`];
}

function peerOf(row: SpeedRow, peers: readonly PeerRow[]): PeerRow | undefined {
  return peers.find(
    ({ name, batch, mode, compiled }) =>
      name === row.name && batch === row.batch && mode === row.precision && !compiled,
  );
}

/** Markdown with card, driver and date; one row per configuration. */
export function environmentTable(
  card: { name: string; version: string; date: string },
  kernels: readonly CheckedKernel[],
  speed: readonly SpeedRow[],
  peers: readonly PeerRow[],
): string[] {
  const worst = (precision: string) =>
    Math.max(0, ...kernels.filter((k) => k.precision === precision).map((k) => k.worst));
  const isFloat32 = speed.every(({ precision }) => precision === "float32") && speed.length > 0;
  const precisions = isFloat32 ? (["float32"] as const) : (["float32", "tf32", "bf16"] as const);
  const errors = precisions.map((p) => `${p} ${worst(p).toExponential(1)}`).join(", ");
  const cell = (row: SpeedRow | undefined) =>
    row === undefined ? "–" : row.tokensPerSecond === null ? "not measured" : thousands(row.tokensPerSecond);
  const keys = [...new Set(speed.map(({ name, batch }) => `${name}, ${batch}`))];
  const memoryOf = (row: SpeedRow | undefined) =>
    row === undefined || row.tokensPerSecond === null ? "–" : bytes(row.peakBytes);
  const head = [
    `${card.name}, driver ${card.version}, ${card.date}; largest errors beside the native kernels: ${errors}.`,
    "",
  ];
  if (isFloat32) {
    return [
      ...head,
      "| training, tokens/s | float32 | memory at most |",
      "| --- | --- | --- |",
      ...speed.map((row) => `| ${row.name}, ${row.batch} | ${cell(row)} | ${memoryOf(row)} |`),
    ];
  }
  return [
    ...head,
    "| training, tokens/s | tf32 | bf16 | PyTorch eager tf32 / bf16 | compiled bf16 | memory at most (bf16) |",
    "| --- | --- | --- | --- | --- | --- |",
    ...keys.map((key) => {
      const rows = speed.filter(({ name, batch }) => `${name}, ${batch}` === key);
      const [tf32, bf16] = (["tf32", "bf16"] as const).map((precision) => rows.find((r) => r.precision === precision));
      const beside = (mode: "tf32" | "bf16", compiled: boolean) => {
        const peer = peers.find((p) => `${p.name}, ${p.batch}` === key && p.mode === mode && p.compiled === compiled);
        return peer === undefined ? "–" : thousands(peer.tokensPerSecond);
      };
      const eager = `${beside("tf32", false)} / ${beside("bf16", false)}`;
      return `| ${key} | ${cell(tf32)} | ${cell(bf16)} | ${eager} | ${beside("bf16", true)} | ${memoryOf(bf16)} |`;
    }),
  ];
}
