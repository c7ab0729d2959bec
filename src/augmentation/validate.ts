/**
 * @file Checks whether a teacher's answer is fit for instruction data. Every pair is checked alone; a rejected pair
 * keeps its reason.
 *
 * The paper states that its data were only partly checked. The rules and thresholds are ours; "at least 2-3 sentences"
 * and no short or vague replies are requests of the paper's prompt.
 */

import { countWords } from "../util/text-file";
import { classSource } from "../util/unicode";
import { splitSentences } from "./sentences";
import type { Article, QaPair } from "./teacher";

export type RejectionReason =
  | "teacher-failed" // no server, or no answer in time
  | "wrong-shape" //         not a list of { question, answer } texts
  | "too-many" //            more pairs than were asked for
  | "too-few" // fewer pairs than were asked for (the good ones are kept)
  | "not-a-question"
  | "question-length"
  | "answer-length"
  | "too-few-sentences"
  | "refusal" // refers to itself or to what it cannot do
  | "not-grounded" // states things that are not in the article
  | "repeated-question"
  | "repeated-answer";

export interface Rejection {
  reason: RejectionReason;
  /** The measured value, in words. */
  detail: string;
  /** The rejected pair; null if there was none. */
  pair: unknown;
}

export interface ValidationRules {
  pairsPerArticle?: number;
  maxQuestionWords?: number;
  minAnswerWords?: number;
  maxAnswerWords?: number;
  minAnswerSentences?: number;
  /** Share of the answer's content words that must occur in the article. */
  minGroundedShare?: number;
}

export const VALIDATION_RULES: Required<ValidationRules> = {
  pairsPerArticle: 3, //     [paper §3.2]
  maxQuestionWords: 40, //   [ours]
  minAnswerWords: 8, //      [ours]
  maxAnswerWords: 250, //    [ours]
  minAnswerSentences: 2, //  [paper §3.2] "at least 2-3 sentences"
  minGroundedShare: 0.6, //  [ours] a paraphrase for a young reader needs words of its own
};

/** Validate a teacher's output for one article. */
export function validatePairs(
  answer: unknown,
  article: Article,
  rules: ValidationRules = {},
): { accepted: QaPair[]; rejected: Rejection[] } {
  const limits = { ...VALIDATION_RULES, ...definedOnly(rules) };
  const accepted: QaPair[] = [];
  const rejected: Rejection[] = [];
  if (!Array.isArray(answer)) {
    const detail = `want a list of pairs, got ${answer === null ? "null" : typeof answer}`;
    return { accepted, rejected: [{ reason: "wrong-shape", detail, pair: answer ?? null }] };
  }
  const known = contentWords(`${article.title} ${article.text}`);
  const questions = new Set<string>();
  const answers = new Set<string>();
  for (const [index, pair] of answer.entries()) {
    const rejection =
      index >= limits.pairsPerArticle
        ? reject("too-many", `pair ${index + 1} of ${answer.length}, want ${limits.pairsPerArticle}`, pair)
        : judge(pair, known, questions, answers, limits);
    if (rejection !== null) {
      rejected.push(rejection);
      continue;
    }
    const { question, answer: reply } = pair as QaPair;
    questions.add(normalized(question));
    answers.add(normalized(reply));
    accepted.push({ question: oneLine(question), answer: oneLine(reply) });
  }
  if (answer.length < limits.pairsPerArticle) {
    rejected.push(reject("too-few", `${answer.length} pairs, want ${limits.pairsPerArticle}`, null));
  }
  return { accepted, rejected };
}

function judge(
  pair: unknown,
  known: ReadonlySet<string>,
  questions: ReadonlySet<string>,
  answers: ReadonlySet<string>,
  limits: Required<ValidationRules>,
): Rejection | null {
  if (!isQaPair(pair)) return reject("wrong-shape", "want { question, answer }, both texts", pair);
  const question = oneLine(pair.question);
  const answer = oneLine(pair.answer);
  if (!question.endsWith("?")) return reject("not-a-question", "does not end in a question mark", pair);
  const questionWords = countWords(question);
  if (questionWords < 2 || questionWords > limits.maxQuestionWords) {
    return reject("question-length", `${questionWords} words, want 2 to ${limits.maxQuestionWords}`, pair);
  }
  const answerWords = countWords(answer);
  if (answerWords < limits.minAnswerWords || answerWords > limits.maxAnswerWords) {
    const wanted = `${limits.minAnswerWords} to ${limits.maxAnswerWords}`;
    return reject("answer-length", `${answerWords} words, want ${wanted}`, pair);
  }
  const sentences = splitSentences(answer).length;
  if (sentences < limits.minAnswerSentences) {
    return reject("too-few-sentences", `${sentences}, want ${limits.minAnswerSentences} or more`, pair);
  }
  const refusal = REFUSAL.exec(`${question} ${answer}`);
  if (refusal !== null) return reject("refusal", `says ${JSON.stringify(refusal[0])}`, pair);
  const share = groundedShare(answer, known);
  if (share < limits.minGroundedShare) {
    const percent = (x: number) => `${Math.round(100 * x)}%`;
    return reject("not-grounded", `${percent(share)} of its content words are in the article`, pair);
  }
  if (questions.has(normalized(question))) return reject("repeated-question", question, pair);
  if (answers.has(normalized(answer))) return reject("repeated-answer", answer.slice(0, 80), pair);
  return null;
}

const REFUSAL =
  /\b(?:as an ai\b|language model|i(?:'m| am) (?:sorry|unable|not able)|i can(?:'t|not) (?:answer|help|provide|assist|fulfil)|(?:the|this) (?:given |provided )?(?:text|article|passage) (?:does not|doesn't|did not) (?:say|mention|provide|contain|give|specify)|not mentioned in the (?:text|article|passage))/i;

/** Share of an answer's content words that are known, compared by stem; 1 if it has none. */
export function groundedShare(answer: string, known: ReadonlySet<string>): number {
  const words = [...contentWords(answer)];
  return words.length === 0 ? 1 : words.filter((word) => known.has(word)).length / words.length;
}

const WORD = new RegExp(`[${classSource("L", "N")}]+`, "gu");
const NOT_WORD = new RegExp(`[^${classSource("L", "N")}]+`, "gu");

/** The distinct content words of a text in lower case, roughly stemmed so that "lives", "lived" and "living" agree. */
export function contentWords(text: string): Set<string> {
  const words = new Set<string>();
  for (const [word] of text.toLowerCase().matchAll(WORD)) {
    if (!FUNCTION_WORDS.has(word)) words.add(stem(word));
  }
  return words;
}

function stem(word: string): string {
  if (word.length <= 3) return word;
  const base = word.replace(/(?:ies|ied)$/, "y").replace(/(?<=..)(?:ing|ed|es|s|ly)$/, "");
  return base.replace(/e$/, "").replace(/(.)\1$/, "$1");
}

const FUNCTION_WORDS = new Set(
  (
    "a an the this that these those there here and or but nor so yet if then than because as while when where who whom " +
    "whose which what why how of in on at by for from to into onto with without within about over under between among " +
    "through during before after since until against upon off out up down is are was were be been being am do does did " +
    "done has have had having can could may might must shall should will would not no yes it its he him his she her hers " +
    "they them their theirs we us our you your i me my mine one also very more most much many some any each every other " +
    "such only own same too just s t d ll re ve m"
  ).split(" "),
);

function isQaPair(pair: unknown): pair is QaPair {
  if (typeof pair !== "object" || pair === null) return false;
  const { question, answer } = pair as Record<string, unknown>;
  return typeof question === "string" && typeof answer === "string";
}

function reject(reason: RejectionReason, detail: string, pair: unknown): Rejection {
  return { reason, detail, pair: pair ?? null };
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

function normalized(text: string): string {
  return text.toLowerCase().replace(NOT_WORD, " ").trim();
}

function definedOnly<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
