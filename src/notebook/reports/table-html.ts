/**
 * @file A table on a page, with no column cut off. It has the full width of the page; a wider one scrolls inside its
 * box with its first column fixed; on a phone a wide table shows each row as a block of "column: value" lines.
 */

/** Characters per line on a phone of 390 pixels. */
const PHONE_CHARACTERS = 38;
/** Tables with more columns have less padding. */
const AIRY_COLUMNS = 8;

/** @param html - from `renderTable` @param text - the same table as plain text, which gives its width */
export function tableHtml(html: string, text: string): string {
  const columns = [...(/<thead>(.*?)<\/thead>/s.exec(html)?.[1] ?? "").matchAll(/<th[^>]*>(.*?)<\/th>/gs)].map(
    (m) => m[1],
  );
  if (columns.length === 0) return `<div class="table">${withoutStyles(html)}</div>`;
  const width = Math.max(...text.split("\n").map((line) => line.length));
  const classes = [width > PHONE_CHARACTERS ? "wide" : "", columns.length > AIRY_COLUMNS ? "close" : ""].filter(
    Boolean,
  );
  const labelled = html.replace(
    /(<tbody>)(.*?)(<\/tbody>)/gs,
    (_, open, rows, close) => open + withLabels(rows, columns) + close,
  );
  return `<div class="table ${classes.join(" ")}" tabindex="0">${withoutStyles(labelled)}</div>`;
}

/** Add to each cell the name of its column, which a phone shows before it. The names are already escaped. */
function withLabels(rows: string, columns: readonly string[]): string {
  return rows.replace(/<tr>(.*?)<\/tr>/gs, (_, row: string) => {
    let i = 0;
    const cells = row.replace(
      /<td/g,
      () => `<td data-label="${(columns[i++] ?? "").replace(/<[^>]*>/g, "").replace(/"/g, "&quot;")}"`,
    );
    return `<tr>${cells}</tr>`;
  });
}

/** Inline styles are forbidden by the page's policy, so alignment becomes a class. */
function withoutStyles(html: string): string {
  return html.replace(/ style="text-align:\s*right;?"/g, ' class="number"').replace(/ style="[^"]*"/g, "");
}
