/** @file The commands that are killed, starved of disk and run under odd circumstances, in their smallest form. */

import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as path from "node:path";
import { projectRoot } from "../../../src/util/project-root";
import { Rng } from "../../../src/util/rng";
import { sha256, sha256File } from "../../../src/util/sha256";
import { fakeEndpoint, goodAnswer, reply } from "../../augmentation/teachers/fake-endpoint";
import { writeMicroWorld } from "./world";

/** What all programs share: the micro world, a trained model, local servers. */
export interface Ground {
  folder: string;
  /** Of the chat endpoint, up to `/v1`. */
  teacher: string;
  close(): Promise<void>;
}

export interface Program {
  name: string;
  /** Entry point and arguments; everything it writes goes below `folder`. */
  command(ground: Ground, folder: string): string[];
}

const CLI = "src/cli/class-it.ts";

export const PROGRAMS: readonly Program[] = [
  { name: "pre-training", command: (_, folder) => ["test/attack/micro/train.ts", folder, "pretrain"] },
  { name: "instruction tuning", command: (_, folder) => ["test/attack/micro/train.ts", folder, "instruct"] },
  {
    name: "fine-tuning",
    command: (g, folder) => [
      ...[CLI, "finetune", "--model", path.join(g.folder, "model"), "--data", path.join(g.folder, "world")],
      ...["--scale", "tiny", "--task", "rte", "--name", "m", `--out=${folder}`],
    ],
  },
  {
    name: "scoring",
    command: (g, folder) => [
      ...[CLI, "score", "--model", path.join(g.folder, "model"), "--data", path.join(g.folder, "world")],
      ...["--name", "m", `--out=${folder}`],
    ],
  },
  {
    name: "augmentation",
    command: (g, folder) => [
      ...[CLI, "augment", "--text", path.join(g.folder, "world", "text"), "--teacher", "endpoint", "--url", g.teacher],
      ...["--model", "m", "--concurrency", "1", `--out=${folder}`, `--cache=${path.join(folder, "answers.jsonl")}`],
    ],
  },
  {
    name: "tokenizer training",
    command: (g, folder) => [
      ...[CLI, "tokenizer", "train", path.join(g.folder, "world", "text"), "--vocab-size", "400", `--out=${folder}`],
    ],
  },
  {
    name: "data fetch",
    command: (g, folder) => [
      ...[CLI, "data", "fetch", "attacked", "--catalogue", path.join(g.folder, "sources.json")],
      ...["--parallel", "2", `--folder=${folder}`],
    ],
  },
  { name: "figures", command: (_, folder) => [CLI, "figures", "--world", "sample", `--out=${folder}`] },
  {
    name: "GGUF conversion",
    command: (g, folder) => [
      CLI,
      "gguf",
      "--model",
      path.join(g.folder, "model"),
      `--out=${path.join(folder, "m.gguf")}`,
    ],
  },
  {
    name: "reproduce",
    command: (g, folder) => [
      ...[CLI, "reproduce", "--data", path.join(g.folder, "world"), "--suite", "full", "--run", "wide-switch"],
      ...[
        "--jobs",
        "2",
        "--no-pictures",
        `--runs=${path.join(folder, "runs")}`,
        `--results=${path.join(folder, "results")}`,
      ],
    ],
  },
];

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Standard error, its end. */
  said: string;
  seconds: number;
}

export interface Running {
  pid: number;
  ended: Promise<Ended>;
  /** To the process alone, or as a terminal does it to its whole group. */
  kill(signal: NodeJS.Signals, wholeGroup?: boolean): void;
}

/** Start a program. `ended` resolves after it and all of its child processes have exited. */
export function start(program: Program, ground: Ground, folder: string, env: Record<string, string> = {}): Running {
  const started = Date.now();
  const child = spawn(process.execPath, ["--import", "tsx", ...program.command(ground, folder)], {
    cwd: projectRoot(),
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
    env: {
      ...process.env,
      CLASS_IT_QUIET: "1",
      CLASS_IT_THREADS: "1",
      CHROMIUM: "/no/browser", // static pictures are another program's work
      NODE_OPTIONS: `--require=${path.join(projectRoot(), "test", "attack", "micro", "preload.cjs")}`,
      ...env,
    },
  });
  const pid = child.pid as number;
  let said = "";
  child.stderr.on("data", (chunk) => {
    said = (said + String(chunk)).slice(-4000);
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", async (code, signal) => {
      while (groupLives(pid)) await new Promise((again) => setTimeout(again, 20));
      resolve({ code, signal, said, seconds: (Date.now() - started) / 1000 });
    });
  });
  const kill = (signal: NodeJS.Signals, wholeGroup = false) => {
    try {
      process.kill(wholeGroup ? -pid : pid, signal);
    } catch {
      // gone already
    }
  };
  return { pid, ended, kill };
}

function groupLives(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Files below a folder with their hashes; locks and what was in progress included, since nothing of it may stay. */
export function treeOf(folder: string): Map<string, string> {
  const names = fs.existsSync(folder) ? fs.readdirSync(folder, { recursive: true, withFileTypes: true }) : [];
  return new Map(
    names
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [path.relative(folder, file), sha256File(file)]),
  );
}

/** What differs between two trees, in words; null if nothing does. */
export function difference(wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string | null {
  const missing = [...wanted.keys()].filter((name) => !found.has(name));
  const extra = [...found.keys()].filter((name) => !wanted.has(name));
  const other = [...wanted].filter(([name, sum]) => found.has(name) && found.get(name) !== sum).map(([name]) => name);
  const parts = [
    ...missing.map((name) => `missing ${name}`),
    ...extra.map((name) => `left over ${name}`),
    ...other.map((name) => `other bytes in ${name}`),
  ];
  return parts.length === 0 ? null : parts.slice(0, 6).join(", ");
}

/** Build the ground: world, servers, and a model trained by a first `reproduce`. */
export async function layGround(folder: string): Promise<Ground> {
  writeMicroWorld(path.join(folder, "world"));
  const mirror = await serveSlowly(folder);
  const teacher = await fakeEndpoint((body, response) => {
    setTimeout(() => reply(response, goodAnswer(body)), 20);
  });
  const ground: Ground = {
    folder,
    teacher: teacher.baseUrl,
    close: async () => {
      await teacher.close();
      mirror.closeAllConnections();
      await new Promise((resolve) => mirror.close(resolve));
    },
  };
  const reproduce = PROGRAMS.find(({ name }) => name === "reproduce") as Program;
  const { code, said } = await start(reproduce, ground, path.join(folder, "first")).ended;
  if (code !== 0) throw new Error(`the first reproduce of the attack failed: ${said}`);
  fs.cpSync(path.join(folder, "first", "runs", "wide-switch", "model"), path.join(folder, "model"), {
    recursive: true,
  });
  return ground;
}

/** A data set of six files on a slow local server, and its catalogue. */
async function serveSlowly(folder: string): Promise<http.Server> {
  const rng = Rng.fromSeed("data fetch");
  const files = Array.from({ length: 6 }, (_, i) =>
    Buffer.from(Array.from({ length: 20_000 + 5_000 * i }, () => 97 + rng.int(26))),
  );
  const server = http.createServer((request, response) => {
    const content = files[Number(/(\d)\.txt$/.exec(request.url ?? "")?.[1])];
    if (content === undefined) return void response.writeHead(404).end();
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
    const etag = `"${content.length}"`;
    const headers = { etag, "content-length": content.length - from };
    if (from > 0) {
      response.writeHead(206, { ...headers, "content-range": `bytes ${from}-${content.length - 1}/${content.length}` });
    } else response.writeHead(200, headers);
    const drip = (at: number) => {
      if (at >= content.length) return void response.end();
      response.write(content.subarray(at, at + 4_000));
      setTimeout(() => drip(at + 4_000), 15);
    };
    drip(from);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const dataSet = {
    name: "attacked",
    title: "Attacked",
    use: "test",
    licence: "none",
    citation: "none",
    homepage: "https://example.invalid",
    approximateBytes: null,
    access: { kind: "open" },
    files: files.map((content, i) => ({
      path: `a/${i}.txt`,
      urls: [`${url}/${i}.txt`],
      bytes: i % 2 === 0 ? content.length : null,
      sha256: i % 2 === 0 ? sha256(content) : null,
    })),
  };
  fs.writeFileSync(path.join(folder, "sources.json"), JSON.stringify({ about: "attack", dataSets: [dataSet] }));
  return server;
}
