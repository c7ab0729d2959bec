/**
 * @file Settings beside a tokenizer.json that change its ids: tokenizer_config.json, special_tokens_map.json and
 * added_tokens.json, applied as by `AutoTokenizer` of transformers.
 *
 * The class named there may replace parts of tokenizer.json, tokens named there are added, and versions of transformers
 * differ in both. Here: ids are those of transformers 5.18; if 4.57 would give other ids for the same files, the
 * setting is refused by its name, since one of the two would be wrong. One exception: if no class is named,
 * tokenizer.json is used unchanged (5.18), although 4.57 uses the class of the model.
 * `test/golden/tokenizer/auto-tokenizer.json` has the ids of both.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { brief, withRemedy } from "../util/check";
import { readJson } from "../util/jsonl";
import type { AddedToken } from "./added-tokens";
import { addedTokensOf, DAMAGED, type Json } from "./json-part";
import { readPostProcessor } from "./post-processors";
import { ROLES, type Role } from "./special-tokens";

/** The supported settings of the configuration files. */
export interface TokenizerConfig {
  raw: Json;
  /** Spelling of the token in each role. */
  roles: Partial<Record<Role, string>>;
  /** Special tokens spelt out in a text are encoded as text. */
  splitSpecialTokens?: boolean;
}

/** A tokenizer.json with all that its configuration changes, and the roles of its tokens. */
export interface Configured {
  json: Json;
  config: TokenizerConfig;
}

/** Content of the files; null for a missing file. */
interface ConfigurationFiles {
  config: Json | null;
  map: Json | null;
  added: Json | null;
  /** The model's config.json, which may name the class. */
  model: Json | null;
}

/** Order in which transformers processes its named tokens. */
const NAMED = ["bos", "eos", "unk", "sep", "pad", "cls", "mask"] as const;

/** What a class changes in a tokenizer.json. @throws Error if versions of transformers disagree */
type ClassRule = (parts: Parts, settings: Json) => Json;

/** The parts of a tokenizer.json that classes replace. */
interface Parts {
  json: Json;
  normalizer: Json | null;
  preTokenizer: Json | null;
  postProcessor: Json | null;
  model: Json;
}

/**
 * Apply the files beside `file` (a tokenizer.json with the content `json`).
 *
 * @throws Error naming the file and the setting that is not supported, and what to do
 */
export function applyConfiguration(json: Json, file: string): Configured {
  const folder = path.dirname(file);
  const read = (name: string): Json | null => {
    const beside = path.join(folder, name);
    return fs.existsSync(beside) ? withRemedy(DAMAGED, () => readJson<Json>(beside)) : null;
  };
  return configure(json, {
    config: read("tokenizer_config.json"),
    map: read("special_tokens_map.json"),
    added: read("added_tokens.json"),
    model: read("config.json"),
  });
}

/** The same from the files' content. */
export function configure(json: Json, files: ConfigurationFiles): Configured {
  const raw = files.config ?? {};
  // [transformers] the map is from older versions: it is used, with more effect, if added_tokens_decoder is absent
  const settings: Json = raw.added_tokens_decoder === undefined ? { ...raw, ...files.map } : raw;
  const className = classOf(settings, files.model);
  const named = files.config !== null || files.map !== null;
  const changed = className === null && !named ? json : applyClass(json, className, settings);
  const roleNames = namedTokens(settings, className);
  const roles: TokenizerConfig["roles"] = {};
  for (const role of ROLES) {
    const name = contentOf(roleNames[role]);
    if (name !== null) roles[role] = name;
  }
  return {
    json: addTokens(changed, settings, roleNames, files.added, className),
    config: { raw, roles, splitSpecialTokens: settings.split_special_tokens === true },
  };
}

/** The class's name without "Fast", or null for the plain class, which uses tokenizer.json unchanged. */
function classOf(settings: Json, model: Json | null): string | null {
  const name = settings.tokenizer_class ?? model?.tokenizer_class ?? null;
  if (name === null) return null;
  if (typeof name !== "string") refuse("tokenizer_class", name, "want a text", "name the class");
  const plain = (name as string).replace(/Fast$/, "");
  return ["PreTrainedTokenizer", "TokenizersBackend"].includes(plain) ? null : plain;
}

function applyClass(json: Json, className: string | null, settings: Json): Json {
  const part = (name: string) => (json[name] as Json | null | undefined) ?? null;
  const parts: Parts = {
    json,
    normalizer: part("normalizer"),
    preTokenizer: part("pre_tokenizer"),
    postProcessor: part("post_processor"),
    model: (json.model ?? {}) as Json,
  };
  if (className === null) return plainClass(parts, settings);
  const rule = Object.hasOwn(CLASSES, className) ? CLASSES[className] : undefined;
  if (rule === undefined) {
    const known = ["PreTrainedTokenizerFast", ...Object.keys(CLASSES)].join(", ");
    refuse("tokenizer_class", settings.tokenizer_class ?? className, `supported: ${known}`, AS_IT_STANDS);
  }
  return (rule as ClassRule)(parts, settings);
}

const AS_IT_STANDS = `set it to "PreTrainedTokenizerFast" to use tokenizer.json unchanged`;

/** [transformers 4] sets add_prefix_space of a pre-tokenizer from the configuration; 5 does not. */
function plainClass({ json, preTokenizer }: Parts, settings: Json): Json {
  const asked = settings.add_prefix_space === true;
  if (settings.tokenizer_class !== undefined && preTokenizer?.type === "ByteLevel") {
    const has = preTokenizer.add_prefix_space === true;
    if (asked !== has) {
      refuse(
        "add_prefix_space",
        settings.add_prefix_space ?? false,
        `tokenizer.json's pre_tokenizer has ${has}, and transformers 4 and 5 differ in which one they use`,
        "make the two the same",
      );
    }
  }
  return json;
}

const BYTE_LEVEL_DECODER = { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true };

/** GPT-2's words only; add_prefix_space is the configuration's, default false. */
const gpt2: ClassRule = (parts, settings) => {
  wantByteLevel(parts, settings, null);
  return withPrefix(parts, settings);
};

/** The same with RoBERTa's post-processor, which must be in the file. */
const roberta: ClassRule = (parts, settings) => {
  wantByteLevel(parts, settings, null);
  if (parts.postProcessor?.type !== "RobertaProcessing") {
    refuse(
      "tokenizer_class",
      settings.tokenizer_class,
      "tokenizer.json's post_processor is not RobertaProcessing, which transformers 5 would add and 4 would not",
      AS_IT_STANDS,
    );
  }
  const postProcessor = { ...parts.postProcessor, add_prefix_space: settings.add_prefix_space === true };
  return { ...withPrefix(parts, settings), post_processor: postProcessor };
};

/** GPT-2's words after NFC; adds nothing around a text, whatever tokenizer.json says. */
const gptNeoX: ClassRule = (parts, settings) => {
  wantByteLevel(parts, settings, "NFC");
  for (const name of ["add_bos_token", "add_eos_token"]) {
    if (settings[name] !== true) continue;
    refuse(name, true, "transformers 4 applies it for this class and 5 does not", AS_IT_STANDS);
  }
  return { ...withPrefix(parts, settings), post_processor: null };
};

/** The class's own pattern after NFC; both must be in the file. */
const qwen2: ClassRule = ({ json, normalizer, preTokenizer }, settings) => {
  const [split, byteLevel, ...rest] = (preTokenizer?.pretokenizers ?? []) as Json[];
  const isOwn =
    normalizer?.type === "NFC" &&
    preTokenizer?.type === "Sequence" &&
    rest.length === 0 &&
    split?.type === "Split" &&
    (split.pattern as Json | undefined)?.Regex === QWEN2_PATTERN &&
    split.behavior === "Isolated" &&
    split.invert !== true &&
    byteLevel?.type === "ByteLevel" &&
    byteLevel.use_regex === false &&
    (byteLevel.add_prefix_space === true) === (settings.add_prefix_space === true);
  if (!isOwn) refuseParts(settings, "NFC and Qwen 2's word pattern");
  return json;
};

const QWEN2_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/** [transformers 5] Metaspace without cuts and byte fallback; [4] the file, with a template from the settings. */
const llama: ClassRule = ({ json, normalizer, preTokenizer, postProcessor, model }, settings) => {
  const scheme = settings.add_prefix_space === false ? "never" : settings.legacy === true ? "always" : "first";
  const isOwn =
    normalizer === null &&
    preTokenizer?.type === "Metaspace" &&
    preTokenizer.replacement === "▁" &&
    preTokenizer.prepend_scheme === scheme &&
    preTokenizer.split === false &&
    model.byte_fallback === true &&
    model.fuse_unk === true &&
    model.ignore_merges !== true;
  if (!isOwn) refuseParts(settings, `a Metaspace ("${scheme}", without cuts) with byte fallback and no normalizer`);
  const ids = new Map(addedTokensOf(json).map(({ content, id }) => [content, id as number]));
  const idOf = (role: "bos" | "eos") => ids.get(contentOf(namedTokens(settings, "LlamaTokenizer")[role])) ?? -1;
  const bos = settings.add_bos_token === false ? [] : [idOf("bos")];
  const eos = settings.add_eos_token === true ? [idOf("eos")] : [];
  const around = (texts: number[]) => texts.flatMap((text) => [...bos, text, ...eos]);
  const found = [[-7], [-7, -8]].map((texts) => processedIds(postProcessor, texts));
  if (JSON.stringify(found) !== JSON.stringify([around([-7]), around([-7, -8])])) {
    refuse(
      "add_bos_token and add_eos_token",
      [settings.add_bos_token ?? true, settings.add_eos_token ?? false],
      "tokenizer.json's post_processor differs from them, and transformers 4 and 5 differ in which one they use",
      "make the two the same",
    );
  }
  return json;
};

const CLASSES: Readonly<Record<string, ClassRule>> = {
  GPT2Tokenizer: gpt2,
  CodeGenTokenizer: gpt2,
  RobertaTokenizer: roberta,
  GPTNeoXTokenizer: gptNeoX,
  Qwen2Tokenizer: qwen2,
  LlamaTokenizer: llama,
};

/** Named tokens of a class if the configuration does not give them. */
const DEFAULT_TOKENS: Readonly<Record<string, Partial<Record<(typeof NAMED)[number], string>>>> = {
  GPT2Tokenizer: { bos: "<|endoftext|>", eos: "<|endoftext|>", unk: "<|endoftext|>" },
  CodeGenTokenizer: { bos: "<|endoftext|>", eos: "<|endoftext|>", unk: "<|endoftext|>" },
  RobertaTokenizer: { bos: "<s>", eos: "</s>", unk: "<unk>", sep: "</s>", pad: "<pad>", cls: "<s>", mask: "<mask>" },
  GPTNeoXTokenizer: { bos: "<|endoftext|>", eos: "<|endoftext|>", unk: "<|endoftext|>" },
  Qwen2Tokenizer: { eos: "<|endoftext|>", unk: "<|endoftext|>", pad: "<|endoftext|>" },
  LlamaTokenizer: { bos: "<s>", eos: "</s>", unk: "<unk>" },
};

function wantByteLevel({ normalizer, preTokenizer, model }: Parts, settings: Json, normal: "NFC" | null): void {
  const isOwn =
    (normalizer?.type ?? null) === normal &&
    preTokenizer?.type === "ByteLevel" &&
    preTokenizer.use_regex !== false &&
    model.ignore_merges !== true &&
    model.byte_fallback !== true;
  if (!isOwn)
    refuseParts(settings, `${normal === null ? "no normalizer" : normal} and GPT-2's word pattern (ByteLevel)`);
}

function withPrefix({ json, preTokenizer }: Parts, settings: Json): Json {
  const wanted = settings.add_prefix_space === true;
  if ((preTokenizer?.add_prefix_space === true) === wanted) return json;
  return { ...json, pre_tokenizer: { ...preTokenizer, add_prefix_space: wanted }, decoder: BYTE_LEVEL_DECODER };
}

function refuseParts(settings: Json, has: string): never {
  return refuse(
    "tokenizer_class",
    settings.tokenizer_class,
    `this class has ${has}, tokenizer.json has other parts, and transformers 4 and 5 differ in which one they use`,
    AS_IT_STANDS,
  );
}

/** Output of a post-processor for texts of one token each. */
function processedIds(postProcessor: Json | null, texts: number[]): number[] {
  const segments = texts.map((id, i) => ({ ids: [id], offsets: [], sequence: i as 0 | 1 }));
  if (postProcessor === null) return texts;
  return readPostProcessor(postProcessor, () => "")
    .process(segments, true)
    .flatMap(({ ids }) => ids);
}

/** The named tokens as configured, as text or as an object with flags; null if there is none. */
function namedTokens(settings: Json, className: string | null): Record<(typeof NAMED)[number], unknown> {
  const defaults = className === null ? {} : (DEFAULT_TOKENS[className] ?? {});
  return Object.fromEntries(
    NAMED.map((name) => {
      const value = settings[`${name}_token`];
      return [name, value === undefined ? (defaults[name] ?? null) : value];
    }),
  ) as Record<(typeof NAMED)[number], unknown>;
}

function contentOf(token: unknown): string | null {
  const content = typeof token === "string" ? token : (token as Json | null)?.content;
  return typeof content === "string" ? content : null;
}

/**
 * The tokenizer.json with the tokens that only the configuration names, in transformers' order: added_tokens_decoder by
 * id, named tokens, further special tokens. A token in the vocabulary keeps its id; a new one gets the next id.
 */
function addTokens(
  json: Json,
  settings: Json,
  roles: ReturnType<typeof namedTokens>,
  addedFile: Json | null,
  className: string | null,
): Json {
  const vocab = ((json.model as Json | undefined)?.vocab ?? {}) as Record<string, number>;
  const list = new TokenList(addedTokensOf(json) as unknown as AddedToken[], vocab);
  const further = furtherTokens(settings, className);
  const specials = new Set([...Object.values(roles), ...further].map(contentOf));
  for (const { content, flags } of decoderTokens(settings, addedFile, specials)) {
    list.put(content, flags, specials.has(content)); // these flags also apply to an existing token
  }
  for (const name of NAMED) {
    const content = contentOf(roles[name]);
    if (content === null || list.find(content) !== undefined) continue;
    const isOurs = (ROLES as readonly string[]).includes(name);
    if (isOurs && !Object.hasOwn(vocab, content)) continue; // refused where roles are resolved: no model has a row for it
    list.put(content, specialFlags(roles[name]), true);
  }
  for (const token of further) {
    const content = contentOf(token);
    if (content === null) {
      return refuse("additional_special_tokens", token, "want texts or objects with a content", "correct it");
    }
    const there = list.find(content);
    if (there === undefined) list.put(content, specialFlags(token), true);
    else if (typeof token === "object") wantSameFlags(token as Json, there);
  }
  return list.isChanged ? { ...json, added_tokens: list.tokens } : json;
}

function specialFlags(token: unknown): Json {
  return typeof token === "object" ? { ...(token as Json), special: true } : {};
}

/** The list added_tokens, to which more are added. */
class TokenList {
  readonly tokens: AddedToken[];
  isChanged = false;
  private readonly vocab: Readonly<Record<string, number>>;

  constructor(tokens: readonly AddedToken[], vocab: Readonly<Record<string, number>>) {
    this.tokens = [...tokens];
    this.vocab = vocab;
  }

  find(content: string): AddedToken | undefined {
    return this.tokens.find((token) => token.content === content);
  }

  /** Add a token, or set the flags of an existing one. */
  put(content: string, flags: Json, special: boolean): void {
    if (content === "") return;
    const isSpecial = typeof flags.special === "boolean" ? flags.special : special;
    const at = this.tokens.findIndex((token) => token.content === content);
    const token: AddedToken = {
      id: at >= 0 ? this.tokens[at].id : Object.hasOwn(this.vocab, content) ? this.vocab[content] : this.nextId(),
      content,
      single_word: flags.single_word === true,
      lstrip: flags.lstrip === true,
      rstrip: flags.rstrip === true,
      normalized: typeof flags.normalized === "boolean" ? flags.normalized : !isSpecial,
      special: isSpecial,
    };
    if (at < 0) this.tokens.push(token);
    else if (JSON.stringify(token) !== JSON.stringify(this.tokens[at])) this.tokens[at] = token;
    else return;
    this.isChanged = true;
  }

  private nextId(): number {
    const largest = Math.max(-1, ...this.tokens.map(({ id }) => id));
    return Math.max(Object.keys(this.vocab).length, largest + 1);
  }
}

/** [transformers] 4 uses the flags of the configuration, 5 those of tokenizer.json. */
function wantSameFlags(token: Json, there: AddedToken): void {
  for (const flag of ["single_word", "lstrip", "rstrip", "normalized"] as const) {
    if (typeof token[flag] !== "boolean" || token[flag] === there[flag]) continue;
    const why = `tokenizer.json has ${flag} ${there[flag]}, and transformers 4 and 5 differ in which one they use`;
    refuse("additional_special_tokens", token, why, "make the two the same");
  }
}

/** additional_special_tokens, or extra_special_tokens as newer versions call them, as a list or by name. */
function furtherTokens(settings: Json, className: string | null): unknown[] {
  const extra = settings.extra_special_tokens;
  const isGiven = Array.isArray(extra) ? extra.length > 0 : typeof extra === "object" && extra !== null;
  const list = isGiven ? extra : (settings.additional_special_tokens ?? []);
  if (typeof list !== "object" || list === null) {
    refuse("additional_special_tokens", list, "want a list", "correct or remove it");
  }
  const tokens = Array.isArray(list) ? list : Object.values(list as Json);
  const known = new Set(tokens.map(contentOf));
  for (const [name, value] of Object.entries(settings)) {
    const isStandard = NAMED.some((role) => name === `${role}_token`);
    if (!name.endsWith("_token") || isStandard || typeof value !== "string" || known.has(value)) continue;
    const what =
      className === null ? "transformers 5 makes it a special token and 4 does not" : "this class has no such token";
    refuse(name, value, what, "name the token in additional_special_tokens, or remove the setting");
  }
  return tokens;
}

/** Tokens of added_tokens_decoder, else of an added_tokens.json, by their number. */
function decoderTokens(
  settings: Json,
  addedFile: Json | null,
  specials: ReadonlySet<string | null>,
): { content: string; flags: Json }[] {
  const decoder = settings.added_tokens_decoder as Record<string, Json> | undefined;
  if (decoder !== undefined) {
    return Object.entries(decoder)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([id, token]) => {
        const content = contentOf(token);
        if (content === null || typeof token === "string") {
          return refuse(`added_tokens_decoder, entry ${id}`, token, "want an object with a content", "correct it");
        }
        return { content, flags: { special: false, normalized: token.special !== true, ...token } };
      });
  }
  return Object.entries((addedFile ?? {}) as Record<string, number>)
    .sort(([, a], [, b]) => a - b)
    .map(([content]) => ({ content, flags: { special: specials.has(content), normalized: !specials.has(content) } }));
}

function refuse(setting: string, value: unknown, why: string, remedy: string): never {
  throw new Error(`tokenizer_config.json: ${setting} is ${brief(value)}: ${why}; ${remedy}`);
}
