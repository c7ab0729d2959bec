/**
 * @file Converts TeX formulas in Markdown to pictures. MathJax runs when the report is written, so that a page needs
 * neither MathJax nor its fonts.
 *
 * Formulas are recognised as in JupyterLab: `$...$` in a line, `$$...$$` on its own, not in code, and not after a
 * backslash.
 */

export interface Formulas {
  /** The Markdown with a word in place of each formula. @throws Error naming a formula that MathJax cannot read */
  take(markdown: string): string;
  /** The HTML of that Markdown with the formulas in place. */
  put(html: string): string;
  /** CSS rules for the formulas. */
  css(): string;
}

interface MathJax {
  tex2svg(tex: string, options: { display: boolean }): unknown;
  startup: { adaptor: { outerHTML(node: unknown): string } };
}

/** Code spans and fences (first group), else a formula (second or third group). */
const PARTS =
  /(^(?:```|~~~)[\s\S]*?^(?:```|~~~)|(?<!`)(`+)(?!`)[\s\S]*?(?<!`)\2(?!`)|\\\$)|\$\$([\s\S]+?)\$\$|\$(?![\s$])([^$\n]*?[^\s$\\])\$(?!\d)/gm;

/** Start MathJax for the formulas of one report. */
export async function formulas(): Promise<Formulas> {
  const mathJax = await loadMathJax();
  const found: string[] = [];
  const heights = new Set<string>();

  function svgOf(tex: string, display: boolean): string {
    const html = mathJax.startup.adaptor.outerHTML(mathJax.tex2svg(tex, { display }));
    const error = /data-mjx-error="([^"]*)"/.exec(html)?.[1];
    if (error !== undefined) throw new Error(`the formula ${JSON.stringify(tex)} is not readable: ${error}`);
    const svg = /<svg[\s\S]*<\/svg>/.exec(html)?.[0] ?? "";
    return svg.replace(/ style="vertical-align: (-?[\d.]+)(?:ex)?;"/, (_, height: string) => {
      heights.add(height);
      return ` class="${classOf(height)}"`;
    });
  }

  return {
    take: (markdown) =>
      markdown.replace(PARTS, (all, code, _fence, display, inline) => {
        if (code !== undefined) return all;
        const tex = (display ?? inline) as string;
        const label = tex.trim().replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
        const kind = display === undefined ? "math" : "math display";
        found.push(
          `<span class="${kind}" role="math" aria-label="${label}">${svgOf(tex, display !== undefined)}</span>`,
        );
        return `FORMULA${found.length - 1}HERE`;
      }),
    put: (html) => html.replace(/FORMULA(\d+)HERE/g, (word, i: string) => found[Number(i)] ?? word),
    css: () =>
      [...heights]
        .sort()
        .map((height) => `.${classOf(height)} { vertical-align: ${height}ex; }\n`)
        .join(""),
  };
}

function classOf(height: string): string {
  return `v${height.replace("-", "m").replace(".", "p")}`;
}

let loaded: Promise<MathJax> | null = null;

/** Without the packages of TeX macros that make links, classes or styles. */
function loadMathJax(): Promise<MathJax> {
  loaded ??= import("mathjax").then(({ default: mathJax }) =>
    mathJax.init({
      loader: { load: ["input/tex", "output/svg"] },
      tex: { packages: ["base", "ams", "newcommand", "configmacros"] },
      svg: { fontCache: "none" },
    }),
  ) as Promise<MathJax>;
  return loaded;
}
