/**
 * @file A stamp in each picture that identifies its figure, so that an outdated or edited picture is detected without a
 * browser.
 *
 * The stamp holds two digests: of the figure's JSON, and of the picture without the stamp. In an SVG it is a `<metadata>`
 * element, in a PNG a `tEXt` chunk (https://www.w3.org/TR/png-3/#11tEXt).
 */

import { crc32 } from "node:zlib";
import type { Figure } from "../../figures/figure";
import { sha256 } from "../../util/sha256";
import { figureJson, PLOTLY_MIME } from "../display/show";

type Drawn = Pick<Figure, "data" | "layout">;

/** The SVG with the stamp as its first element. */
export function stampSvg(svg: string, figure: Drawn): string {
  const plain = svg.replace(SVG_STAMP, "");
  return plain.replace(/^(\s*<svg[^>]*>)/, `$1<metadata>${stampText(figure, plain)}</metadata>`);
}

/** The PNG with the stamp after its header. */
export function stampPng(png: Buffer, figure: Drawn): Buffer {
  const { head, rest } = splitPng(png);
  return Buffer.concat([head, textChunk(stampText(figure, Buffer.concat([head, rest]))), rest]);
}

/**
 * The fault of the pictures in a notebook output with a figure, or null.
 *
 * @param data - mime bundle with plotly's JSON
 */
export function figurePictureFault(data: Readonly<Record<string, unknown>>): string | null {
  const figure = data[PLOTLY_MIME] as Drawn;
  const text = (value: unknown) => (Array.isArray(value) ? value.join("") : String(value));
  const faults = [
    data["image/svg+xml"] === undefined ? null : svgFault(text(data["image/svg+xml"]), figure),
    data["image/png"] === undefined ? null : pngFault(Buffer.from(text(data["image/png"]), "base64"), figure),
  ];
  if (Object.keys(data).every((mime) => !mime.startsWith("image/"))) return "the figure has no picture";
  return faults.find((fault) => fault !== null) ?? null;
}

/** Why this SVG does not match the figure, or null. */
export function svgFault(svg: string, figure: Drawn): string | null {
  return fault("SVG", SVG_STAMP.exec(svg)?.[1], figure, svg.replace(SVG_STAMP, ""));
}

/** Why this PNG does not match the figure, or null. */
export function pngFault(png: Buffer, figure: Drawn): string | null {
  const { head, stamp, rest } = splitPng(png);
  return fault("PNG", stamp, figure, Buffer.concat([head, rest]));
}

function fault(kind: string, stamp: string | undefined, figure: Drawn, plain: string | Buffer): string | null {
  if (stamp === undefined) return `the ${kind} does not name the figure that it shows`;
  const [, ofFigure, ofPicture] = /^figure (\S+), picture (\S+)$/.exec(stamp) ?? [];
  if (ofFigure !== figureDigest(figure)) return `the ${kind} shows another figure than the data beside it`;
  return ofPicture === digest(plain) ? null : `the ${kind} was changed after it was drawn`;
}

const SVG_STAMP = /<metadata>(figure [0-9a-f]+, picture [0-9a-f]+)<\/metadata>/;
const PNG_KEYWORD = "class-it";
/** Signature (8 bytes) and the header chunk IHDR (4 + 4 + 13 + 4). */
const PNG_HEAD_BYTES = 33;

function stampText(figure: Drawn, plain: string | Buffer): string {
  return `figure ${figureDigest(figure)}, picture ${digest(plain)}`;
}

function digest(data: string | Buffer): string {
  return sha256(typeof data === "string" ? data.trimEnd() : data).slice(0, 16); // files end with a line end
}

/** Equal for a figure before and after Jupyter saves it, which sorts keys. */
export function figureDigest(figure: Drawn): string {
  const { data, layout } = figureJson(figure);
  return digest(JSON.stringify(sorted({ data, layout })));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

function textChunk(text: string): Buffer {
  const body = Buffer.from(`tEXt${PNG_KEYWORD}\0${text}`, "latin1");
  const chunk = Buffer.alloc(4 + body.length + 4);
  chunk.writeUInt32BE(body.length - 4, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), 4 + body.length);
  return chunk;
}

/** A PNG without its stamp, and the stamp; it directly follows the header. */
function splitPng(png: Buffer): { head: Buffer; stamp?: string; rest: Buffer } {
  const [head, rest] = [png.subarray(0, PNG_HEAD_BYTES), png.subarray(PNG_HEAD_BYTES)];
  const prefix = `tEXt${PNG_KEYWORD}\0`;
  if (rest.length < 4 || rest.toString("latin1", 4, 4 + prefix.length) !== prefix) return { head, rest };
  const length = rest.readUInt32BE(0);
  const stamp = rest.toString("latin1", 4 + prefix.length, 8 + length);
  return { head, stamp, rest: rest.subarray(12 + length) };
}
