/**
 * @file `npm run attack`: the standing attack on everything that reads, writes, resumes or answers.
 *
 * Every part is seeded; a finding is printed with the command that shows it again. Exit status 1 where anything is found.
 */

import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { Command } from "commander";
import { wholeNumber } from "../../src/cli/options";
import { oneOf } from "../../src/util/check";
import { duration } from "../../src/util/format";
import { attackAddon } from "./addon";
import { attackWithCircumstances } from "./circumstances";
import { attackWithCuts } from "./cuts";
import { type Finding, type Row, table } from "./findings";
import { attackWithKills } from "./kills";
import { type Ground, layGround } from "./micro/programs";
import { attackWithMutants } from "./mutants";
import { attackWithServers } from "./servers";
import { attackWithSmallDisks } from "./small-disk";

interface Options {
  thorough: boolean;
  seed: string;
  part: string;
  only?: string;
  index?: number;
}

const PARTS = ["mutants", "kills", "cuts", "circumstances", "disk", "servers", "addon"] as const;

interface Order {
  seed: string;
  only?: string;
  index?: number;
  thorough: boolean;
  scratch: string;
  ground: Ground;
  log: (line: string) => void;
}

const PART: Record<(typeof PARTS)[number], (order: Order) => Promise<{ rows: Row[]; findings: Finding[] }>> = {
  mutants: (order) => attackWithMutants({ ...order, perFormat: order.thorough ? 460 : 40 }),
  kills: (order) => attackWithKills({ ...order, perProgram: order.thorough ? 25 : 3 }),
  cuts: (order) => attackWithCuts({ ...order, perProgram: order.thorough ? Number.POSITIVE_INFINITY : 2 }),
  circumstances: attackWithCircumstances,
  servers: attackWithServers,
  addon: (order) => attackAddon({ ...order, calls: order.thorough ? 100_000 : 3_000 }),
  disk: (order) => attackWithSmallDisks({ ...order, points: order.thorough ? 60 : 20 }),
};

async function attack(options: Options): Promise<void> {
  const started = Date.now();
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-attack-"));
  const log = (line: string) => process.stderr.write(`${line}\n`);
  const rows: Row[] = [];
  const findings: Finding[] = [];
  const wanted = options.part === "all" ? PARTS : [oneOf("part", options.part, PARTS)];
  try {
    const needsGround = wanted.some((part) => ["kills", "cuts", "circumstances", "disk"].includes(part));
    if (needsGround) log("building the micro world ...");
    const ground = needsGround ? await layGround(path.join(scratch, "ground")) : null;
    for (const part of wanted) {
      const { seed, only, index, thorough } = options;
      const found = await PART[part]({ seed, only, index, scratch, log, thorough, ground: ground as Ground });
      rows.push(...found.rows);
      findings.push(...found.findings);
    }
    await ground?.close();
  } finally {
    fs.rmSync(scratch, { recursive: true, force: true });
  }
  for (const { part, what, fault, message, again } of findings) {
    process.stdout.write(
      `FINDING ${part}: ${what}\n  ${fault}${message === "" ? "" : `: ${JSON.stringify(message.slice(0, 300))}`}\n  ${again}\n`,
    );
  }
  process.stdout.write(`${table(rows)}\n${duration((Date.now() - started) / 1000)}\n`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}

new Command("attack")
  .description("the standing attack: damaged files, kills, cut files, full disks, hostile servers, native calls")
  .option("--thorough", "hours instead of minutes", false)
  .option("--seed <text>", "of everything that is drawn", "attack")
  .option("--part <name>", `all, or one of ${PARTS.join(", ")}`, "all")
  .option("--only <text>", "only what has this in its name")
  .option("--index <n>", "only this one of them", wholeNumber())
  .action(attack)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`error: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 1;
  });
