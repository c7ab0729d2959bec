/** @file A child process that calls the native kernels with wrong types, sizes and values; a crash ends it, which is seen. */

import { loadNative } from "../../src/tensor/native/load-addon";
import { Rng } from "../../src/util/rng";

export interface AddonOrder {
  seed: string;
  from: number;
  to: number;
}

export interface AddonReport {
  index: number;
  what: string;
  outcome?: "refused" | "ran" | "finding";
  fault?: string;
}

/** `n`: a size or number. `f<length>`, `i<length>`: a float or integer array; its length is given by the letters of the sizes. */
const SIGNATURES: Record<string, { sizes: string; arrays: string[] }> = {
  gemm: { sizes: "B M N K t t t", arrays: ["f B*M*K", "f B*K*N", "f B*M*N"] },
  rmsNorm: { sizes: "N C x", arrays: ["f N*C", "f C", "f N*C", "f N"] },
  rmsNormGrad: { sizes: "N C", arrays: ["f N*C", "f C", "f N", "f N*C", "f N*C", "f C"] },
  rope: { sizes: "N H D P x", arrays: ["i N", "f P*D/2", "f P*D/2", "f N*H*D", "f N*H*D"] },
  attention: {
    sizes: "B T H H D",
    arrays: ["i B*T", "i B*T", "i B*T", "f B*T*H*D", "f B*T*H*D", "f B*T*H*D", "f B*T*H*D", "f B*T*H"],
  },
  attentionGrad: {
    sizes: "B T H H D",
    arrays: [
      "i B*T",
      "i B*T",
      "i B*T",
      ...new Array(4).fill("f B*T*H*D"),
      "f B*T*H",
      ...new Array(4).fill("f B*T*H*D"),
    ],
  },
  swiglu: { sizes: "n", arrays: ["f n", "f n", "f n"] },
  swigluGrad: { sizes: "n", arrays: ["f n", "f n", "f n", "f n", "f n"] },
  embedding: { sizes: "N C V", arrays: ["i N", "f V*C", "f N*C"] },
  embeddingGrad: { sizes: "N C V", arrays: ["i N", "f N*C", "f V*C"] },
  crossEntropy: { sizes: "N C V R x", arrays: ["i R", "i N", "f N*C", "f V*C", "f R", "f N*C", "f V*C"] },
  treeAttention: { sizes: "N H H D", arrays: ["i N", "f N*H*D", "f N*H*D", "f N*H*D", "f N*H*D"] },
  logProbs: { sizes: "N C V R L", arrays: ["i R", "i R+1", "i L", "f N*C", "f V*C", "f L"] },
  adamw: { sizes: "n x x x x x x x", arrays: ["f n", "f n", "f n", "f n"] },
  binary: { sizes: "o n t", arrays: ["f n", "f n", "f n"] },
  sumOfSquares: { sizes: "n", arrays: ["f n"] },
  configure: { sizes: "s T", arrays: [] },
  allocate: { sizes: "n", arrays: [] },
  instructionSets: { sizes: "", arrays: [] },
  useBf16: { sizes: "t", arrays: [] },
  finish: { sizes: "", arrays: [] },
  scratchBytes: { sizes: "", arrays: [] },
};

const GUARD = 16; // elements before and after each array that no kernel may touch
const CANARY = 0x5ca1ab1e;

const WRONG: ((rng: Rng) => unknown)[] = [
  () => undefined,
  () => null,
  () => Number.NaN,
  () => Number.POSITIVE_INFINITY,
  () => -1,
  () => 0.5,
  (rng) => 2 ** (10 + rng.int(54)),
  () => "7",
  () => ({}),
  () => [],
  () => () => 1,
  () => Symbol("x"),
  () => 10n,
  () => new Float32Array(0),
  () => new Float32Array(3),
  () => new Int32Array(3),
  () => new Float64Array(64),
  () => new Uint8Array(64),
  () => new BigInt64Array(8),
  () => new DataView(new ArrayBuffer(64)),
  () => new ArrayBuffer(64),
  () => new Float32Array(new SharedArrayBuffer(64)),
  () => detached(),
];

function detached(): Float32Array {
  const array = new Float32Array(64);
  structuredClone(array.buffer, { transfer: [array.buffer] });
  return array;
}

type Call = Record<string, (...args: unknown[]) => unknown>;

async function attack({ seed, from, to }: AddonOrder): Promise<void> {
  const { addon } = loadNative();
  const { later, ...functions } = addon as unknown as Call & { later: Call };
  const names = Object.keys(functions);
  const unknown = names.filter((name) => !(name in SIGNATURES));
  if (unknown.length > 0) throw new Error(`the attack knows nothing of the native function ${unknown.join(", ")}`);
  for (let index = from; index < to; index++) {
    const rng = Rng.fromSeed(seed).fork(`addon/${index}`);
    const name = names[index % names.length];
    const { args, guarded, damage } = argumentsOf(name, rng);
    const isNoted = name in later && rng.int(2) === 0;
    const what = `${name}${isNoted ? ", noted" : ""}: ${damage}`;
    await tell({ index, what });
    let outcome: AddonReport["outcome"] = "ran";
    let fault: string | undefined;
    try {
      if (isNoted) later[name](...args);
      else functions[name](...args);
      addon.finish();
    } catch (error) {
      outcome = "refused";
      const message = error instanceof Error ? error.message : String(error);
      if (!/^native[ :]/.test(message)) [outcome, fault] = ["finding", `refused with ${JSON.stringify(message)}`];
    }
    if (guarded.some((array) => !isIntact(array))) [outcome, fault] = ["finding", "wrote outside an array"];
    await tell({ index, what, outcome, ...(fault === undefined ? {} : { fault }) });
    addon.configure(addon.instructionSets()[0], 1);
  }
}

/** Report to the parent, and wait until it is on its way: the next call may end this process. */
function tell(report: AddonReport): Promise<void> {
  return new Promise((resolve) => process.send?.(report, undefined, undefined, () => resolve()));
}

interface Guarded {
  whole: Int32Array;
  length: number;
}

/** Arguments that fit, with one, two or no wrong ones. */
function argumentsOf(name: string, rng: Rng): { args: unknown[]; guarded: Guarded[]; damage: string } {
  const { sizes, arrays } = SIGNATURES[name];
  const value: Record<string, number> = {};
  for (const letter of new Set(sizes.split(" ").filter((s) => s !== ""))) value[letter] = 1 + rng.int(6);
  if ("D" in value) value.D = 2 * value.D;
  if ("R" in value) value.R = 1 + rng.int(value.N);
  const guarded: Guarded[] = [];
  const args: unknown[] = sizes
    .split(" ")
    .filter((s) => s !== "")
    .map((letter) => {
      if (letter === "x") return rng.pick([0, 1, -1, 1e-8, Number.NaN, 1e38]);
      if (letter === "t") return rng.int(2);
      if (letter === "o") return rng.int(4);
      if (letter === "s") return rng.pick(["scalar", "avx2", "none", "a".repeat(100), ""]);
      return value[letter];
    });
  const smallest = Math.min(...Object.values(value), 1);
  for (const array of arrays) {
    const [type, formula] = array.split(" ");
    const length = formula.split("*").reduce((product, part) => product * sizeOf(part, value), 1);
    const whole = new Int32Array(length + 2 * GUARD).fill(CANARY);
    const inside = new Int32Array(whole.buffer, 4 * GUARD, length);
    const floats = new Float32Array(whole.buffer, 4 * GUARD, length);
    for (let i = 0; i < length; i++) {
      if (type === "i") inside[i] = rng.chance(0.9) ? rng.int(smallest + 1) : rng.int(2 ** 32) | 0;
      else floats[i] = rng.chance(0.05) ? rng.pick([Number.NaN, 1e38, -1e38, Number.POSITIVE_INFINITY]) : rng.normal();
    }
    guarded.push({ whole, length });
    args.push(type === "i" ? inside : floats);
  }
  const wrong = rng.int(3);
  const damage: string[] = [];
  for (let i = 0; i < wrong && args.length > 0; i++) {
    const at = rng.int(args.length);
    args[at] =
      rng.chance(0.3) && typeof args[at] === "number" ? Number(args[at]) + 1 + rng.int(3) : rng.pick(WRONG)(rng);
    damage.push(
      `argument ${at + 1} is ${typeof args[at] === "object" ? Object.prototype.toString.call(args[at]) : String(args[at])}`,
    );
  }
  if (rng.chance(0.1)) {
    if (rng.chance(0.5)) args.pop();
    else args.push(...new Array(1 + rng.int(30)).fill(1));
    damage.push(`${args.length} arguments`);
  }
  return { args, guarded, damage: damage.join(", ") || "nothing wrong" };
}

/** `R`, `D/2` or `R+1`. */
function sizeOf(part: string, value: Record<string, number>): number {
  const size = value[part[0]];
  return part.endsWith("/2") ? size / 2 : part.endsWith("+1") ? size + 1 : size;
}

function isIntact({ whole, length }: Guarded): boolean {
  return whole.every((value, i) => (i >= GUARD && i < GUARD + length) || value === CANARY);
}

if (process.send !== undefined) {
  process.once("message", (order: AddonOrder) => {
    attack(order).then(
      () => process.disconnect(),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  });
}
