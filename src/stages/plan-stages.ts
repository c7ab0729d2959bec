/** @file Counts tokens, updates and time of the trainings of a reproduction before they start. */

import type { InstructionStage } from "../experiments/curricula";
import {
  INSTRUCTION,
  INSTRUCTION_WORDS,
  PRETRAINING,
  SWITCHBOARD_WORDS,
  VALIDATION_SHARE,
} from "../experiments/models";
import { PAPER_CORPUS } from "../experiments/paper-corpus";
import type { Scale } from "../experiments/scale";
import { type Measurement, planStage, type StagePlan } from "../train/training-cost";

/**
 * Pre-training and every stage of instruction tuning of some curricula, shared stages counted once.
 *
 * The instruction data is assumed to have the paper's proportion to the corpus, within the scale's word budget.
 *
 * @param words - words of the cleaned corpus, including the held-out part
 */
export function planStages(
  scale: Scale,
  curricula: readonly (readonly InstructionStage[])[],
  words: number,
  tokensPerWord: number,
  measured: Pick<Measurement, "secondsPerToken" | "secondsPerUpdate">,
): StagePlan[] {
  const share = 1 - VALIDATION_SHARE; // share of the corpus that is trained on
  const { batchSize, sequenceLength, epochs } = PRETRAINING[scale];
  const tokens = share * words * tokensPerWord;
  const stages = [planStage("pretrain", tokens, Math.ceil(tokens / sequenceLength / batchSize), epochs, measured)];
  const sets = instructionSets(scale, words);
  const planned = new Set<string>();
  for (const curriculum of curricula) {
    for (const i of curriculum.keys()) {
      const names = curriculum.slice(0, i + 1).map((stage) => stage.name);
      const chain = names.join("→");
      if (planned.has(chain)) continue;
      planned.add(chain);
      const { sources, asText } = curriculum[i];
      const tuning = INSTRUCTION[scale];
      const perEpoch = sources.reduce((sum, source) => sum + share * sets[source].words * tokensPerWord, 0);
      const pairs = sources.reduce((sum, source) => sum + share * sets[source].pairs, 0);
      const name = asText ? chain : `instruct ${chain}`;
      stages.push(planStage(name, perEpoch, Math.ceil(pairs / tuning.batchSize), tuning.epochs, measured));
    }
  }
  return stages;
}

/** Words and pairs of both sets. Words are those of the prompts and replies that a model reads. */
function instructionSets(scale: Scale, words: number) {
  const ofPaper = words / PAPER_CORPUS.words;
  const budget = INSTRUCTION_WORDS[scale];
  const talk = Math.min(ofPaper * PAPER_CORPUS.switchWords, SWITCHBOARD_WORDS[scale] ?? budget);
  const lectures = Math.max(0, Math.min(ofPaper * PAPER_CORPUS.wikiWords, budget - talk));
  return {
    // a turn that is both a reply and the next prompt is counted once but read twice
    switchboard: { words: 2 * talk, pairs: (talk / PAPER_CORPUS.switchWords) * PAPER_CORPUS.switchPairs },
    simple_wiki: { words: lectures, pairs: (lectures / PAPER_CORPUS.wikiWords) * PAPER_CORPUS.wikiPairs },
  };
}
