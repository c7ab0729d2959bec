/**
 * @file `class-it bench`: training and scoring speed in tokens per second, compared with the machine's peak and
 * PyTorch.
 */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Command } from "commander";
import { MODELS } from "../../experiments/models";
import { parameterShapes } from "../../model/count-parameters";
import { Llama } from "../../model/llama";
import { type LlamaConfig, llamaConfig } from "../../model/llama-config";
import { emptyBatch, place, type TokenBatch } from "../../model/token-batch";
import {
  type BackendInfo,
  type BackendName,
  gpuMemory,
  initBackend,
  lossAndGradients,
  type Precision,
  sgemmPeak,
} from "../../tensor";
import { AdamW } from "../../train/optimizer";
import { flopsPerToken } from "../../train/training-cost";
import { oneOf } from "../../util/check";
import { bytes, thousands } from "../../util/format";
import { Rng } from "../../util/rng";
import { BenchPeer, type Block } from "../bench-peer";
import { kernelTable } from "../kernel-table";
import { decimalNumber, wholeNumber } from "../options";

interface Workload {
  config: LlamaConfig;
  B: number;
  T: number;
  /** One step takes minutes on two cores, so by default there is only one. */
  isLong: boolean;
}

/**
 * S and M are the benchmark sizes of the engine; the paper's models run one step on one sequence of their full length.
 */
const WORKLOADS: Record<string, () => Workload> = {
  S: () => ({ config: yardstick(2_048, 128, 4, 512), B: 8, T: 128, isLong: false }),
  M: () => ({ config: yardstick(8_192, 256, 6, 1_024), B: 8, T: 256, isLong: false }),
  "paper-100M": () => ({ config: llamaConfig(MODELS.paper.narrow), B: 1, T: 6_000, isLong: true }),
  "paper-140M": () => ({ config: llamaConfig(MODELS.paper.wide), B: 1, T: 6_144, isLong: true }),
};

function yardstick(vocabSize: number, hiddenSize: number, numHiddenLayers: number, intermediateSize: number) {
  return llamaConfig({ vocabSize, hiddenSize, numHiddenLayers, numAttentionHeads: 4, intermediateSize });
}

type Task = "train" | "score";

const OPTIMIZER = { learningRate: 1e-3, weightDecay: 0.01 };

interface BenchOptions {
  config: string;
  backend?: string;
  tokens?: number;
  seconds?: number;
  rounds?: number;
  peer?: string;
  recompute: boolean;
  kernels: boolean;
  json: boolean;
}

export function register(program: Command): void {
  program
    .command("bench")
    .description("measure tokens per second of training and scoring")
    .option("--config <name>", `one of ${Object.keys(WORKLOADS).join(", ")}`, "S")
    .option("--backend <name>", "backend, instead of the automatically selected one")
    .option("--tokens <n>", "tokens per row, instead of the config's", wholeNumber({ least: 2 }))
    .option("--seconds <n>", "repetitions of each measurement per round (default: 3)", decimalNumber({ above: 0 }))
    .option(
      "--rounds <n>",
      "rounds in which training, scoring and the peer alternate (default: 3; the paper's models: a single training step)",
      wholeNumber({ least: 1 }),
    )
    .option("--peer <python>", "a Python with PyTorch, which runs the same model alternately")
    .option("--recompute", "recompute activations in the backward pass", false)
    .option("--kernels", "instead: a table of the time per kernel and shape, of training and of scoring", false)
    .option("--json", "print one line of JSON", false)
    .action(bench);
}

async function bench(options: BenchOptions): Promise<void> {
  const workload = WORKLOADS[oneOf("config", options.config, Object.keys(WORKLOADS))]();
  if (options.tokens !== undefined) workload.T = options.tokens;
  const isOneStep = workload.isLong && options.rounds === undefined && options.seconds === undefined;
  const seconds = isOneStep ? 0 : (options.seconds ?? 3);
  const rounds = isOneStep ? 1 : (options.rounds ?? 3);
  const tasks: readonly Task[] = isOneStep ? ["train"] : ["train", "score"];
  const info = await initBackend(options.backend as BackendName | undefined);
  const say = isOneStep ? (text: string) => process.stderr.write(`${options.config}: ${text}\n`) : () => {};
  say(`weights, on ${info.name}`);
  const ours = new OurSide(workload, options.recompute, say);
  if (options.kernels) {
    if (info.isGpu) {
      throw new Error(
        "bench --kernels measures a CPU's kernels; for a card, npm run gpu:check prints the time of each kernel, for a CPU set CLASS_IT_BACKEND=native",
      );
    }
    const peak = await sgemmPeak();
    process.stdout.write(`${info.reason}; sgemm peak ${Math.round(peak / 1e9)} GFLOP/s\n\n`);
    for (const what of tasks) {
      const title = `${options.config}, ${what === "train" ? "training" : "scoring"}`;
      process.stdout.write(
        `${await kernelTable(title, () => ours.run(what, 0), seconds, { threads: info.threads, peak })}\n`,
      );
    }
    return;
  }
  const peer =
    options.peer === undefined ? null : await BenchPeer.start(options.peer, ours.forPeer(info.precisions.training));
  const peak = await sgemmPeak();
  const measured: Record<Task, Block[]> = { train: [], score: [] };
  const peers: Record<Task, Block[]> = { train: [], score: [] };
  for (let round = 0; round < rounds; round++) {
    for (const what of tasks) {
      measured[what].push(await ours.run(what, seconds));
      if (peer !== null) {
        say("the peer's turn");
        peers[what].push(await peer.run(what, seconds));
        await new Promise((resolve) => setTimeout(resolve, 300)); // the peer's threads spin for a while after the work
      }
    }
  }
  const peerPeak = peer === null ? 0 : (2 * 1024 ** 3) / Math.min(...(await peer.run("sgemm", 1)).seconds);
  peer?.stop();
  const report = summary(options.config, workload, info, measured, Math.max(peak, peerPeak), ours.parameters);
  const beside = peer === null ? {} : { peer: { ...peer.info, ...besidePeer(workload, measured, peers) } };
  process.stdout.write(options.json ? `${JSON.stringify({ ...report, ...beside })}\n` : text(report, beside.peer));
}

/** The model, one batch of random tokens and the optimizer. */
class OurSide {
  readonly parameters: number;
  private readonly workload: Workload;
  private readonly model: Llama;
  private readonly optimizer: AdamW;
  private readonly batch: TokenBatch;
  private readonly labels: Int32Array;
  private readonly say: (text: string) => void;

  constructor(workload: Workload, recompute: boolean, say: (text: string) => void) {
    const { config, B, T } = workload;
    const rng = Rng.fromSeed("bench");
    this.workload = workload;
    this.say = say;
    this.model = Llama.init(config, rng.fork("weights"));
    this.model.recompute = recompute;
    const settings = { beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: OPTIMIZER.weightDecay };
    this.optimizer = new AdamW(this.model.weights, { ...settings, decay: "all", maxGradNorm: null });
    this.parameters = [...this.model.weights.values()].reduce((sum, w) => sum + w.size, 0);
    const draw = rng.fork("tokens");
    const tokens = Array.from({ length: B }, () =>
      Int32Array.from({ length: T + 1 }, () => draw.int(config.vocabSize)),
    );
    this.batch = emptyBatch(B, T);
    for (let b = 0; b < B; b++) place(this.batch, b, 0, tokens[b], { to: T });
    this.labels = Int32Array.from(tokens.flatMap((row) => [...row.subarray(1)]));
  }

  async run(what: Task, seconds: number): Promise<Block> {
    const times: number[] = [];
    let loss = Number.NaN;
    for (const until = performance.now() + 1000 * seconds; times.length === 0 || performance.now() < until; ) {
      const from = performance.now();
      loss = what === "train" ? await this.train() : await this.score();
      times.push((performance.now() - from) / 1000);
    }
    return { seconds: times, loss };
  }

  /** The data that the peer needs to run the same model on the same batch. */
  forPeer(precision: Precision): object {
    const weights = path.join(os.tmpdir(), `class-it-bench-${process.pid}.f32`);
    const file = fs.openSync(weights, "w");
    for (const weight of this.model.weights.values()) {
      const values = weight.dataSync<"float32">();
      fs.writeSync(file, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    }
    fs.closeSync(file);
    process.once("exit", () => fs.rmSync(weights, { force: true }));
    const { config, B, T } = this.workload;
    const shapes = [...parameterShapes(config)];
    const [ids, labels] = [this.batch.inputIds, this.labels].map((numbers) => [...numbers]);
    return { config, B, T, weights, shapes, ids, labels, precision, ...OPTIMIZER };
  }

  private async train(): Promise<number> {
    const variables = [...this.model.weights.values()];
    this.say(`loss and gradients of ${thousands(this.workload.B * this.workload.T)} tokens`);
    const { value, grads } = lossAndGradients(() => this.model.loss(this.batch, this.labels), variables);
    const names = new Map([...this.model.weights].map(([name, weight]) => [weight.name, name]));
    const gradients = new Map(Object.entries(grads).map(([name, g]) => [names.get(name) as string, g]));
    this.say("optimizer");
    await this.optimizer.update(gradients, OPTIMIZER.learningRate, 1);
    const loss = (await value.data())[0];
    value.dispose();
    return loss;
  }

  private async score(): Promise<number> {
    const logProbs = await this.model.logProbs(this.batch, this.labels);
    return -logProbs.reduce((sum, p) => sum + p, 0) / logProbs.length;
  }
}

function summary(
  name: string,
  { config, B, T }: Workload,
  info: BackendInfo,
  measured: Record<Task, Block[]>,
  peak: number,
  parameters: number,
) {
  const trainFlops = flopsPerToken(config, T);
  const train = rate(measured.train, B * T) as number;
  const score = rate(measured.score, B * T);
  return {
    config: name,
    backend: info.name,
    engine: info.reason,
    parameters,
    tokensPerStep: B * T,
    trainTokensPerSecond: Math.round(train),
    scoreTokensPerSecond: score === null ? null : Math.round(score),
    trainStepSeconds: round4((B * T) / train),
    sgemmPeakGflops: Math.round(peak / 1e9),
    trainShareOfPeak: round4((train * trainFlops) / peak),
    scoreShareOfPeak: score === null ? null : round4((score * trainFlops) / 3 / peak),
    peakMemoryBytes: gpuMemory()?.peak ?? process.resourceUsage().maxRSS * 1024,
    firstLoss: round4(measured.train[0].loss),
  };
}

/** Median rate of all rounds without the first two repetitions, which fill caches and pools; null if nothing ran. */
function rate(blocks: Block[], tokens: number): number | null {
  const times = blocks.flatMap((block) => block.seconds);
  if (times.length === 0) return null;
  const warm = (times.length > 2 ? times.slice(2) : times.slice(-1)).sort((a, b) => a - b);
  return tokens / warm[warm.length >> 1];
}

function besidePeer({ B, T }: Workload, ours: Record<Task, Block[]>, theirs: Record<Task, Block[]>) {
  const train = rate(theirs.train, B * T) as number;
  const score = rate(theirs.score, B * T);
  return {
    trainTokensPerSecond: Math.round(train),
    scoreTokensPerSecond: score === null ? null : Math.round(score),
    trainRatio: round4((rate(ours.train, B * T) as number) / train),
    scoreRatio: score === null ? null : round4((rate(ours.score, B * T) as number) / score),
  };
}

function round4(x: number): number {
  return Number(x.toPrecision(4));
}

function text(report: ReturnType<typeof summary>, peer?: object): string {
  const share = (x: number) => `${(100 * x).toFixed(0)} % of the sgemm peak`;
  const lines = [
    `${report.config}: ${thousands(report.parameters)} parameters, ${thousands(report.tokensPerStep)} tokens per step, on ${report.backend} (${report.engine})`,
    `training  ${thousands(report.trainTokensPerSecond)} tokens/s, ${report.trainStepSeconds} s a step, ${share(report.trainShareOfPeak)}`,
    ...(report.scoreTokensPerSecond === null
      ? []
      : [`scoring   ${thousands(report.scoreTokensPerSecond)} tokens/s, ${share(report.scoreShareOfPeak as number)}`]),
    `sgemm     ${report.sgemmPeakGflops} GFLOP/s; memory at most ${bytes(report.peakMemoryBytes)}`,
  ];
  if (peer !== undefined) lines.push(`peer      ${JSON.stringify(peer)}`);
  return `${lines.join("\n")}\n`;
}
