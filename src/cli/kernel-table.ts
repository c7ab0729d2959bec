/** @file `bench --kernels`: the time of a step per kernel and shape. */

import { type KernelTime, type StepTimes, timeKernels } from "../tensor";

/**
 * Repeat a step and print the time of each part: the fastest call of each kernel and shape, times the number of calls,
 * because other programs slow down single calls. Compare runs with one thread and with all threads to see how long
 * threads wait.
 *
 * @param peak - multiplications and additions per second of a large matrix product; a faster product of the step counts
 */
export async function kernelTable(
  title: string,
  step: () => Promise<unknown>,
  seconds: number,
  { threads, peak }: { threads: number; peak: number },
): Promise<string> {
  const steps: StepTimes[] = [];
  const clock = threads === 1 ? processorSeconds : () => performance.now() / 1000;
  for (const until = performance.now() + 1000 * seconds; steps.length < 3 || performance.now() < until; ) {
    steps.push(await timeKernels(async () => void (await step()), clock));
  }
  const best = byName(steps);
  const fastest = Math.max(peak, ...best.filter(isProduct).map((k) => k.operations / k.seconds));
  const javaScript = Math.min(...steps.map((s) => s.javaScript));
  const total = best.reduce((sum, k) => sum + k.seconds, javaScript);
  const share = (time: number) => `${((100 * time) / total).toFixed(1)} %`;
  const rows = best
    .sort((a, b) => b.seconds - a.seconds)
    .map((k) => {
      const rate = k.operations / k.seconds;
      const speed =
        k.operations > 0
          ? `${(rate / 1e9).toFixed(0)} GFLOP/s, ${((100 * rate) / fastest).toFixed(0)} %`
          : `${(k.bytes / k.seconds / 1e9).toFixed(1)} GB/s`;
      return [k.name, String(k.calls), (1000 * k.seconds).toFixed(2), share(k.seconds), speed];
    });
  const all = best.reduce((sum, k) => sum + k.operations, 0) / total;
  const lines = [
    [`${title}, ${steps.length} repetitions`, "calls", "ms", "of the step", "speed, of the sgemm peak"],
    ...rows,
    ["JavaScript", "", (1000 * javaScript).toFixed(2), share(javaScript), ""],
    [
      "all",
      "",
      (1000 * total).toFixed(2),
      "100 %",
      `${(all / 1e9).toFixed(0)} GFLOP/s, ${((100 * all) / fastest).toFixed(0)} %`,
    ],
  ];
  return `${lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

/** The calls of each name, each counted with the fastest time of its sizes. */
function byName(steps: readonly StepTimes[]): KernelTime[] {
  const found = new Map<string, KernelTime>();
  for (const kernel of steps[0].kernels) {
    const same = steps.flatMap((s) => s.kernels.filter((k) => k.name === kernel.name && k.sizes === kernel.sizes));
    const seconds = kernel.calls * Math.min(...same.map((k) => k.fastest));
    const before = found.get(kernel.name);
    found.set(kernel.name, {
      ...kernel,
      calls: kernel.calls + (before?.calls ?? 0),
      seconds: seconds + (before?.seconds ?? 0),
      operations: kernel.operations + (before?.operations ?? 0),
      bytes: kernel.bytes + (before?.bytes ?? 0),
    });
  }
  return [...found.values()];
}

function isProduct({ name }: KernelTime): boolean {
  return name.startsWith("gemm");
}

function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
