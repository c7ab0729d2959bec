/**
 * @file Colours and marks, with the same meaning in every figure.
 *
 * Hues are those of Okabe & Ito (https://jfly.uni-koeln.de/color/), which readers with any common colour blindness can
 * distinguish. Each curriculum has one hue. The wide model is drawn solid, the narrow one hatched or with open marks,
 * and published models brown and cross-hatched, so no meaning depends on hue alone and no hue has two meanings.
 */

import { FIRST_PUBLISHED, type ModelScore } from "../results/model-scores";
import type { ModelName, Variant } from "../results/schema";

/** Greys of text and frames, with contrast 7.5:1 and 4.9:1 on white. */
export const INK = { text: "#333a45", quiet: "#667080", axis: "#9aa3af", grid: "#e6e9ee", chance: "#4b5563" } as const;

/** Colour of each variant; base is grey. */
export const VARIANT_COLOURS: Record<Variant, string> = {
  base: "#7a828e", //        grey: no instructions
  switch: "#56b4e9", //      sky blue
  wiki: "#009e73", //        bluish green
  merged: "#cc79a7", //      reddish purple
  "switch-wiki": "#0072b2", // blue
  "wiki-switch": "#d55e00", // vermilion
  "more-pretraining": "#e69f00", // orange: the text of the instructions, without the chat format
};

/** Colours of the two sides of a pair. */
export const SIDE_COLOURS = { prompt: "#332288", reply: "#c9a227" } as const;
/** Colours of the two instruction sources. */
export const SOURCE_COLOURS = { switchboard: "#56b4e9", simple_wiki: "#009e73" } as const;

/** Published models: cross-hatched browns, so that they differ from our runs. */
export const PUBLISHED_COLOURS = ["#5d4037", "#8d6e63", "#b89b90", "#d7c3ba"] as const;

/** Styles of worlds, for figures that compare them. */
export const WORLD_STYLES = {
  paper: { colour: "#1b1f26", symbol: "diamond" },
  study: { colour: "#c2185b", symbol: "circle" },
  sample: { colour: "#00838f", symbol: "square" },
} as const;

/** Colours of lists without fixed meaning, in this order. */
export const SEQUENCE = [
  "#44688f",
  "#c0703f",
  "#6b8e4e",
  "#8f5f8a",
  "#b4454f",
  "#3b4252",
  "#2f8f8a",
  "#a68a2d",
] as const;

export interface Style {
  colour: string;
  /** Fill pattern of bars; empty is solid. */
  pattern: "" | "/" | "x";
  symbol: "circle" | "circle-open" | "diamond";
}

/** Colour, fill pattern and mark of one of our runs. */
export function runStyle(model: ModelName, variant: Variant): Style {
  return model === "wide"
    ? { colour: VARIANT_COLOURS[variant], pattern: "", symbol: "circle" }
    : { colour: VARIANT_COLOURS[variant], pattern: "/", symbol: "circle-open" };
}

/** The style of a model: that of our run, or the next of the published colours. */
export function scoreStyle(score: Pick<ModelScore, "run" | "order">): Style {
  if (score.run !== null) return runStyle(score.run.model, score.run.variant);
  const colour = PUBLISHED_COLOURS[(score.order - FIRST_PUBLISHED) % PUBLISHED_COLOURS.length];
  return { colour, pattern: "x", symbol: "diamond" };
}

/** The style of boxes of one text source, or of one of its sides (`simple_wiki reply`). Unknown names are grey. */
export function sourceStyle(name: string): Style {
  const [source, side] = name.split(" ");
  const colour = TEXT_COLOURS[source.replace(/-replies$/, "")] ?? VARIANT_COLOURS.base;
  return side === "prompt"
    ? { colour, pattern: "/", symbol: "circle-open" }
    : { colour, pattern: "", symbol: "circle" };
}

/**
 * Colours of the text sources; Switchboard and Simple Wikipedia have those of the curricula that train on them alone.
 */
const TEXT_COLOURS: Readonly<Record<string, string>> = {
  ...SOURCE_COLOURS,
  childes: "#999933",
  bnc_spoken: "#882255",
  gutenberg: "#6a3d9a",
  open_subtitles: "#ddcc77",
};

/** `#0072b2` with an opacity, in plotly's notation. */
export function translucent(hex: string, opacity: number): string {
  const [r, g, b] = [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
  return `rgba(${r},${g},${b},${opacity})`;
}

/** Replacements for the text colours above on a dark page (`--ground: #14181d` of the report). */
export const DARK_INKS: Readonly<Record<string, string>> = {
  "#ffffff": "#14181d",
  [INK.text]: "#e3e7ed",
  [INK.quiet]: "#a0abb9",
  [INK.axis]: "#5b6675",
  [INK.grid]: "#2c333d",
  [INK.chance]: "#b4bdc9",
  [VARIANT_COLOURS.base]: "#9aa3b0",
  [VARIANT_COLOURS["switch-wiki"]]: "#3f9be0",
  [SIDE_COLOURS.prompt]: "#9a8cf0",
  [PUBLISHED_COLOURS[0]]: "#a98274",
  [PUBLISHED_COLOURS[1]]: "#c4a498",
  [PUBLISHED_COLOURS[2]]: "#dcc7be",
  [PUBLISHED_COLOURS[3]]: "#efe3dd",
  [WORLD_STYLES.paper.colour]: "#f2f5f9",
  [WORLD_STYLES.study.colour]: "#f06292",
  [WORLD_STYLES.sample.colour]: "#4dd0e1",
  [TEXT_COLOURS.bnc_spoken]: "#d36ba0",
  [TEXT_COLOURS.gutenberg]: "#b08ad6",
  [SEQUENCE[0]]: "#7fa8d6",
  [SEQUENCE[5]]: "#aab4c8",
};
