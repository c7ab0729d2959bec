/** @file A child process that damages and reads examples of one format; it is killed from outside where it hangs. */

import * as fs from "node:fs";
import * as path from "node:path";
import { initBackend } from "../../src/tensor";
import { Rng } from "../../src/util/rng";
import { FOREIGN } from "./formats/foreign";
import { digest, type Format } from "./formats/format";
import { OURS } from "./formats/ours";
import { faultOf } from "./judge";
import { mutate } from "./mutate";

export const FORMATS: readonly Format[] = [...FOREIGN, ...OURS];

/** A message to the parent about one mutant. */
export interface MutantReport {
  index: number;
  what: string;
  outcome: "refused" | "same" | "part" | "other content" | "finding";
  /** Of a finding. */
  fault?: string;
  message?: string;
}

export interface MutantOrder {
  format: string;
  seed: string;
  /** Mutants `from` to `to`, exclusive; the special ones come first. */
  from: number;
  to: number;
  scratch: string;
}

async function work({ format: name, seed, from, to, scratch }: MutantOrder): Promise<void> {
  await initBackend("cpu").catch(() => initBackend());
  const format = FORMATS.find((f) => f.name === name);
  if (format === undefined) throw new Error(`unknown format ${name}`);
  const clean = path.join(scratch, "clean");
  fs.rmSync(scratch, { recursive: true, force: true });
  fs.mkdirSync(clean, { recursive: true });
  const files = await format.make(clean);
  const wanted = digest(await readCopy(format, clean, path.join(scratch, "first")));
  const special = Object.entries(format.special ?? {});
  for (let index = from; index < to; index++) {
    const rng = Rng.fromSeed(seed).fork(`${name}/${index}`);
    const folder = path.join(scratch, "mutant");
    fs.rmSync(folder, { recursive: true, force: true });
    fs.cpSync(clean, folder, { recursive: true });
    let what: string;
    let file = "";
    if (index < special.length) {
      what = special[index][0];
      special[index][1](folder);
    } else {
      file = rng.pick(Object.keys(files));
      const mutant = mutate(fs.readFileSync(path.join(folder, file)), files[file], rng);
      what = `${file}: ${mutant.name}`;
      fs.writeFileSync(path.join(folder, file), mutant.bytes);
    }
    await new Promise((resolve) => process.send?.({ index, what }, undefined, undefined, () => resolve(null)));
    process.send?.({ index, what, ...(await outcomeOf(format, folder, file, wanted)) } satisfies MutantReport);
  }
}

async function readCopy(format: Format, clean: string, copy: string): Promise<unknown> {
  fs.cpSync(clean, copy, { recursive: true });
  return format.read(copy);
}

async function outcomeOf(
  format: Format,
  folder: string,
  file: string,
  wanted: string,
): Promise<Pick<MutantReport, "outcome" | "fault" | "message">> {
  let read: unknown;
  try {
    read = await format.read(folder);
  } catch (error) {
    const names = [folder, ...(file === "" ? [] : [path.basename(file)])];
    const fault = faultOf(error, names, !format.isChecked);
    const message = error instanceof Error ? error.message.slice(0, 1000) : String(error);
    return fault === null ? { outcome: "refused", message } : { outcome: "finding", fault, message };
  }
  const found = digest(read);
  if (found === wanted) return { outcome: "same" };
  if (typeof read === "string" && read.startsWith("incomplete")) return { outcome: "part" };
  if (format.isChecked) return { outcome: "finding", fault: "other numbers" };
  if (format.witness === undefined) return { outcome: "other content" };
  let witness: string;
  try {
    witness = digest(format.witness(folder));
  } catch (error) {
    return { outcome: "finding", fault: "read although a plainer reader refuses", message: String(error) };
  }
  return found === witness
    ? { outcome: "other content" }
    : { outcome: "finding", fault: "other numbers than a plainer reader" };
}

if (process.send !== undefined) {
  process.on("disconnect", () => process.exit(0));
  process.on("message", (order: MutantOrder) => {
    work(order).then(
      () => process.send?.({ done: true }),
      (error: unknown) => {
        process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
        process.exit(1);
      },
    );
  });
}
