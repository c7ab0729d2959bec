/**
 * @file Simulated reading times in the columns of the real file; they depend on the sample world's own surprisal.
 *
 * For a word w with length l (characters), log frequency f = ln(1 + count in the six texts) and surprisal s (nats) under
 * an interpolated trigram model of the six texts:
 *
 *   time(w) = base + 8 l - 3 f + 18 s + 0.3 * (8 l' + 18 s') + N(0, sigma)      (ms; ' = the previous word, self-paced only)
 *
 * with base and sigma per measure below. EEG columns are noise around zero, except N400, which decreases with s.
 */

import type { Rng } from "../../util/rng";
import { sentence } from "../clause";
import { Grammar } from "../grammar";

const HEADER =
  ",item,word,word2,sentence,context_length,sent_id,item_id,list,Subtlex_log10,length,RTfirstfix,RTfirstpass,RTgopast,RTrightbound,self_paced_reading_time,ELAN,LAN,N400,P600,EPNP,PNP,prev_word,prev_item,prev_length";

/** measure: [base ms, sigma ms, share of the common process] */
const MEASURES = {
  RTfirstfix: [80, 25, 0.5],
  RTfirstpass: [95, 35, 0.8],
  RTgopast: [120, 60, 1],
  RTrightbound: [105, 45, 0.9],
} as const;
const SELF_PACED = [230, 45, 0.7] as const;

/** Word trigram model with linear interpolation (0.5 trigram, 0.3 bigram, 0.2 unigram with add-one). */
export class WordTrigrams {
  private readonly one = new Map<string, number>();
  private readonly two = new Map<string, number>();
  private readonly three = new Map<string, number>();
  private total = 0;

  add(words: readonly string[]): void {
    const w = ["<s>", "<s>", ...words.map(key)];
    for (let i = 2; i < w.length; i++) {
      bump(this.one, w[i]);
      bump(this.two, `${w[i - 1]} ${w[i]}`);
      bump(this.three, `${w[i - 2]} ${w[i - 1]} ${w[i]}`);
      bump(this.two, `${w[i - 1]} *`);
      bump(this.three, `${w[i - 2]} ${w[i - 1]} *`);
      this.total++;
    }
  }

  count(word: string): number {
    return this.one.get(key(word)) ?? 0;
  }

  /** -ln p(word | two words before), nats. */
  surprisal(before: readonly string[], word: string): number {
    const [u, v] = ["<s>", "<s>", ...before.map(key)].slice(-2);
    const w = key(word);
    const p1 = ((this.one.get(w) ?? 0) + 1) / (this.total + this.one.size + 1);
    const p2 = ratio(this.two.get(`${v} ${w}`), this.two.get(`${v} *`));
    const p3 = ratio(this.three.get(`${u} ${v} ${w}`), this.three.get(`${u} ${v} *`));
    return -Math.log(0.2 * p1 + 0.3 * p2 + 0.5 * p3);
  }
}

const ratio = (a = 0, b = 0): number => (b === 0 ? 0 : a / b);
const bump = (map: Map<string, number>, k: string): void => void map.set(k, (map.get(k) ?? 0) + 1);
const key = (word: string): string => word.toLowerCase().replace(/[^a-z0-9'-]/g, "");

/** At least `rows` rows (whole sentences) of CSV. */
export function readingCsv(rng: Rng, model: WordTrigrams, heldOut: Set<string>, rows: number): string {
  const g = new Grammar(rng.fork("sentences"));
  const noise = rng.fork("noise");
  const lines: string[] = [HEADER];
  for (let sentenceId = 0; lines.length <= rows; ) {
    const text = sentence(g.declarative());
    const words = text.split(" ");
    if (words.length < 5 || words.length > 15 || text.includes(",") || text.includes('"') || heldOut.has(text))
      continue;
    heldOut.add(text);
    for (let i = 1; i < words.length && lines.length <= rows; i++) {
      lines.push(readingRow(lines.length - 1, sentenceId, words, i, model, noise));
    }
    sentenceId++;
  }
  return `${lines.join("\n")}\n`;
}

function readingRow(
  index: number,
  sentenceId: number,
  words: string[],
  i: number,
  model: WordTrigrams,
  noise: Rng,
): string {
  const word = words[i];
  const frequency = Math.log(1 + model.count(word));
  const surprisal = model.surprisal(words.slice(0, i), word);
  const previous = words[i - 1];
  const spill = 0.3 * (8 * previous.length + 18 * model.surprisal(words.slice(0, i - 1), previous));
  const effect = 8 * word.length - 3 * frequency + 18 * surprisal;
  const time = ([base, sigma, share]: readonly [number, number, number], extra = 0): string =>
    Math.max(30, base + share * (effect + extra) + sigma * noise.normal()).toFixed(3);
  const eeg = (mean = 0): string => (mean + noise.normal()).toFixed(4);
  const values = [
    index,
    words.slice(0, i).join(" "),
    word,
    word.replace(/[^A-Za-z0-9'-]/g, "").toUpperCase(),
    words.join(" "),
    i,
    sentenceId,
    index,
    1 + (sentenceId % 3),
    model.count(word) === 0 ? "" : frequency.toFixed(6),
    word.length,
    time(MEASURES.RTfirstfix),
    time(MEASURES.RTfirstpass),
    time(MEASURES.RTgopast),
    time(MEASURES.RTrightbound),
    time(SELF_PACED, spill),
    eeg(),
    eeg(),
    eeg(-0.08 * surprisal),
    eeg(),
    eeg(),
    eeg(),
    i === 1 ? "" : previous,
    i === 1 ? "" : words.slice(0, i - 1).join(" "),
    i === 1 ? -1 : previous.length,
  ];
  return values.join(",");
}
