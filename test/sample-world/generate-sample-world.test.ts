/**
 * @file The generated world as a whole: the same bytes as committed, the real formats, no leaks, no give-aways.
 *
 * Witnesses: a second, plainer reading of each file (a box simulator, a bigram counter, a search for the fact in the
 * passage), never the generator's own bookkeeping.
 */

import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { normalized } from "../../src/sample-world/emitter";
import {
  generateSampleWorld,
  SAMPLE_WORLD_SEED,
  SIZES,
  sentencesOf,
} from "../../src/sample-world/generate-sample-world";
import { NONCE_PAIRS } from "../../src/sample-world/tasks/blimp";
import { projectRoot } from "../../src/util/project-root";
import { countWords } from "../../src/util/text-file";

type Row = Record<string, unknown>;
const files = generateSampleWorld(SAMPLE_WORLD_SEED);
const folder = path.join(projectRoot(), "data", "sample");
const FULL = "evaluation_data/full_eval";
const content = (name: string): string => {
  const text = files.get(name);
  assert.ok(text !== undefined, `no file ${name}`);
  return text;
};
const rows = (name: string): Row[] =>
  content(name)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const under = (prefix: string): string[] => [...files.keys()].filter((name) => name.startsWith(prefix));
const stem = (name: string): string => path.basename(name, ".jsonl");
const texts = under("text/");
const sentences = texts.flatMap((name) => sentencesOf(content(name)));

test("the program regenerates every committed file of data/sample byte for byte", () => {
  for (const [name, text] of files) {
    assert.equal(fs.readFileSync(path.join(folder, name), "utf8") === text, true, `${name} differs`);
  }
  const committed = (fs.readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => fs.statSync(path.join(folder, name)).isFile() && name !== "README.md")
    .map((name) => name.split(path.sep).join("/"));
  assert.deepEqual(committed.sort(), [...files.keys()].sort());
});

test("the whole is under 6 MB and about 300,000 words, each source at least what SIZES asks", () => {
  let bytes = 0;
  for (const text of files.values()) bytes += Buffer.byteLength(text);
  assert.ok(bytes < 6_000_000, `${bytes} bytes`);
  let total = 0;
  for (const [source, words] of Object.entries(SIZES.words)) {
    const n = countWords(content(`text/${source}.train`));
    total += n;
    assert.ok(n >= words && n < words + 1_000, `${source}: ${n}`);
  }
  assert.ok(total > 295_000 && total < 305_000, `${total} words`);
});

test("every source has its line format", () => {
  const lines = (source: string) => content(`text/${source}.train`).trimEnd().split("\n");
  for (const line of lines("switchboard")) assert.match(line, /^$|^[AB]:\t\S.*[.?!]$/);
  for (const line of lines("childes")) assert.match(line, /^$|^\*(MOT|CHI):\t\S.*[.?!]$/);
  for (const line of lines("simple_wiki")) assert.match(line, /^$|^= = = \S.* = = =$|^["A-Z].*\.$/);
  for (const source of ["bnc_spoken", "open_subtitles", "gutenberg"]) {
    for (const line of lines(source)) assert.match(line, /^$|^CHAPTER [A-Z-]+$|^["A-Z].*[.?!]"?$/, source);
  }
  const titles = lines("simple_wiki").filter((l) => l.startsWith("= = ="));
  assert.equal(new Set(titles).size, titles.length, "two articles of one title");
});

test("the vocabulary has 2,500 word forms or more, and at most 5 % of the longer sentences come twice", () => {
  const forms = new Set(sentences.flatMap((s) => normalized(s).split(" ")));
  assert.ok(forms.size >= 2_500, `${forms.size} forms`);
  const long = sentences.map(normalized).filter((s) => s.split(" ").length >= 5);
  const repeated = 1 - new Set(long).size / long.length;
  assert.ok(repeated < 0.05, `${(100 * repeated).toFixed(1)} % repeated`);
});

test("no sentence of a minimal pair, an EWoK item, a COMPS item or the reading task occurs in the text", () => {
  const known = new Set<string>(sentences.map(normalized));
  for (const name of texts)
    for (const line of content(name).split("\n")) known.add(normalized(line.replace(/^\*?[A-Z]+:\t/, "")));
  const isNew = (text: unknown, name: string) => assert.ok(!known.has(normalized(String(text))), `${name}: ${text}`);
  for (const name of [...under(`${FULL}/blimp_filtered/`), ...under(`${FULL}/supplement_filtered/`)]) {
    for (const r of rows(name)) for (const key of ["sentence_good", "sentence_bad"]) isNew(r[key], name);
  }
  for (const name of under(`${FULL}/ewok_filtered/`)) {
    for (const r of rows(name)) for (const key of ["Target1", "Target2"]) isNew(`${r.Context1} ${r[key]}`, name);
  }
  for (const name of under(`${FULL}/comps/`)) {
    for (const r of rows(name))
      for (const key of ["prefix_acceptable", "prefix_unacceptable"]) isNew(`${r[key]} ${r.property_phrase}`, name);
  }
  for (const line of content(`${FULL}/reading/reading_data.csv`).trim().split("\n").slice(1))
    isNew(line.split(",")[4], "reading");
});

test("BLiMP rows have the real keys, their file's name as UID, and pairs of equally many words", () => {
  const names = under(`${FULL}/blimp_filtered/`);
  assert.ok(names.length >= 16, `${names.length} paradigms`);
  const keys =
    "sentence_good,sentence_bad,field,linguistics_term,UID,simple_LM_method,one_prefix_method,two_prefix_method,lexically_identical,pair_id".split(
      ",",
    );
  for (const name of names) {
    const all = rows(name);
    assert.equal(all.length, SIZES.blimpPairs);
    for (const [i, r] of all.entries()) {
      assert.deepEqual(Object.keys(r), keys);
      assert.equal(r.UID, stem(name));
      assert.equal(r.pair_id, i);
      assert.equal(countWords(String(r.sentence_good)), countWords(String(r.sentence_bad)), String(r.sentence_good));
      assert.notEqual(r.sentence_good, r.sentence_bad);
    }
  }
});

test("the form that is right in one pair is wrong in as many others, wherever forms alternate", () => {
  const share = (uid: string, word: RegExp): number => {
    const good = rows(`${FULL}/blimp_filtered/${uid}.jsonl`).filter((r) => word.test(String(r.sentence_good)));
    return good.length / SIZES.blimpPairs;
  };
  assert.equal(share("anaphor_gender_agreement", /herself/), 0.5);
  assert.equal(share("anaphor_number_agreement", /themselves/), 0.5);
  assert.equal(share("determiner_noun_agreement_1", /\b(this|that) /), 0.5);
  assert.equal(share("irregular_past_participle_verbs", / has /), 0.5);
  for (const [a, b] of NONCE_PAIRS) {
    const right = rows(`${FULL}/blimp_filtered/control_no_evidence.jsonl`).map((r) => String(r.sentence_good));
    const difference = right.filter((s) => s.includes(a)).length - right.filter((s) => s.includes(b)).length;
    assert.ok(Math.abs(difference) <= 1, `${a} ${b}: ${difference}`);
  }
});

test("the nonce words of the control and of the WUG and COMPS items occur nowhere in the text", () => {
  const forms = new Set(sentences.flatMap((s) => normalized(s).split(" ")));
  for (const word of NONCE_PAIRS.flat()) assert.ok(!forms.has(word), word);
  for (const word of ["wug", "dax", "blick", "fep", "zup", "toma", "gorp", "kiv"]) assert.ok(!forms.has(word), word);
  for (const r of rows(`${FULL}/wug_adj_nominalization/wug_adj_nominalization.jsonl`)) {
    const adjective = / adjective: (\w+)\./.exec(String(r.sentences))?.[1] ?? "";
    assert.ok(adjective !== "" && !forms.has(adjective), adjective);
  }
});

test("a bigram counter is above chance on local agreement and at chance on the control", () => {
  const count = new Map<string, number>();
  for (const s of sentences) {
    const words = normalized(s).split(" ");
    for (let i = 1; i < words.length; i++) {
      const pair = `${words[i - 1]} ${words[i]}`;
      count.set(pair, (count.get(pair) ?? 0) + 1);
    }
  }
  const score = (text: unknown): number => {
    const words = normalized(String(text)).split(" ");
    let total = 0;
    for (let i = 1; i < words.length; i++) total += Math.log(0.1 + (count.get(`${words[i - 1]} ${words[i]}`) ?? 0));
    return total;
  };
  const accuracy = (uid: string): number => {
    let right = 0;
    const all = rows(`${FULL}/blimp_filtered/${uid}.jsonl`);
    for (const r of all) {
      const margin = score(r.sentence_good) - score(r.sentence_bad);
      right += margin > 0 ? 1 : margin === 0 ? 0.5 : 0;
    }
    return right / all.length;
  };
  assert.ok(accuracy("determiner_noun_agreement_1") > 0.7, "determiner_noun_agreement_1");
  assert.ok(accuracy("regular_plural_subject_verb_agreement_1") > 0.6, "regular_plural_subject_verb_agreement_1");
  assert.ok(accuracy("irregular_past_participle_verbs") > 0.6, "irregular_past_participle_verbs");
  assert.equal(accuracy("control_no_evidence"), 0.5); // never seen: every pair is an exact tie
});

test("the supplement has the five real files, and EWoK the eleven real domains, each item in both orders", () => {
  assert.deepEqual(under(`${FULL}/supplement_filtered/`).map(stem), [
    "hypernym",
    "qa_congruence_easy",
    "qa_congruence_tricky",
    "subject_aux_inversion",
    "turn_taking",
  ]);
  const domains = under(`${FULL}/ewok_filtered/`).map(stem);
  assert.equal(domains.length, 11);
  for (const domain of domains) {
    const all = rows(`${FULL}/ewok_filtered/${domain}.jsonl`);
    assert.equal(all.length, 2 * SIZES.ewokItems);
    for (let i = 0; i < all.length; i += 2) {
      const [a, b] = [all[i], all[i + 1]];
      assert.equal(a.Domain, domain);
      assert.deepEqual([a.Context1, a.Context2, a.Target1, a.Target2], [b.Context2, b.Context1, b.Target2, b.Target1]);
    }
  }
});

test("entity tracking: a second simulator reads the same contents, and no wrong option is right", () => {
  for (const file of ["regular", "ambiref", "move_contents"]) {
    const all = rows(`${FULL}/entity_tracking/${file}.jsonl`);
    assert.equal(all.length, 6 * SIZES.entityPerCount);
    let last = 0;
    for (const r of all) {
      const prefix = String(r.input_prefix);
      const options = r.options as string[];
      assert.ok(prefix.endsWith(" contains "), prefix);
      assert.equal(new Set(options.map(bag)).size, 5, options.join(" | "));
      assert.ok(Number(r.numops) >= last);
      last = Number(r.numops);
      const { contents, touched } = simulate(prefix);
      assert.equal(bag(options[0]), bag(`${contents}.`), prefix);
      assert.equal(touched, r.numops, prefix);
    }
  }
});

/** Things of an option in alphabetical order: "the hat and the axe." is the same as "the axe and the hat." */
function bag(option: string): string {
  return option
    .replace(/\.$/, "")
    .split(" and ")
    .map((x) => x.replace(/^the /, ""))
    .sort()
    .join();
}

/** Read the story with regular expressions; contents of the queried box and how often it changed. */
function simulate(prefix: string): { contents: string; touched: number } {
  const things = (text: string) => (text === "nothing" ? [] : text.split(" and ").map((x) => x.replace(/^the /, "")));
  const [start, ...history] = prefix.split(". ");
  const boxes = new Map<string, string[]>();
  for (const [, id, held] of start.matchAll(/Box (\d) contains (.*?)(?=, Box|$)/g)) boxes.set(id, things(held));
  const target = /Box (\d) contains $/.exec(prefix)?.[1] ?? "";
  const held = (id: string): string[] => boxes.get(id) ?? [];
  const take = (id: string, what: string[]) =>
    boxes.set(
      id,
      held(id).filter((x) => !what.includes(x)),
    );
  const add = (id: string, what: string[]) => boxes.set(id, [...held(id), ...what]);
  let touched = 0;
  for (const step of history.slice(0, -1)) {
    const put = /^Put (.*) into Box (\d)$/.exec(step);
    const remove = /^Remove (.*) from Box (\d)$/.exec(step);
    const contents = /^Move the contents of Box (\d) to Box (\d)$/.exec(step);
    const move = contents === null ? /^Move (.*) from Box (\d) to Box (\d)$/.exec(step) : null;
    if (put !== null) add(put[2], things(put[1]));
    else if (remove !== null) take(remove[2], things(remove[1]));
    else if (contents !== null) {
      add(contents[2], held(contents[1]));
      boxes.set(contents[1], []);
    } else if (move !== null) {
      take(move[2], things(move[1]));
      add(move[3], things(move[1]));
    } else assert.fail(`a step that no rule reads: ${step}`);
    if (step.includes(`Box ${target}`)) touched++;
  }
  const result = held(target);
  return { contents: result.length === 0 ? "nothing" : result.join(" and "), touched };
}

test("WUG rows hold two tab-separated sentences of one nonce word, and a ratio in [0, 1] that varies", () => {
  for (const [name, n] of [
    ["wug_adj_nominalization/wug_adj_nominalization", SIZES.wugAdjectives],
    ["wug_past_tense/wug_past_tense", SIZES.wugPastTense],
  ] as const) {
    const all = rows(`${FULL}/${name}.jsonl`);
    assert.equal(all.length, n);
    for (const r of all) {
      assert.deepEqual(Object.keys(r), ["sentences", "ratio"]);
      assert.equal(String(r.sentences).split("\t").length, 2);
      assert.ok(Number(r.ratio) >= 0 && Number(r.ratio) <= 1);
    }
    assert.ok(new Set(all.map((r) => r.ratio)).size > 5);
    assert.equal(content(`${FULL}/${name}.jsonl`), content(`evaluation_data/fast_eval/${name}.jsonl`));
  }
});

test("COMPS: the acceptable concept has the property in its own article, the other one has not", () => {
  const articles = new Map<string, string>();
  for (const block of content("text/simple_wiki.train").split("= = = ").slice(1)) {
    const [title, ...rest] = block.split(" = = =\n");
    articles.set(title.toLowerCase(), rest.join("").toLowerCase());
  }
  const words = (phrase: unknown) =>
    String(phrase)
      .replace(/\.$/, "")
      .replace(/^(can|has|eats) (a |an |two |four )?/, "");
  let found = 0;
  let total = 0;
  for (const r of rows(`${FULL}/comps/comps_base.jsonl`)) {
    const other = articles.get(String(r.unacceptable_concept)) ?? assert.fail(`no article ${r.unacceptable_concept}`);
    assert.ok(
      !new RegExp(`${r.property_phrase}`.replace(".", "\\.")).test(other),
      `${r.unacceptable_concept} ${r.property_phrase}`,
    );
    total++;
    if ((articles.get(String(r.acceptable_concept)) ?? "").includes(words(r.property_phrase))) found++;
  }
  assert.ok(found / total > 0.6, `${found} of ${total}`); // an article tells most, the conversations tell the rest
});

test("reading: columns as in the real file, contexts that grow word by word", () => {
  const [header, ...lines] = content(`${FULL}/reading/reading_data.csv`).trim().split("\n");
  assert.equal(
    header,
    ",item,word,word2,sentence,context_length,sent_id,item_id,list,Subtlex_log10,length,RTfirstfix,RTfirstpass,RTgopast,RTrightbound,self_paced_reading_time,ELAN,LAN,N400,P600,EPNP,PNP,prev_word,prev_item,prev_length",
  );
  assert.equal(lines.length, SIZES.readingRows);
  for (const line of lines) {
    const f = line.split(",");
    assert.equal(f.length, 25, line);
    assert.ok(`${f[4]} `.startsWith(`${f[1]} ${f[2]} `), line);
    assert.equal(Number(f[5]), countWords(f[1]));
    assert.equal(Number(f[10]), f[2].length);
    assert.ok(f.slice(11, 16).every((ms) => Number(ms) >= 30));
    assert.equal(f[22] === "" ? f[23] : `${f[23]} ${f[22]}`, f[22] === "" ? "" : f[1], line);
  }
});

test("age of acquisition: every context precedes its word somewhere in childes, and frequent words are learnt earlier", () => {
  const contexts = JSON.parse(content(`${FULL}/aoa/cdi_childes.json`)) as Record<
    string,
    { context: string; word_in_context_stats: { count: number } }[]
  >;
  const childes = content("text/childes.train").toLowerCase();
  const [header, ...lines] = content(`${FULL}/aoa/cdi_human.csv`).trim().split("\n");
  assert.equal(header, "word,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30");
  assert.ok(lines.length >= 80, `${lines.length} words`);
  const curves = new Map(lines.map((l) => [l.split(",")[0], l.split(",").slice(1).map(Number)]));
  assert.deepEqual([...curves.keys()], Object.keys(contexts));
  const mean = (xs: number[]) => xs.reduce((a, b) => a + b, 0) / xs.length;
  const known: { count: number; share: number }[] = [];
  for (const [word, list] of Object.entries(contexts)) {
    for (const { context } of list)
      assert.ok(childes.includes(`${context.toLowerCase()} ${word}`), `${context} ${word}`);
    known.push({ count: list[0].word_in_context_stats.count, share: mean(curves.get(word) ?? []) });
  }
  known.sort((a, b) => a.count - b.count);
  const half = Math.floor(known.length / 2);
  assert.ok(mean(known.slice(half).map((k) => k.share)) > mean(known.slice(0, half).map((k) => k.share)) + 0.15);
});

test("fine-tuning rows have the real keys, disjoint halves and about the real share of labels", () => {
  const expected: Record<string, [keys: string, majority: [number, number]]> = {
    boolq: ["question,passage,idx,label", [0.55, 0.7]],
    mnli: ["premise,hypothesis,label,idx", [0.32, 0.35]],
    mrpc: ["sentence1,sentence2,label,idx", [0.6, 0.75]],
    multirc: ["paragraph,question,answer,idx,label", [0.5, 0.65]],
    qqp: ["question1,question2,label,idx", [0.55, 0.7]],
    rte: ["sentence1,sentence2,idx,label", [0.5, 0.6]],
    wsc: ["text,span1_index,span2_index,span1_text,span2_text,idx,label", [0.5, 0.65]],
  };
  for (const [task, [keys, [low, high]]] of Object.entries(expected)) {
    const train = rows(`${FULL}/glue_filtered/${task}.train.jsonl`);
    const valid = rows(`${FULL}/glue_filtered/${task}.valid.jsonl`);
    assert.equal(train.length, SIZES.glueTrain);
    assert.equal(valid.length, SIZES.glueValid);
    const strip = ({ idx: _, ...r }: Row) => JSON.stringify(r);
    const seen = new Set(train.map(strip));
    for (const r of [...train, ...valid]) {
      assert.deepEqual(Object.keys(r), keys.split(","), task);
      for (const value of Object.values(r)) if (typeof value === "string") assert.ok(countWords(value) <= 60, value);
    }
    assert.ok(
      valid.every((r) => !seen.has(strip(r))),
      task,
    );
    const counts = [0, 1, 2].map((label) => valid.filter((r) => r.label === label).length / valid.length);
    const majority = Math.max(...counts);
    assert.ok(majority >= low - 0.05 && majority <= high + 0.05, `${task}: ${majority}`);
  }
});

test("labels can be decided from the text: BoolQ by its passage, WSC by its spans, MultiRC by its paragraph", () => {
  for (const r of rows(`${FULL}/glue_filtered/boolq.valid.jsonl`)) {
    const asked = /(?:live in|eat|from|is \w+ an?) (.*)$/.exec(String(r.question))?.[1] ?? "";
    assert.ok(asked !== "", String(r.question));
    const passage = String(r.passage).toLowerCase();
    const denied = new RegExp(` not (an? |live in |eat |from )?${asked}`).test(passage);
    assert.equal(passage.includes(asked) && !denied, r.label === 1, `${r.question} / ${r.passage}`);
  }
  for (const r of rows(`${FULL}/glue_filtered/wsc.valid.jsonl`)) {
    const words = String(r.text).replace(/\.$/, "").split(" ");
    assert.equal(words[Number(r.span1_index)], r.span1_text);
    assert.equal(words[Number(r.span2_index)], r.span2_text);
  }
  for (const r of rows(`${FULL}/glue_filtered/multirc.valid.jsonl`)) {
    if (r.label === 1)
      assert.ok(String(r.paragraph).toLowerCase().includes(String(r.answer).toLowerCase()), String(r.answer));
  }
});

test("texts agree with world.json: each person's article states the same work and town", () => {
  const world = JSON.parse(content("world.json")) as {
    people: { name: string; family: string; job: string; town: string }[];
  };
  const wiki = content("text/simple_wiki.train");
  assert.equal(world.people.length, 80);
  for (const p of world.people) {
    assert.match(wiki, new RegExp(`${p.name} ${p.family} is an? ${p.job} from ${p.town}\\.`));
  }
});

test("another seed gives another world in the same format", () => {
  const other = generateSampleWorld(1);
  assert.deepEqual([...other.keys()].sort(), [...files.keys()].sort());
  assert.notEqual(other.get("text/gutenberg.train"), content("text/gutenberg.train"));
  assert.notEqual(other.get("world.json"), content("world.json"));
});
