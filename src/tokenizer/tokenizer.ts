/**
 * @file Converts text to token ids and back, equal to Hugging Face's tokenizers for every BPE tokenizer.json.
 *
 * Steps: find added tokens, normalize, split into words, merge inside each word, add special tokens. Kinds without a
 * normalizer and with a common pre-tokenizer take a fast path that looks up whole words; all others take the general path
 * over `AlignedText`. Both give the ids and offsets of the reference.
 *
 * One intended difference: `decode` refuses an id that the vocabulary does not have; the reference skips it.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { messageOf, withRemedy } from "../util/check";
import { readJson } from "../util/jsonl";
import { type AddedToken, AddedTokenFinder } from "./added-tokens";
import { AlignedText } from "./aligned-text";
import { BpeModel, utf8Length, type WordTokens } from "./bpe";
import { applyConfiguration, type TokenizerConfig } from "./configuration";
import { type Cutter, cutterFor } from "./cutters";
import { type Decoder, readDecoder } from "./decoders";
import { checkTokenizerJson, resolveSpecialTokens, type TokenizerJson, writeTokenizerFiles } from "./hugging-face-json";
import { DAMAGED, type Json, malformed } from "./json-part";
import { type Normalizer, readNormalizer } from "./normalizers";
import { type PostProcessor, readPostProcessor, type Segment } from "./post-processors";
import { type PreTokenizer, readPreTokenizer } from "./pre-tokenizers";
import { ROLES, type SpecialTokens } from "./special-tokens";
import { WordCache } from "./word-cache";

export type { SpecialTokens };

export interface Encoding {
  ids: number[];
  /** `[start, end)` in Unicode code points of the text that the token came from; special tokens have `[0, 0]`. */
  offsets: [number, number][];
  /** 1 for a token that the post-processor added. */
  specialTokensMask: number[];
  /** For a pair: which text the token came from, null for special tokens. */
  sequenceIds?: (0 | 1 | null)[];
}

export interface EncodeOptions {
  /** Whether to add the post-processor's special tokens; default true. */
  addSpecialTokens?: boolean;
  /** Whether a special token spelt out in the text ("</s>") is that token; default true unless split_special_tokens. */
  specialTokensInText?: boolean;
  /** Keep at most this many tokens, special ones included, from the start of the text. */
  maxLength?: number;
}

/** Added tokens to find in the original text, and those to find in the normalized text. */
interface Finders {
  asWritten: AddedTokenFinder;
  asNormalized: AddedTokenFinder;
}

const ASCII = /^[\0-\x7f]*$/;

/** 1 for each special token of a segment. */
const maskOf = ({ ids, sequence }: Segment) => new Array<number>(ids.length).fill(sequence === null ? 1 : 0);

/** A BPE tokenizer, as loaded by transformers' `AutoTokenizer`. */
export class Tokenizer {
  /** One more than the largest id: the rows that an embedding table needs. */
  readonly vocabSize: number;
  /** Tokens of the model alone, without those that only `added_tokens` lists: Hugging Face's `tokenizer.vocab_size`. */
  readonly modelVocabSize: number;
  /** Tokens, added ones included: Hugging Face's `len(tokenizer)`. */
  readonly tokenCount: number;
  readonly specialTokens: SpecialTokens;
  private readonly json: TokenizerJson;
  private readonly config: TokenizerConfig;
  private readonly model: BpeModel;
  private readonly addedById: ReadonlyMap<number, AddedToken>;
  private readonly allAdded: Finders;
  private readonly ordinaryAdded: Finders; //        without the special ones
  private readonly normalizer: Normalizer | null;
  private readonly preTokenizer: PreTokenizer | null;
  private readonly postProcessor: PostProcessor | null;
  private readonly decoder: Decoder | null;
  private readonly cutter: Cutter | null; //          non-null: the fast path applies
  private readonly words: WordCache;
  private readonly wordMemo = new Map<string, WordTokens>(); // for the general path
  private readonly idByToken: ReadonlyMap<string, number>;

  private constructor(json: TokenizerJson, config: TokenizerConfig) {
    this.json = json;
    this.config = config;
    this.model = new BpeModel(json.vocab, json.merges, json.model);
    this.normalizer = json.normalizer === null ? null : readNormalizer(json.normalizer);
    this.preTokenizer = json.preTokenizer === null ? null : readPreTokenizer(json.preTokenizer);
    this.decoder = json.decoder === null ? null : readDecoder(json.decoder);
    this.postProcessor =
      json.postProcessor === null ? null : readPostProcessor(json.postProcessor, (id) => this.idToToken(id));
    for (const { content, id } of json.addedTokens) {
      const other = json.vocab.get(content) ?? id;
      if (other !== id)
        malformed(`added_tokens gives ${JSON.stringify(content)} the id ${id}, the vocabulary ${other}`);
    }
    this.addedById = new Map(json.addedTokens.map((token) => [token.id, token]));
    const finders = (tokens: readonly AddedToken[]): Finders => ({
      asWritten: new AddedTokenFinder(tokens.filter((t) => !t.normalized)),
      asNormalized: new AddedTokenFinder(
        tokens.filter((t) => t.normalized),
        (t) => this.normalizedSpelling(t),
      ),
    });
    this.allAdded = finders(json.addedTokens);
    this.ordinaryAdded = finders(json.addedTokens.filter((t) => !t.special));
    this.idByToken = new Map([...json.vocab, ...json.addedTokens.map((t): [string, number] => [t.content, t.id])]);
    this.vocabSize = Math.max(this.model.tokens.length, ...json.addedTokens.map((t) => t.id + 1));
    this.modelVocabSize = json.vocab.size;
    this.tokenCount = new Set([...json.vocab.values(), ...json.addedTokens.map((t) => t.id)]).size;
    this.specialTokens = resolveSpecialTokens(config.roles, (token) => this.idByToken.get(token));
    const cutter = json.normalizer === null ? cutterFor(json.preTokenizer) : null;
    this.cutter = cutter?.inBytes === true && !this.model.spellsEveryByte ? null : cutter;
    this.words = new WordCache(this.model, this.cutter?.inBytes ?? true);
  }

  /**
   * Read a Hugging Face folder, or a tokenizer.json with the configuration files beside it, if any. Ids are those of
   * transformers' `AutoTokenizer` for the same files.
   *
   * @throws Error naming the file, and the part of it or of its configuration that is missing, malformed or not supported
   */
  static load(folderOrFile: string): Tokenizer {
    const isFolder = fs.existsSync(folderOrFile) && fs.statSync(folderOrFile).isDirectory();
    const file = isFolder ? path.join(folderOrFile, "tokenizer.json") : folderOrFile;
    const raw = withRemedy(DAMAGED, () => readJson<Json>(file));
    try {
      const { json, config } = applyConfiguration(raw, file);
      return new Tokenizer(checkTokenizerJson(json), config);
    } catch (error) {
      throw new Error(`${file}: ${messageOf(error)}`);
    }
  }

  /**
   * From the parsed content of a tokenizer.json.
   *
   * @param config - further entries for tokenizer_config.json, such as `chat_template`
   * @throws Error as `load`, without the file
   */
  static fromJson(json: unknown, roles: TokenizerConfig["roles"] = {}, config: Json = {}): Tokenizer {
    return new Tokenizer(checkTokenizerJson(json as Json), { raw: config, roles });
  }

  /** The content of the tokenizer.json that `save` writes, with the tokens that its configuration adds. */
  toJson(): Json {
    return this.json.raw;
  }

  /** Whether special tokens spelt out in a text are encoded as text by default (split_special_tokens). */
  get splitsSpecialTokens(): boolean {
    return this.config.splitSpecialTokens === true;
  }

  /** Write tokenizer.json, tokenizer_config.json and special_tokens_map.json into `folder`. */
  save(folder: string): void {
    const roles: TokenizerConfig["roles"] = {};
    for (const role of ROLES) {
      const id = this.specialTokens[role];
      if (id !== null) roles[role] = this.idToToken(id);
    }
    writeTokenizerFiles(folder, this.json.raw, this.config.raw, roles);
  }

  /** The id of a token by its spelling ("Ġthe"), or undefined. */
  tokenToId(token: string): number | undefined {
    return this.idByToken.get(token);
  }

  /** Whether a token has this id; a model's vocabulary may be padded beyond the tokens, and added tokens may leave gaps. */
  hasId(id: number): boolean {
    return this.addedById.has(id) || this.model.tokens[id] !== undefined;
  }

  /** @throws RangeError if no token has this id */
  idToToken(id: number): string {
    const token = this.addedById.get(id)?.content ?? this.model.tokens[id];
    if (token === undefined) {
      throw new RangeError(`no token has id ${id}; this vocabulary has the ids 0 to ${this.vocabSize - 1}`);
    }
    return token;
  }

  encode(text: string, options: EncodeOptions = {}): Encoding {
    const { addSpecialTokens = true, maxLength } = options;
    const segment = this.segment(text, 0, this.finders(options));
    if (maxLength !== undefined) truncate(segment, Math.max(0, maxLength - this.added(false, addSpecialTokens)));
    return this.finish([segment], addSpecialTokens);
  }

  /** The ids alone, faster. */
  encodeIds(text: string, options: EncodeOptions = {}): number[] {
    const { addSpecialTokens = true, maxLength } = options;
    const segment: Segment = { ids: this.textIds(text, this.finders(options)), offsets: [], sequence: 0 };
    if (maxLength !== undefined) truncate(segment, Math.max(0, maxLength - this.added(false, addSpecialTokens)));
    if (!addSpecialTokens || this.postProcessor === null) return segment.ids;
    const segments = this.postProcessor.process([segment], true);
    return segments.length === 1 ? segments[0].ids : segments.flatMap((s) => s.ids);
  }

  /**
   * Two texts as one sequence, at most `maxLength` tokens with the special ones, truncated longest-first: a text that
   * fits keeps its tokens, otherwise the two share the space, and the longer one gets the odd token.
   *
   * An empty second text counts as none, as in the reference.
   */
  encodePair(a: string, b: string, options: EncodeOptions & { maxLength: number }): Encoding {
    const { maxLength, addSpecialTokens = true } = options;
    const first = this.segment(a, 0, this.finders(options));
    const second = this.segment(b, 1, this.finders(options));
    const isPair = b !== "";
    const room = maxLength - this.added(isPair, addSpecialTokens);
    if (!(room >= 0)) {
      throw new RangeError(
        `encodePair: maxLength is ${maxLength}, want space for at least the ${maxLength - room} special tokens`,
      );
    }
    if (!isPair) {
      truncate(first, room);
      const encoding = this.finish([first], addSpecialTokens);
      return { ...encoding, sequenceIds: encoding.specialTokensMask.map((special) => (special === 1 ? null : 0)) };
    }
    const [n1, n2] = longestFirst(first.ids.length, second.ids.length, room);
    truncate(first, n1);
    truncate(second, n2);
    return this.finish([first, second], addSpecialTokens);
  }

  /** @throws RangeError if an id is not in the vocabulary */
  decode(ids: ArrayLike<number>, options: { skipSpecialTokens?: boolean } = {}): string {
    const tokens: string[] = [];
    for (let i = 0; i < ids.length; i++) {
      const added = this.addedById.get(ids[i]);
      if (options.skipSpecialTokens === true && added?.special === true) continue;
      // [reference] a token found in normalized text is decoded in its normalized form
      tokens.push(added?.normalized === true ? this.normalizedSpelling(added) : this.idToToken(ids[i]));
    }
    return this.decoder === null ? tokens.join(" ") : this.decoder(tokens).join("");
  }

  private added(isPair: boolean, addSpecialTokens: boolean): number {
    return addSpecialTokens ? (this.postProcessor?.addedTokens(isPair) ?? 0) : 0;
  }

  private finish(segments: Segment[], addSpecialTokens: boolean): Encoding {
    const processed = this.postProcessor?.process(segments, addSpecialTokens) ?? segments;
    const encoding: Encoding =
      processed.length === 1
        ? { ids: processed[0].ids, offsets: processed[0].offsets, specialTokensMask: maskOf(processed[0]) }
        : {
            ids: processed.flatMap((s) => s.ids),
            offsets: processed.flatMap((s) => s.offsets),
            specialTokensMask: processed.flatMap(maskOf),
          };
    if (segments.length === 2) {
      encoding.sequenceIds = processed.flatMap((s) => new Array<0 | 1 | null>(s.ids.length).fill(s.sequence));
    }
    return encoding;
  }

  private normalizedSpelling({ content }: AddedToken): string {
    return this.normalizer === null ? content : this.normalizer(AlignedText.of(content)).toString();
  }

  private finders(options: EncodeOptions): Finders {
    const isFound = options.specialTokensInText ?? !this.splitsSpecialTokens;
    return isFound ? this.allAdded : this.ordinaryAdded;
  }

  /** Ids of the text alone. */
  private textIds(text: string, finders: Finders): number[] {
    const { cutter } = this;
    if (cutter === null) return this.generalSegment(text, 0, finders).ids;
    const ids: number[] = [];
    const ordinary = (stretch: string) =>
      cutter.eachWord(stretch, (prefixed, from, to) => this.words.pushIds(prefixed, from, to, ids));
    if (!mayHoldAdded(text, finders)) {
      ordinary(text);
      return ids;
    }
    for (const { from, to, token } of finders.asWritten.cut(text)) {
      if (token !== null) {
        ids.push(token.id);
        continue;
      }
      const part = text.slice(from, to);
      for (const inner of finders.asNormalized.cut(part)) {
        if (inner.token !== null) ids.push(inner.token.id);
        else ordinary(part.slice(inner.from, inner.to));
      }
    }
    return ids;
  }

  /** Ids and offsets of the text alone. */
  private segment(text: string, sequence: 0 | 1, finders: Finders): Segment {
    const { cutter } = this;
    if (cutter === null || cutter.leads || mayHoldAdded(text, finders))
      return this.generalSegment(text, sequence, finders);
    const segment: Segment = { ids: [], offsets: [], sequence };
    if (ASCII.test(text)) {
      cutter.eachWord(text, (_, from, to) => this.pushAsciiWord(text, from, to, segment));
      return segment;
    }
    let point = 0; // code points before `from`
    let unit = 0;
    cutter.eachWord(text, (_, from, to) => {
      point += codePoints(text, unit, from);
      unit = from;
      this.pushWord(text, from, to, point, segment);
    });
    return segment;
  }

  /** Encode one word on the fast path, with offsets; `point` is its first code point. */
  private pushWord(text: string, from: number, to: number, point: number, segment: Segment): void {
    const start = segment.ids.length;
    this.words.pushIds(text, from, to, segment.ids);
    let bytes = 0;
    for (let i = start; i < segment.ids.length; i++) bytes += this.words.byteLength(segment.ids[i]);
    const pointOfByte = bytes === to - from ? null : pointsOfBytes(text, from, to); // all ASCII: one byte, one point
    let byte = 0;
    for (let i = start; i < segment.ids.length; i++) {
      const end = byte + this.words.byteLength(segment.ids[i]);
      segment.offsets.push(
        pointOfByte === null
          ? [point + byte, point + end]
          : [point + pointOfByte[byte], point + pointOfByte[end - 1] + 1],
      );
      byte = end;
    }
  }

  /** The same for ASCII, where code units, bytes and code points coincide; a shared loop would be a third slower. */
  private pushAsciiWord(text: string, from: number, to: number, { ids, offsets }: Segment): void {
    let i = ids.length;
    this.words.pushIds(text, from, to, ids);
    for (let at = from; i < ids.length; i++) {
      const end = at + this.words.byteLength(ids[i]);
      offsets.push([at, end]);
      at = end;
    }
  }

  private generalSegment(text: string, sequence: 0 | 1, finders: Finders): Segment {
    const segment: Segment = { ids: [], offsets: [], sequence };
    const pushToken = (id: number, piece: AlignedText) => {
      segment.written ??= new Map();
      segment.written.set(segment.ids.length, piece.toString());
      segment.ids.push(id);
      segment.offsets.push([piece.starts[0], piece.ends[piece.length - 1]]);
    };
    for (const [piece, token] of cutAligned(AlignedText.of(text), finders.asWritten)) {
      if (token !== null) {
        pushToken(token.id, piece);
        continue;
      }
      const normalized = this.normalizer === null ? piece : this.normalizer(piece);
      for (const [inner, innerToken] of cutAligned(normalized, finders.asNormalized)) {
        if (innerToken !== null) {
          pushToken(innerToken.id, inner);
          continue;
        }
        for (const word of this.preTokenizer === null ? [inner] : this.preTokenizer([inner]))
          this.pushAligned(word, segment);
      }
    }
    return segment;
  }

  private pushAligned(word: AlignedText, segment: Segment): void {
    const key = word.toString();
    let tokens = this.wordMemo.get(key);
    if (tokens === undefined) {
      tokens = this.model.encodeChars(word.chars);
      if (key.length <= 64 && this.wordMemo.size < 200_000) this.wordMemo.set(key, tokens);
    }
    let char = 0; //  the character that `byte` lies in
    let before = 0; // bytes before that character
    const charOfByte = (byte: number) => {
      for (;;) {
        const length = utf8Length(word.chars[char]);
        if (byte < before + length) return char;
        before += length;
        char++;
      }
    };
    let byte = 0;
    for (let i = 0; i < tokens.ids.length; i++) {
      const first = charOfByte(byte);
      byte += tokens.lengths[i];
      const last = charOfByte(byte - 1);
      segment.ids.push(tokens.ids[i]);
      segment.offsets.push([word.starts[first], word.ends[last]]);
    }
  }
}

function mayHoldAdded(text: string, { asWritten, asNormalized }: Finders): boolean {
  return asWritten.mayOccur(text) || asNormalized.mayOccur(text);
}

/** Number of tokens that each of two texts keeps when they share `room` tokens. */
function longestFirst(n1: number, n2: number, room: number): [number, number] {
  if (n1 + n2 <= room) return [n1, n2];
  const short = Math.min(n1, n2);
  let keepShort = short;
  let keepLong = short > room ? short : Math.max(short, room - short);
  if (keepShort + keepLong > room) {
    keepShort = Math.floor(room / 2);
    keepLong = keepShort + (room % 2);
  }
  return n1 > n2 ? [keepLong, keepShort] : [keepShort, keepLong];
}

function truncate(segment: Segment, length: number): void {
  if (segment.ids.length > length) segment.ids.length = length;
  if (segment.offsets.length > length) segment.offsets.length = length;
}

/** Cut an aligned text at added tokens. */
function cutAligned(text: AlignedText, finder: AddedTokenFinder): [AlignedText, AddedToken | null][] {
  const string = text.toString();
  if (!finder.mayOccur(string)) return text.length === 0 ? [] : [[text, null]];
  let unit = 0; // code unit and character index advance together
  let index = 0;
  const indexAt = (target: number) => {
    while (unit < target) unit += text.chars[index++].length;
    return index;
  };
  return finder.cut(string).map(({ from, to, token }) => [text.slice(indexAt(from), indexAt(to)), token]);
}

/** Code points in `text[from, to)`. */
function codePoints(text: string, from: number, to: number): number {
  let points = to - from;
  for (let i = from; i + 1 < to; i++) {
    const high = text.charCodeAt(i);
    if (high < 0xd800 || high > 0xdbff) continue;
    const low = text.charCodeAt(i + 1);
    if (low >= 0xdc00 && low <= 0xdfff) {
      points--;
      i++;
    }
  }
  return points;
}

/** For each UTF-8 byte of `text[from, to)` the code point, counted from `from`, that it belongs to. */
function pointsOfBytes(text: string, from: number, to: number): number[] {
  const out: number[] = [];
  let point = 0;
  for (const char of text.slice(from, to)) {
    for (let i = utf8Length(char); i > 0; i--) out.push(point);
    point++;
  }
  return out;
}
