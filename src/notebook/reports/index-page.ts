/** @file The index of the report: findings, pages with a picture each, links to the paper, citation. */

import * as fs from "node:fs";
import * as path from "node:path";
import escapeHtml from "escape-html";
import type { Figure } from "../../figures/figure";
import { readJson } from "../../util/jsonl";
import { readText } from "../../util/text-file";
import { type PageInfo, pageAddress, REPORT_TITLE } from "./page";

export interface IndexEntry extends PageInfo {
  /** Sentences from the page's cells with the tag `finding`. */
  findings: readonly string[];
  /** The first picture of the page, as an address for `<img>`. */
  picture: string | null;
}

/** The published paper: https://aclanthology.org/2025.babylm-main.30 */
const PAPER = {
  title: "CLASS-IT: Conversational and Lecture-Aligned Small-Scale Instruction Tuning for BabyLMs",
  authors: "Luca Capone, Alessandro Bondielli and Alessandro Lenci",
  venue: "Proceedings of the First BabyLM Workshop, Suzhou 2025, pages 436–444",
  links: [
    ["ACL Anthology", "https://aclanthology.org/2025.babylm-main.30/"],
    ["arXiv 2510.25364", "https://arxiv.org/abs/2510.25364"],
  ],
  bibtex: `@inproceedings{capone-etal-2025-class,
  title     = {{CLASS}-{IT}: Conversational and Lecture-Aligned Small-Scale Instruction Tuning for {B}aby{LM}s},
  author    = {Capone, Luca and Bondielli, Alessandro and Lenci, Alessandro},
  booktitle = {Proceedings of the First BabyLM Workshop},
  year      = {2025},
  address   = {Suzhou, China},
  publisher = {Association for Computational Linguistics},
  pages     = {436--444},
  url       = {https://aclanthology.org/2025.babylm-main.30/}
}`,
} as const;

/** The forest plot of the paper's statements, if `npm run figures` has drawn it. */
const STATEMENTS = path.join("figures", "paper", "statements");

/** HTML of the index below the navigation bar. @param extra - pages that are not notebooks */
export function indexBody(root: string, entries: readonly IndexEntry[], extra: readonly PageInfo[]): string {
  const findings = entries.flatMap(({ findings }) => findings);
  const found =
    findings.length === 0 ? "" : `<h2>What was found</h2>\n<ul class="findings">${findings.map(item).join("")}</ul>`;
  const cards = [...entries.map(card), ...extra.map((page) => card({ ...page, findings: [], picture: null }))];
  return `<section class="prose">
<h1>${REPORT_TITLE}</h1>
<p>A reproduction of <cite>${PAPER.title}</cite> (${PAPER.authors}, 2025): small LLaMA models are pre-trained on the BabyLM corpus, tuned on conversations and on questions and answers, fine-tuned and scored. These pages work without a network.</p>
<p class="links">The paper: ${PAPER.links.map(([name, address]) => `<a href="${address}" rel="noreferrer">${name}</a>`).join(" · ")}</p>
${found}
</section>
<h2>Pages</h2>
<ol class="cards">
${cards.join("\n")}
</ol>
${statements(root, entries)}
<section class="prose">
<h2>Citation</h2>
<p>Cite the paper (${PAPER.venue}) for its method and claims:</p>
<pre class="plain">${escapeHtml(PAPER.bibtex)}</pre>
${ownCitation(root)}
</section>`;
}

function item(sentence: string): string {
  return `<li>${escapeHtml(sentence)}</li>`;
}

function card({ file, title, about, findings, picture }: IndexEntry): string {
  const [, number, name] = /^(\d\d) · (.*)$/s.exec(title) ?? [null, "", title];
  const image =
    picture === null
      ? `<span class="thumbnail none" aria-hidden="true">${escapeHtml(number === "" ? "▶" : number)}</span>`
      : `<span class="thumbnail"><img alt="" src="${picture}"></span>`;
  const finding = findings.length === 0 ? "" : `<p class="finding">${escapeHtml(findings[0])}</p>`;
  const label = number === "" ? "" : `<span class="number">${number}</span> `;
  return `<li><a href="${pageAddress({ file })}">${image}<b>${label}${escapeHtml(name)}</b></a><p>${escapeHtml(about)}</p>${finding}</li>`;
}

/** @param entries - with the notebook that draws the figure, if it is there */
function statements(root: string, entries: readonly PageInfo[]): string {
  const file = path.join(root, STATEMENTS);
  if (!fs.existsSync(`${file}.svg`) || !fs.existsSync(`${file}.json`)) return "";
  const { alt, caption } = readJson<Figure>(`${file}.json`).layout.meta;
  const address = `data:image/svg+xml;base64,${Buffer.from(readText(`${file}.svg`)).toString("base64")}`;
  const drawn = entries.find((entry) => entry.file === "00-overview.html");
  const larger =
    drawn === undefined
      ? ""
      : `<p>With all numbers, and readable on a phone: <a href="${pageAddress(drawn)}">${escapeHtml(drawn.title)}</a>.</p>`;
  return `<h2>The paper's statements, on its numbers and on ours</h2>\n${larger}<figure class="statements"><div class="table" tabindex="0"><img alt="${escapeHtml(alt)}" src="${address}"></div><figcaption>${escapeHtml(caption)}</figcaption></figure>`;
}

/** The repository's own CITATION.cff, if it exists. */
function ownCitation(root: string): string {
  const file = path.join(root, "CITATION.cff");
  if (!fs.existsSync(file)) return "";
  return `<p>Cite this reproduction for its code and numbers:</p>\n<pre class="plain">${escapeHtml(readText(file).trim())}</pre>`;
}
