/** `npm run gpu:check` on the emulated card, and what it says where there is none. */

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { after, test } from "node:test";
import { environmentTable, kernelTimes, speedTable } from "../../src/cli/gpu-check/tables";
import { planOnGpu } from "../../src/cli/plan-gpu";
import { GPUS } from "../../src/experiments/gpus";
import { MODELS } from "../../src/experiments/models";
import { llamaConfig } from "../../src/model/llama-config";
import { emulator } from "../tensor/support/emulator";
import { softwareAdapterMissing } from "../tensor/support/software-adapter";

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-gpu-check-"));
after(() => fs.rmSync(scratch, { recursive: true, force: true }));

/** Run a command of the package. */
function classIt(
  args: string[],
  env: Record<string, string>,
  before: string[] = [],
): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const all = ["--import", "tsx", ...before, "src/cli/class-it.ts", ...args];
    execFile(process.execPath, all, { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : ((error.code as unknown as number) ?? 1), stdout, stderr });
    });
  });
}

test("on the emulated card: every kernel right, losses and resume right, one table for environment.md", async (t) => {
  const found = await emulator();
  if ("reason" in found) return t.skip(found.reason);
  const file = path.join(scratch, "figures.json");
  const env = { CLASS_IT_LIBCUDA: found.file, CLASS_IT_QUIET: "1" };
  const { code, stdout, stderr } = await classIt(["gpu-check", "--seconds", "3600", "--json", file], env);
  assert.equal(code, 0, stderr);
  const { kernels, training, speed } = JSON.parse(fs.readFileSync(file, "utf8")) as Record<
    string,
    { kernel: string }[]
  >;
  assert.equal(new Set(kernels.map(({ kernel }) => kernel)).size, 13, "all of the table but sumOfSquares");
  assert.equal(training.length, 4);
  assert.equal(speed.length, 2);
  assert.match(stdout, /^right {2}attentionGrad +bf16 /m);
  assert.match(stdout, /^right {2}a checkpoint of the GPU continued on the CPU/m);
  assert.match(stdout, /^emulated card 0, driver .*largest errors/m);
  assert.match(stdout, /^\| tiny, 2 x 16 \| [\d,]+ \| [\d,]+ \| – \/ – \|/m);
});

test("on a software adapter of WebGPU: the same check in float32", { skip: softwareAdapterMissing() }, async () => {
  const before = ["--import", "./test/tensor/support/software-adapter.ts"];
  const env = { CLASS_IT_QUIET: "1", VK_DRIVER_FILES: "" }; // the child selects the adapter itself
  const { code, stdout, stderr } = await classIt(["gpu-check", "--backend", "webgpu"], env, before);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.match(/^right {2}\w+ +float32 /gm)?.length, 13);
  assert.match(stdout, /^right {2}losses of 2 updates in float32/m);
  assert.match(stdout, /^right {2}a checkpoint of the GPU continued on the CPU/m);
  assert.match(stdout, /^\| tiny, 2 x 16 \| [\d,]+ \| [\d.]+ kB \|/m);
});

test("the packed folder runs where there are no packages", async (t) => {
  const found = await emulator();
  if ("reason" in found) return t.skip(found.reason);
  const bin = path.join(scratch, "bin"); // without xz, which takes half a minute for the Node binary
  fs.mkdirSync(bin);
  for (const [name, file] of [
    ["node", process.execPath],
    ["dirname", "/usr/bin/dirname"],
  ])
    fs.symlinkSync(file, path.join(bin, name));
  const pack = path.join(scratch, "pack");
  const { code, stderr } = await classIt(["gpu-check", "--pack", pack], { PATH: bin });
  assert.equal(code, 0, stderr);
  const env = { PATH: bin, CLASS_IT_LIBCUDA: found.file, CLASS_IT_QUIET: "1" };
  const output = execFileSync("/bin/sh", ["run.sh", "--only", "speed"], { cwd: pack, env, encoding: "utf8" });
  assert.match(output, /^\| tiny, 2 x 16 \| [\d,]+ \| [\d,]+ \|/m);
  assert.ok(fs.existsSync(path.join(pack, "result.json")));
});

test("without a driver, with an old one, with a card that is busy: one sentence and what to do", async (t) => {
  const found = await emulator();
  if ("reason" in found) return t.skip(found.reason);
  const cases: [Record<string, string>, RegExp][] = [
    [
      { CLASS_IT_LIBCUDA: "libcuda-that-is-not-there.so" },
      /driver is not installed .*; install it, or use another backend$/,
    ],
    [
      { EMULATE_DRIVER: "11080" },
      /the driver is too old for emulated card 0: it has CUDA 11\.8, and .* 525\.60 or newer/,
    ],
    [{ EMULATE_FAIL: "cuModuleLoadData:222" }, /the driver is too old .* 525\.60 or newer/],
    [{ EMULATE_FAIL: "cuDevicePrimaryCtxRetain:46" }, /the card is busy .* CLASS_IT_GPU=1 \(driver error 46\)$/],
    [{ EMULATE_FAIL: "cuInit:100" }, /no NVIDIA GPU is visible/],
    [{ EMULATE_CAPABILITY: "75" }, /compute capability 7\.5; the kernels need 8\.0/],
    [
      { EMULATE_DEVICES: "2", CLASS_IT_GPU: "2" },
      /CLASS_IT_GPU wants .* 0 \(emulated card 0\), 1 \(emulated card 1\)$/,
    ],
    [
      { EMULATE_FAIL: "cuLaunchKernel:719" },
      /the card is lost after a failed kernel; .* resumes .* \(driver error 719\)$/,
    ],
    [{ EMULATE_FAIL: "cuLaunchKernel:333:3" }, /cuda: driver error 333, to_panels: an emulated error$/],
    [
      { EMULATE_MEMORY: "20000" },
      /no memory for .* MB wanted, .* MB in use by this process, .* use smaller micro-batches/,
    ],
  ];
  const results = await Promise.all(
    cases.map(([env]) => classIt(["gpu-check", "--only", "kernels"], { CLASS_IT_LIBCUDA: found.file, ...env })),
  );
  for (const [i, { code, stderr }] of results.entries()) {
    assert.notEqual(code, 0, JSON.stringify(cases[i][0]));
    const lines = stderr.trim().split("\n");
    assert.match(lines[lines.length - 1], cases[i][1]);
  }
});

test("the host alone is measured without a card: an update of S has 239 launches, two numbers come down", async (t) => {
  const found = await emulator();
  if ("reason" in found) return t.skip(found.reason);
  const env = { CLASS_IT_LIBCUDA: found.file, CLASS_IT_QUIET: "1", EMULATE_HOST: "0" };
  const { code, stdout, stderr } = await classIt(["gpu-check", "--only", "speed", "--seconds", "2"], env);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^S +8 x 128 +tf32 .* ms, 239 launches, 21\.6 kB up, 12 B down/m);
});

test("a plan for a card: hours by its rate, energy by its watts, disk by what each stage leaves", () => {
  const h100 = GPUS.find(({ name }) => name === "H100") as (typeof GPUS)[number];
  const { name: _, ...shape } = MODELS.paper.wide;
  const stage = (name: string, tokens: number, seconds: number) => {
    return { stage: name, updates: 10, tokens, hours: (tokens * seconds) / 3600 };
  };
  const stagesAt = (seconds: number) => [
    stage("pretrain", 164_824 * 3600, seconds),
    stage("instruct switch", 164_824 * 360, seconds),
  ];
  const plan = planOnGpu(h100, "paper", [{ model: "wide", config: llamaConfig(shape), stagesAt, checkpoints: 28 }]);
  assert.deepEqual(
    plan.stages.map(({ stage, hours }) => [stage, Math.round(1000 * hours) / 1000]),
    [
      ["pretrain", 1],
      ["instruct switch", 0.1],
    ],
  );
  assert.ok(Math.abs(plan.hours - 1.1) < 1e-9);
  assert.ok(Math.abs(plan.kilowattHours - 0.77) < 1e-9, "1.1 hours of 700 W");
  assert.equal(plan.diskBytes, 140_231_872 * 4 * (30 + 2));
});

test("the tables name what was not measured, and compare the rest with PyTorch", () => {
  const row = { launches: 5, uploadedBytes: 0, downloadedBytes: 12, peakBytes: 2e9, kernels: [] };
  const kernels = [
    { kernel: "adamw", milliseconds: 1.25, launches: 1 },
    { kernel: "add", milliseconds: 0.5, launches: 3 },
  ];
  const speed = [
    {
      ...row,
      name: "S",
      batch: "8 x 128",
      precision: "tf32" as const,
      tokensPerSecond: 1234,
      millisecondsPerUpdate: 2,
      detail: "",
    },
    {
      ...row,
      name: "M",
      batch: "8 x 256",
      precision: "bf16" as const,
      tokensPerSecond: null,
      millisecondsPerUpdate: null,
      detail: "no memory",
    },
  ];
  const peer = { name: "S", batch: "8 x 128", gigabytes: 1, torch: "2" };
  const peers = [
    { ...peer, mode: "tf32" as const, compiled: false, tokensPerSecond: 617 },
    { ...peer, mode: "bf16" as const, compiled: true, tokensPerSecond: 999 },
  ];
  assert.match(speedTable(speed, peers)[0], /1,234 tokens\/s, 2\.0 ms, 5 launches.*; PyTorch 617$/);
  assert.match(speedTable(speed, peers)[1], /not measured: no memory$/);
  assert.deepEqual(kernelTimes({ ...speed[0], kernels }), ["  card busy 1.8 of 2.0 ms: adamw 1.25 (1), add 0.50 (3)"]);
  assert.deepEqual(kernelTimes({ ...speed[1], kernels }), []);
  const bf16 = { ...speed[0], precision: "bf16" as const, tokensPerSecond: 2345 };
  const lines = environmentTable({ name: "card", version: "580.1", date: "2026-11-26" }, [], [...speed, bf16], peers);
  assert.deepEqual(lines.slice(-2), [
    "| S, 8 x 128 | 1,234 | 2,345 | 617 / – | 999 | 2.0 GB |",
    "| M, 8 x 256 | – | not measured | – / – | – | – |",
  ]);
});
