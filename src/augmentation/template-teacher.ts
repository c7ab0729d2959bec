/**
 * @file A teacher without a model: questions from templates, answers in the article's own sentences.
 *
 * For the sample world, for tests, and where no language model is available. Deterministic. Every answer is two or
 * three sentences of the article, so it is grounded by construction; a pronoun that opens an answer is replaced by the
 * article's topic. Unlike the paper's LLaMA teacher it does not rephrase for a young reader.
 */

import { Rng } from "../util/rng";
import { countWords } from "../util/text-file";
import { splitSentences } from "./sentences";
import type { Article, QaPair, Teacher } from "./teacher";

const PAIRS = 3; //             [paper §3.2]
const ANSWER_SENTENCES = 3; //  [paper §3.2] "at least 2-3 sentences"
const MIN_SENTENCE_WORDS = 3; // shorter ones are section titles ("Early life.") on a line of their own

export const templateTeacher: Teacher = {
  name: "template-2",
  ask: async (article) => templatePairs(article),
};

/** Three pairs, or fewer if the article has fewer than three sentences to ask about. */
export function templatePairs(article: Article): QaPair[] {
  const topic = findTopic(article);
  const sentences = splitSentences(article.text).filter((sentence) => countWords(sentence) >= MIN_SENTENCE_WORDS);
  if (sentences.length > 0) sentences[0] = withSubject(sentences[0], topic);
  const rng = Rng.fromSeed("template-teacher").fork(`${article.title}\n${sentences[0] ?? ""}`);
  const used = new Set<string>();
  const pairs: QaPair[] = [];
  for (const { index, question } of chooseQuestions(sentences, topic, rng)) {
    const answer = answerFrom(sentences, index, topic, used);
    if (answer === null || used.has(question)) continue;
    used.add(question).add(answer);
    pairs.push({ question, answer });
    if (pairs.length === PAIRS) break;
  }
  return pairs;
}

/** The article's subject and its grammatical form. */
interface Topic {
  /** The name within a sentence: `the spinner dolphin`, `Mai Kyokawa`. */
  name: string;
  isPerson: boolean;
  isPlural: boolean;
  /** True for dead people and finished events. */
  isPast: boolean;
}

interface Candidate {
  index: number;
  question: string;
  /** Higher is asked first: a question that its sentence answers exactly ranks above a general one. */
  rank: number;
}

/** `(born May 15, 1956)`, `(16 August 1946 - 10 January 2021)`, or "was born". */
const LIFE_DATES = /\([^()]*\bborn\b|\([^()]*\d{3,4} - [^()]*\d{4}\)|\bwas born\b/;

function findTopic({ title, text }: Article): Topic {
  const bare = title.replace(/\s*\([^()]*\)\s*$/, "").trim() || title;
  const first = splitSentences(text)[0] ?? "";
  const match = new RegExp(`^(?:(the|an?) )?["']?(${escapeRegExp(bare)}s?)\\b`, "i").exec(first);
  const article = match?.[1] === undefined ? "" : `${match[1].toLowerCase()} `;
  // the spelling inside a sentence shows whether a word is a name ("Spinner dolphin" is only capitalised as a title)
  const isCommon = article !== "" && /\s/.test(bare) && match?.[2] !== bare;
  const name = article + (match === null ? bare : isCommon ? lowerFirst(match[2]) : match[2]);
  const verb = /\b(is|are|was|were)\b/.exec(match === null ? first : first.slice(match[0].length))?.[1];
  const opens = (pronoun: RegExp) => text.slice(0, 2000).match(pronoun)?.length ?? 0;
  const isPerson =
    article === "" &&
    (LIFE_DATES.test(first) || opens(/(?:^|[.!?] )(?:He|She)\b/gm) > opens(/(?:^|[.!?] )(?:It|They)\b/gm));
  return {
    name,
    isPerson,
    isPlural: verb === "are" || verb === "were",
    isPast: verb === "was" || verb === "were",
  };
}

/** Restore a sentence's subject where the source dropped it because it was the heading ("is a football player"). */
function withSubject(sentence: string, topic: Topic): string {
  return /^(?:is|are|was|were|has|had|can) /.test(sentence) ? `${upperFirst(topic.name)} ${sentence}` : sentence;
}

/** Exact questions first, one per sentence, spread over the article; then general questions. */
function chooseQuestions(sentences: readonly string[], topic: Topic, rng: Rng): Candidate[] {
  const exact: Candidate[] = [];
  for (let index = 0; index < sentences.length; index++) {
    const found = exactQuestion(sentences[index], index, topic);
    if (found !== null) exact.push({ index, ...found });
  }
  const [definition, others] = [exact.filter((c) => c.index === 0), exact.filter((c) => c.index > 0)];
  const chosen = [...definition, ...rng.shuffled(others).sort((a, b) => b.rank - a.rank)];
  const taken = new Set(chosen.map(({ index }) => index));
  const general = rng.shuffled(generalQuestions(topic));
  const left = rng.shuffled(sentences.map((_, index) => index).filter((index) => !taken.has(index)));
  const speaksOfTopic = mentions(topic);
  const rest = left.sort((a, b) => Number(speaksOfTopic(sentences[b])) - Number(speaksOfTopic(sentences[a])));
  return [...chosen, ...rest.map((index, i) => ({ index, question: general[i % general.length], rank: 0 }))];
}

/** Whether a sentence is about the topic: it has its name, or starts with a pronoun. */
function mentions({ name, isPerson, isPlural }: Topic): (sentence: string) => boolean {
  const bare = name.replace(/^(?:the|an?) /, "");
  const pattern = new RegExp(`\\b${escapeRegExp(bare)}|\\b${escapeRegExp(bare.split(" ").slice(-1)[0])}`, "i");
  const pronoun = isPerson ? /^(?:He|She|His|Her)\b/ : isPlural ? /^(?:They|Their)\b/ : /^(?:It|Its)\b/;
  return (sentence) => pattern.test(sentence) || pronoun.test(sentence);
}

function generalQuestions({ name, isPerson, isPlural }: Topic): string[] {
  const be = isPlural ? "are" : "is";
  return isPerson
    ? [
        `What else do we know about ${name}?`,
        `Can you tell me more about ${name}?`,
        `What is interesting about ${name}?`,
        `What should I remember about ${name}?`,
      ]
    : [
        `What else can you tell me about ${name}?`,
        `What ${be} interesting about ${name}?`.replace(/^What are/, "What is"),
        `Can you explain something more about ${name}?`,
        `What should I know about ${name}?`,
      ];
}

/** A question that this sentence answers, if a template fits it. */
function exactQuestion(sentence: string, index: number, topic: Topic): { question: string; rank: number } | null {
  const { name, isPerson, isPlural } = topic;
  const found = afterSubject(sentence, topic);
  if (found === null) return eventQuestion(sentence, topic);
  const rest = found.replace(/^(?:\([^()]*\)\s*)+/, ""); // life dates and the like
  if (index === 0) {
    const definition =
      /^(?:\([^()]*\)\s*)?(?:,[^,]*,\s*)?(is|are|was|were) (?:also )?(an?|the|one|any|some|a kind)\b/.exec(rest);
    if (definition !== null) return { question: `${isPerson ? "Who" : "What"} ${definition[1]} ${name}?`, rank: 9 };
  }
  const be = isPlural ? "are" : "is";
  const were = isPlural ? "were" : "was";
  const does = isPlural ? "do" : "does";
  for (const { pattern, ask, rank } of TEMPLATES) {
    const match = pattern.exec(rest);
    if (match !== null) return { question: ask({ name, be, were, does, match }), rank };
  }
  return null;
}

interface TemplateParts {
  name: string;
  be: string;
  were: string;
  does: string;
  match: RegExpExecArray;
}

const YEAR = "(?:in|on|since) (?:[A-Z][a-z]+ )?(?:\\d{1,2},? )?(?:[A-Z][a-z]+ )?(?:\\d{1,2},? )?\\d{4}";

/** Tried in order on the text after the subject. */
const TEMPLATES: readonly { pattern: RegExp; ask: (parts: TemplateParts) => string; rank: number }[] = [
  { pattern: /^(?:was|were) born .*\d{4}/, ask: ({ name, were }) => `When ${were} ${name} born?`, rank: 8 },
  { pattern: /^(?:was|were) born (?:in|at|near) /, ask: ({ name, were }) => `Where ${were} ${name} born?`, rank: 8 },
  { pattern: /^died .*\d{4}/, ask: ({ name }) => `When did ${name} die?`, rank: 8 },
  { pattern: /^died (?:of|from) /, ask: ({ name }) => `How did ${name} die?`, rank: 8 },
  {
    pattern: new RegExp(
      `^(was|were) (?:first )?(founded|built|made|created|opened|invented|discovered|released|published|written|formed|started|established|elected|named) .*?${YEAR}`,
    ),
    ask: ({ name, match }) => `When ${match[1]} ${name} ${match[2]}?`,
    rank: 8,
  },
  {
    pattern: /^(was|were) (?:first )?(founded|built|made|created|invented|discovered|written|directed|painted) by /,
    ask: ({ name, match }) => `Who ${match[2].replace("written", "wrote")} ${name}?`,
    rank: 8,
  },
  {
    pattern: /^(?:is|are) (?:often |usually |mostly )?(located|found|situated) (?:in|on|at|near|between|along|by)\b/,
    ask: ({ name, be, match }) => `Where ${be} ${name} ${match[1]}?`,
    rank: 7,
  },
  {
    pattern: /^(is|are|was|were) (?:well |best |mostly )?(known|famous|remembered) for /,
    ask: ({ name, match }) => `What ${match[1]} ${name} ${match[2]} for?`,
    rank: 7,
  },
  { pattern: /^(?:is|are) used (?:for|to) /, ask: ({ name, be }) => `What ${be} ${name} used for?`, rank: 7 },
  { pattern: /^(?:is|are) made (?:of|from) /, ask: ({ name, be }) => `What ${be} ${name} made of?`, rank: 7 },
  {
    pattern: /^(is|are|was|were) ((?:very |so |quite )?[a-z]+) because /,
    ask: ({ name, match }) => `Why ${match[1]} ${name} ${match[2]}?`,
    rank: 8,
  },
  {
    pattern: /^(?:usually |often |mostly |still )?(?:lives?|lived) (?:in|on|at|near|with|under|by)\b/,
    ask: ({ name, does, match }) => `Where ${/lived/.test(match[0]) ? "did" : does} ${name} live?`,
    rank: 7,
  },
  {
    pattern: /^(?:works?|worked) (?:in|at|on|for|as)\b/,
    ask: ({ name, does, match }) =>
      / as$/.test(match[0])
        ? `What ${/worked/.test(match[0]) ? "did" : does} ${name} work as?`
        : `Where ${/worked/.test(match[0]) ? "did" : does} ${name} work?`,
    rank: 6,
  },
  { pattern: /^(can(?:not)?) (?!be )/, ask: ({ name, match }) => `What ${match[1]} ${name} do?`, rank: 6 },
  {
    pattern:
      /^(?:usually |often |mostly |also |always )*(eat|like|love|make|grow|sell|use|need|contain|include|cover|study|produce|teach|keep|collect|drink|wear|carry|play)(?:s|es)? /,
    ask: ({ name, does, match }) => `What ${does} ${name} ${match[1]}?`,
    rank: 6,
  },
  {
    pattern: /^(?:also )?(?:has|had) (?:a |the )?population of /,
    ask: ({ name }) => `How many people live in ${name}?`,
    rank: 8,
  },
  {
    pattern: /^(?:is|are|was|were) named (?:after|for) /,
    ask: ({ name, be }) => `What ${be} ${name} named after?`,
    rank: 8,
  },
  { pattern: /^(?:is|are) (?:a )?part of /, ask: ({ name, be }) => `What ${be} ${name} part of?`, rank: 7 },
  { pattern: /^means? /, ask: ({ name, does }) => `What ${does} ${name} mean?`, rank: 8 },
  { pattern: /^(?:also )?stars /, ask: ({ name }) => `Who stars in ${name}?`, rank: 8 },
  { pattern: /^grew up (?:in|on|near|at) /, ask: ({ name }) => `Where did ${name} grow up?`, rank: 8 },
  {
    pattern: /^(?:later |then |also )?(moved|went|travell?ed) to /,
    ask: ({ name, match }) => `Where did ${name} ${PAST[match[1]]} to?`,
    rank: 7,
  },
  { pattern: /^(?:also )?studied (?:at|in) /, ask: ({ name }) => `Where did ${name} study?`, rank: 7 },
  { pattern: /^(?:also )?played for /, ask: ({ name }) => `Who did ${name} play for?`, rank: 7 },
  { pattern: /^married (?!in )/, ask: ({ name }) => `Who did ${name} marry?`, rank: 7 },
  {
    pattern:
      /^(?:also |later |then )?(won|wrote|became|discovered|invented|painted|built|directed|founded|studied) (?!in |on |at |for |by |about )/,
    ask: ({ name, match }) => `What did ${name} ${PAST[match[1]]}?`,
    rank: 6,
  },
  { pattern: /^(?:also )?(?:has|have) /, ask: ({ name, does }) => `What ${does} ${name} have?`, rank: 5 },
  {
    pattern: new RegExp(
      `^(?:also )?(won|became|moved|joined|played|worked|studied|started|began|wrote|left|married)\\b.*?(${YEAR})`,
    ),
    ask: ({ name, match }) =>
      /^(?:started|began)$/.test(match[1])
        ? `When did ${name} begin?`
        : `What did ${name} do ${match[2].replace(/^since/, "from")}?`,
    rank: 5,
  },
  {
    pattern:
      /^(?:usually |often |always |mostly |also )*(?!(?:is|was|has|does|as|this|its|his|always|sometimes) )([a-z]{2,}[^s\W]s) (?:in|on|at|near|under|along) (?:the|an?|[A-Z])/,
    ask: ({ name, does, match }) => `Where ${does} ${name} ${baseForm(match[1])}?`,
    rank: 4,
  },
  {
    pattern:
      /^(?:usually |often |always |mostly |also )*(?!(?:is|was|has|does|as|this|its|his|always|sometimes) )([a-z]{2,}[^s\W]s) (?:the|an?|some|many|most|his|her|its|their|two|three|four|new|old|good|[a-z]+s)\b/,
    ask: ({ name, does, match }) => `What ${does} ${name} ${baseForm(match[1])}?`,
    rank: 4,
  },
  {
    pattern: /^(?:is|are) (?:in|on|near|by|between) (?:the |an? )?[A-Z]/,
    ask: ({ name, be }) => `Where ${be} ${name}?`,
    rank: 5,
  },
  {
    pattern: /^(is|are|was|were) (?:also )?(?:an?|the|one of) /,
    ask: ({ name, match }) => `What else ${match[1]} ${name}?`,
    rank: 3,
  },
];

const PAST: Readonly<Record<string, string>> = {
  moved: "move",
  went: "go",
  traveled: "travel",
  travelled: "travel",
  won: "win",
  wrote: "write",
  became: "become",
  discovered: "discover",
  invented: "invent",
  painted: "paint",
  built: "build",
  directed: "direct",
  founded: "found",
  studied: "study",
};

/** `carries` -> `carry`, `teaches` -> `teach`, `sells` -> `sell`. */
function baseForm(verb: string): string {
  if (/[^aeiou]ies$/.test(verb)) return verb.replace(/ies$/, "y");
  return /(?:s|sh|ch|x|z|o)es$/.test(verb) ? verb.slice(0, -2) : verb.slice(0, -1);
}

/** For `In 1995, ...`: asks what happened then. */
function eventQuestion(sentence: string, { name, isPerson }: Topic): { question: string; rank: number } | null {
  const match = /^(In|On|During) ((?:[A-Z][a-z]+ )?(?:\d{1,2},? )?\d{4}),? /.exec(sentence);
  if (match === null) return null;
  const when = `${match[1].toLowerCase()} ${match[2]}`;
  return {
    question: isPerson ? `What happened to ${name} ${when}?` : `What happened ${when} that concerns ${name}?`,
    rank: 4,
  };
}

/** The text after the topic (or its pronoun) at the start of a sentence; null if the sentence has another subject. */
function afterSubject(sentence: string, topic: Topic): string | null {
  const lower = sentence.toLowerCase();
  const name = topic.name.toLowerCase();
  if (lower.startsWith(`${name} `)) return sentence.slice(name.length + 1);
  if (lower.startsWith(`${name}, `)) return sentence.slice(name.length);
  if (topic.isPerson) {
    const names = name.split(" ");
    for (const part of [names[0], names[names.length - 1]]) {
      if (names.length > 1 && lower.startsWith(`${part} `)) return sentence.slice(part.length + 1);
    }
  }
  const pronouns = topic.isPerson
    ? /^(?:He|She) /
    : topic.isPlural
      ? /^They /
      : /^It (?!is (?:said|known|thought|possible|important|believed))/;
  const match = pronouns.exec(sentence);
  return match === null ? null : sentence.slice(match[0].length);
}

/**
 * The sentence that answers and its neighbours: two or three sentences in the article's order. Null if every such span
 * was already used as an answer.
 */
function answerFrom(
  sentences: readonly string[],
  index: number,
  topic: Topic,
  used: ReadonlySet<string>,
): string | null {
  const length = Math.min(ANSWER_SENTENCES, Math.max(2, sentences.length - 1));
  const last = sentences.length - 2; // the last start that leaves two sentences
  for (const start of [Math.min(index, last), index - 2, index - 1]) {
    if (start < 0 || start > last) continue;
    const chosen = sentences.slice(start, start + (start < index ? ANSWER_SENTENCES : length));
    const answer = [openWithName(chosen[0], topic), ...chosen.slice(1)].join(" ");
    if (!used.has(answer)) return answer;
  }
  return null;
}

/** Replace a pronoun that opens an answer by the name, because it has no antecedent. */
function openWithName(sentence: string, topic: Topic): string {
  const name = upperFirst(topic.name);
  const subject = topic.isPerson
    ? /^(?:He|She) /
    : topic.isPlural
      ? /^They /
      : /^It (?=(?:is|was|has|had|can|[a-z]+s) )(?!is (?:said|known|thought|possible|important|believed))/;
  const owner = topic.isPerson ? /^(?:His|Her) / : topic.isPlural ? /^Their / : /^Its /;
  if (subject.test(sentence)) return sentence.replace(subject, `${name} `);
  if (owner.test(sentence)) return sentence.replace(owner, /s$/.test(name) ? `${name}' ` : `${name}'s `);
  return sentence;
}

const upperFirst = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
const lowerFirst = (text: string) => text.charAt(0).toLowerCase() + text.slice(1);
const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
