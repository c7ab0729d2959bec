/**
 * @file Generates the whole sample world from one seed: relative path -> file content. A pure function; the command
 * line writes the files.
 *
 * The tasks are generated first, so that none of their sentences enters the training text.
 */

import { Rng } from "../util/rng";
import { Emitter, normalized } from "./emitter";
import { ANIMALS, JOBS, MATERIALS, TRAITS } from "./facts";
import { ageOfAcquisition } from "./tasks/aoa";
import { blimp } from "./tasks/blimp";
import { COMPS_FILES, comps } from "./tasks/comps";
import { type EntityFile, entityTracking } from "./tasks/entity-tracking";
import { ewok } from "./tasks/ewok";
import { GLUE_TASKS, glue } from "./tasks/glue";
import { readingCsv, WordTrigrams } from "./tasks/reading";
import { supplement } from "./tasks/supplement";
import { wugAdjectives, wugPastTense } from "./tasks/wug";
import { gutenberg } from "./texts/gutenberg";
import { simpleWiki } from "./texts/simple-wiki";
import { bncSpoken, childes, openSubtitles, switchboard } from "./texts/spoken";
import { makeWorld, type World } from "./world";

/** The committed world's seed. */
export const SAMPLE_WORLD_SEED = 20251025;

/** Sizes, in words for texts and rows for tasks. */
export const SIZES = {
  words: {
    childes: 60_000,
    bnc_spoken: 40_000,
    gutenberg: 58_000,
    open_subtitles: 37_000,
    simple_wiki: 60_000,
    switchboard: 45_000,
  },
  blimpPairs: 150,
  supplementRows: 60,
  ewokItems: 30,
  entityPerCount: 25,
  wugAdjectives: 200,
  wugPastTense: 50,
  compsRows: 100,
  readingRows: 500,
  aoaWords: 120,
  glueTrain: 400,
  glueValid: 150,
  fastBlimpPairs: 50,
  fastSupplementRows: 25,
  fastEwokRows: 20,
} as const;

/** Every file of `data/sample` except the README, as `Map<path relative to data/sample, text>`. */
export function generateSampleWorld(seed: number): Map<string, string> {
  const rng = Rng.fromSeed(`sample-world/${seed}`);
  const world = makeWorld(rng.fork("world"));
  const tasks = new Map<string, string>();
  const heldOut = new Set<string>();
  addZeroShot(tasks, heldOut, rng.fork("tasks"));
  addGlue(tasks, heldOut, world, rng.fork("tasks/glue"));

  const texts = makeTexts(world, rng.fork("texts"), heldOut);
  const model = new WordTrigrams();
  for (const text of texts.values()) for (const s of sentencesOf(text)) model.add(s.split(" "));
  const used = new Set([...texts.values()].flatMap(sentencesOf));
  const reading = readingCsv(rng.fork("tasks/reading"), model, used, SIZES.readingRows);
  tasks.set("full_eval/reading/reading_data.csv", reading);
  tasks.set("fast_eval/reading/reading_data.csv", reading);
  const aoa = ageOfAcquisition(rng.fork("tasks/aoa"), texts.get("childes.train") as string, SIZES.aoaWords);
  tasks.set("full_eval/aoa/cdi_childes.json", aoa.contexts);
  tasks.set("full_eval/aoa/cdi_human.csv", aoa.human);

  const files = new Map<string, string>();
  for (const [name, text] of texts) files.set(`text/${name}`, text);
  for (const name of [...tasks.keys()].sort()) files.set(`evaluation_data/${name}`, tasks.get(name) as string);
  files.set("world.json", `${JSON.stringify(worldSummary(world, seed), null, 1)}\n`);
  return files;
}

function makeTexts(world: World, rng: Rng, heldOut: ReadonlySet<string>): Map<string, string> {
  const emitter = new Emitter(heldOut);
  const { words } = SIZES;
  return new Map([
    ["simple_wiki.train", simpleWiki(world, rng.fork("simple_wiki"), emitter, words.simple_wiki)],
    ["switchboard.train", switchboard(world, rng.fork("switchboard"), emitter, words.switchboard)],
    ["gutenberg.train", gutenberg(world, rng.fork("gutenberg"), emitter, words.gutenberg)],
    ["bnc_spoken.train", bncSpoken(world, rng.fork("bnc_spoken"), emitter, words.bnc_spoken)],
    ["open_subtitles.train", openSubtitles(world, rng.fork("open_subtitles"), emitter, words.open_subtitles)],
    ["childes.train", childes(world, rng.fork("childes"), emitter, words.childes)],
  ]);
}

const jsonl = (rows: readonly unknown[]): string => rows.map((r) => `${JSON.stringify(r)}\n`).join("");

function addZeroShot(tasks: Map<string, string>, heldOut: Set<string>, rng: Rng): void {
  const hold = (...sentences: string[]) => {
    for (const s of sentences) heldOut.add(normalized(s));
  };
  for (const [uid, rows] of blimp(rng.fork("blimp"), SIZES.blimpPairs)) {
    for (const r of rows) hold(r.sentence_good, r.sentence_bad);
    tasks.set(`full_eval/blimp_filtered/${uid}.jsonl`, jsonl(rows));
    tasks.set(`fast_eval/blimp_fast/${uid}.jsonl`, jsonl(rows.slice(0, SIZES.fastBlimpPairs)));
  }
  for (const [name, rows] of supplement(rng.fork("supplement"), SIZES.supplementRows)) {
    for (const r of rows) hold(r.sentence_good, r.sentence_bad);
    tasks.set(`full_eval/supplement_filtered/${name}.jsonl`, jsonl(rows));
    tasks.set(`fast_eval/supplement_fast/${name}.jsonl`, jsonl(rows.slice(0, SIZES.fastSupplementRows)));
  }
  for (const [domain, rows] of ewok(rng.fork("ewok"), SIZES.ewokItems)) {
    for (const r of rows) hold(`${r.Context1} ${r.Target1}`, `${r.Context1} ${r.Target2}`);
    tasks.set(`full_eval/ewok_filtered/${domain}.jsonl`, jsonl(rows));
    tasks.set(`fast_eval/ewok_fast/${domain}.jsonl`, jsonl(rows.slice(0, SIZES.fastEwokRows)));
  }
  for (const file of ["regular", "ambiref", "move_contents"] as EntityFile[]) {
    const rows = jsonl(entityTracking(file, rng.fork(`entity_tracking/${file}`), SIZES.entityPerCount));
    tasks.set(`full_eval/entity_tracking/${file}.jsonl`, rows);
    if (file === "regular") tasks.set("fast_eval/entity_tracking_fast/regular.jsonl", rows);
  }
  const adjectives = jsonl(wugAdjectives(rng.fork("wug_adj"), SIZES.wugAdjectives));
  const pasts = jsonl(wugPastTense(rng.fork("wug_past"), SIZES.wugPastTense));
  for (const part of ["full_eval", "fast_eval"]) {
    tasks.set(`${part}/wug_adj_nominalization/wug_adj_nominalization.jsonl`, adjectives);
    tasks.set(`${part}/wug_past_tense/wug_past_tense.jsonl`, pasts);
  }
  for (const file of COMPS_FILES) {
    const rows = comps(file, rng.fork(file), SIZES.compsRows);
    for (const r of rows)
      hold(`${r.prefix_acceptable} ${r.property_phrase}`, `${r.prefix_unacceptable} ${r.property_phrase}`);
    tasks.set(`full_eval/comps/${file}.jsonl`, jsonl(rows));
  }
}

function addGlue(tasks: Map<string, string>, heldOut: Set<string>, world: World, rng: Rng): void {
  for (const task of GLUE_TASKS) {
    const { train, valid } = glue(task, world, rng.fork(task), SIZES.glueTrain, SIZES.glueValid);
    for (const r of valid) {
      for (const k of ["sentence1", "sentence2", "premise", "hypothesis", "question1", "question2", "text"]) {
        if (typeof r[k] === "string") heldOut.add(normalized(r[k] as string));
      }
    }
    tasks.set(`full_eval/glue_filtered/${task}.train.jsonl`, jsonl(train));
    tasks.set(`full_eval/glue_filtered/${task}.valid.jsonl`, jsonl(valid));
  }
}

/** The sentences of a text file, without speaker labels and titles. */
export function sentencesOf(text: string): string[] {
  return text
    .split("\n")
    .filter((l) => l !== "" && !l.startsWith("= = ="))
    .flatMap((l) => l.replace(/^\*?[A-Z]+:\t/, "").split(/(?<=[.?!])\s+/))
    .filter((s) => s !== "");
}

function worldSummary(world: World, seed: number): unknown {
  return {
    seed,
    towns: world.towns,
    people: world.people.map((p) => ({
      ...p,
      job: p.job.name,
      town: p.town.name,
      born: p.born.name,
      pet: p.pet.name,
    })),
    works: world.works,
    animals: ANIMALS,
    jobs: JOBS,
    materials: MATERIALS,
    traits: TRAITS,
  };
}
