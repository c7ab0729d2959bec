/**
 * @file Spelling of English word forms: regular rules, plus the irregular forms that the sample world uses.
 *
 * The rules are those of school grammar (sibilants take -es, consonant + y becomes -ies, a short stressed vowel doubles
 * its consonant); exceptions are listed.
 */

export interface Noun {
  singular: string;
  plural: string;
  isRegular: boolean;
}

export interface Verb {
  base: string;
  /** Third person singular present. */
  third: string;
  past: string;
  participle: string;
  ing: string;
  isRegular: boolean;
}

const IRREGULAR_PLURALS: Record<string, string> = {
  man: "men",
  woman: "women",
  child: "children",
  postman: "postmen",
  fisherman: "fishermen",
  fisherwoman: "fisherwomen",
  grandchild: "grandchildren",
  foot: "feet",
  tooth: "teeth",
  goose: "geese",
  mouse: "mice",
  ox: "oxen",
  sheep: "sheep",
  deer: "deer",
  fish: "fish",
  wolf: "wolves",
  calf: "calves",
  leaf: "leaves",
  knife: "knives",
  loaf: "loaves",
  shelf: "shelves",
  scarf: "scarves",
  wife: "wives",
  thief: "thieves",
  half: "halves",
  person: "people",
  potato: "potatoes",
  tomato: "tomatoes",
  hero: "heroes",
};

/** base: [past, participle] */
const IRREGULAR_VERBS: Record<string, [string, string]> = {
  be: ["was", "been"],
  have: ["had", "had"],
  do: ["did", "done"],
  go: ["went", "gone"],
  come: ["came", "come"],
  become: ["became", "become"],
  eat: ["ate", "eaten"],
  drink: ["drank", "drunk"],
  sing: ["sang", "sung"],
  ring: ["rang", "rung"],
  swim: ["swam", "swum"],
  begin: ["began", "begun"],
  sink: ["sank", "sunk"],
  shrink: ["shrank", "shrunk"],
  spring: ["sprang", "sprung"],
  run: ["ran", "run"],
  see: ["saw", "seen"],
  give: ["gave", "given"],
  forgive: ["forgave", "forgiven"],
  weave: ["wove", "woven"],
  grind: ["ground", "ground"],
  bleed: ["bled", "bled"],
  sew: ["sewed", "sewn"],
  take: ["took", "taken"],
  shake: ["shook", "shaken"],
  break: ["broke", "broken"],
  speak: ["spoke", "spoken"],
  steal: ["stole", "stolen"],
  freeze: ["froze", "frozen"],
  choose: ["chose", "chosen"],
  wake: ["woke", "woken"],
  wear: ["wore", "worn"],
  tear: ["tore", "torn"],
  write: ["wrote", "written"],
  ride: ["rode", "ridden"],
  drive: ["drove", "driven"],
  rise: ["rose", "risen"],
  hide: ["hid", "hidden"],
  bite: ["bit", "bitten"],
  fall: ["fell", "fallen"],
  draw: ["drew", "drawn"],
  grow: ["grew", "grown"],
  know: ["knew", "known"],
  throw: ["threw", "thrown"],
  blow: ["blew", "blown"],
  fly: ["flew", "flown"],
  show: ["showed", "shown"],
  forget: ["forgot", "forgotten"],
  get: ["got", "gotten"],
  make: ["made", "made"],
  buy: ["bought", "bought"],
  bring: ["brought", "brought"],
  think: ["thought", "thought"],
  catch: ["caught", "caught"],
  teach: ["taught", "taught"],
  find: ["found", "found"],
  hear: ["heard", "heard"],
  hold: ["held", "held"],
  keep: ["kept", "kept"],
  sleep: ["slept", "slept"],
  sweep: ["swept", "swept"],
  feel: ["felt", "felt"],
  leave: ["left", "left"],
  lose: ["lost", "lost"],
  meet: ["met", "met"],
  feed: ["fed", "fed"],
  lead: ["led", "led"],
  read: ["read", "read"],
  say: ["said", "said"],
  pay: ["paid", "paid"],
  sell: ["sold", "sold"],
  tell: ["told", "told"],
  send: ["sent", "sent"],
  lend: ["lent", "lent"],
  spend: ["spent", "spent"],
  build: ["built", "built"],
  bend: ["bent", "bent"],
  sit: ["sat", "sat"],
  stand: ["stood", "stood"],
  understand: ["understood", "understood"],
  win: ["won", "won"],
  dig: ["dug", "dug"],
  hang: ["hung", "hung"],
  shine: ["shone", "shone"],
  put: ["put", "put"],
  cut: ["cut", "cut"],
  hit: ["hit", "hit"],
  hurt: ["hurt", "hurt"],
  let: ["let", "let"],
  set: ["set", "set"],
};

export function noun(singular: string): Noun {
  const words = singular.split(" ");
  const last = words[words.length - 1];
  const irregular = IRREGULAR_PLURALS[last];
  const plural = irregular ?? regularPlural(last);
  return { singular, plural: [...words.slice(0, -1), plural].join(" "), isRegular: irregular === undefined };
}

function regularPlural(word: string): string {
  if (/(s|x|z|ch|sh)$/.test(word)) return `${word}es`;
  if (/[^aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return `${word}s`;
}

/** `"look after"` keeps its particle after the inflected word. */
export function verb(phrase: string): Verb {
  const [base, ...rest] = phrase.split(" ");
  const tail = rest.length === 0 ? "" : ` ${rest.join(" ")}`;
  const irregular = IRREGULAR_VERBS[base];
  const past = irregular === undefined ? regularPast(base) : irregular[0];
  return {
    base: phrase,
    third: (base === "have" ? "has" : base === "do" ? "does" : base === "go" ? "goes" : regularPlural(base)) + tail,
    past: past + tail,
    participle: (irregular === undefined ? past : irregular[1]) + tail,
    ing: ingForm(base) + tail,
    isRegular: irregular === undefined,
  };
}

export function regularPast(base: string): string {
  if (base.endsWith("e")) return `${base}d`;
  if (/[^aeiou]y$/.test(base)) return `${base.slice(0, -1)}ied`;
  return `${doubled(base)}ed`;
}

function ingForm(base: string): string {
  if (base.endsWith("ie")) return `${base.slice(0, -2)}ying`;
  if (base === "be" || /(ee|oe|ye)$/.test(base)) return `${base}ing`;
  if (base.endsWith("e")) return `${base.slice(0, -1)}ing`;
  return `${doubled(base)}ing`;
}

const DOUBLED_ANYWAY = new Set(["begin", "forget", "admit"]);

/** `plan` -> `plann`, `open` -> `open`: one short vowel before one consonant. */
function doubled(base: string): string {
  const isShort = /^[^aeiou]*[aeiou][bdgklmnprt]$/.test(base);
  return isShort || DOUBLED_ANYWAY.has(base) ? base + base[base.length - 1] : base;
}

/** `a` or `an`, by the first sound of the next word. */
export function article(next: string): "a" | "an" {
  if (/^(hour|honest|heir)/i.test(next)) return "an";
  if (/^(use|usu|uni|one|eu)/i.test(next)) return "a";
  return /^[aeiou]/i.test(next) ? "an" : "a";
}

const IRREGULAR_COMPARISON: Record<string, [string, string]> = {
  good: ["better", "best"],
  bad: ["worse", "worst"],
  far: ["farther", "farthest"],
};

/** `[comparative, superlative]`: -er/-est for short words, more/most for long ones. */
export function comparison(adjective: string): [string, string] {
  const irregular = IRREGULAR_COMPARISON[adjective];
  if (irregular !== undefined) return irregular;
  if (/[^aeiou]y$/.test(adjective) && adjective.length <= 7) {
    const stem = adjective.slice(0, -1);
    return [`${stem}ier`, `${stem}iest`];
  }
  const syllables = adjective.replace(/e$/, "").match(/[aeiouy]+/g)?.length ?? 1;
  if (syllables > 1) return [`more ${adjective}`, `most ${adjective}`];
  if (adjective.endsWith("e")) return [`${adjective}r`, `${adjective}st`];
  const stem = /^[^aeiou]*[aeiou][bdgmnt]$/.test(adjective) ? adjective + adjective[adjective.length - 1] : adjective;
  return [`${stem}er`, `${stem}est`];
}

const SMALL_NUMBERS =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

/** 0 to 99 in words. @throws RangeError outside */
export function numberWord(n: number): string {
  if (!Number.isInteger(n) || n < 0 || n > 99) throw new RangeError(`numberWord: want 0 to 99, got ${n}`);
  if (n < 20) return SMALL_NUMBERS[n];
  const tens = TENS[Math.floor(n / 10) - 2];
  return n % 10 === 0 ? tens : `${tens}-${SMALL_NUMBERS[n % 10]}`;
}

/** First letter in upper case; the rest is left alone. */
export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
