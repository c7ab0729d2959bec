/** @file PNGs with a palette, read back by an independent decoder: the browser. Their stamps, read back by hand. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { findChromium, openOffline } from "../../../src/notebook/images/browser";
import { palettePng } from "../../../src/notebook/images/palette-png";
import { pngFault, stampPng } from "../../../src/notebook/images/picture-stamp";

const chromium = findChromium();
const skip = chromium === null ? "no Chromium" : false;

/** What the browser's canvas makes: `colours[y][x]` as CSS colours. */
const DRAW = `(colours) => {
  const canvas = document.createElement("canvas");
  canvas.height = colours.length;
  canvas.width = colours[0].length;
  const context = canvas.getContext("2d");
  colours.forEach((row, y) => row.forEach((colour, x) => { context.fillStyle = colour; context.fillRect(x, y, 1, 1); }));
  return canvas.toDataURL("image/png");
}`;
const READ = `async (address) => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  return [...context.getImageData(0, 0, image.width, image.height).data];
}`;

async function inBrowser<T>(script: string, argument: unknown): Promise<T> {
  const browser = await openOffline(chromium as string);
  try {
    const page = await browser.context.newPage();
    return (await page.evaluate(`(${script})(${JSON.stringify(argument)})`)) as T;
  } finally {
    await browser.close();
  }
}
const bytesOf = (address: string) => Buffer.from(address.slice(address.indexOf(",") + 1), "base64");
const addressOf = (png: Buffer) => `data:image/png;base64,${png.toString("base64")}`;

test("a picture of up to 256 colours is kept pixel for pixel; transparent becomes white", { skip }, async () => {
  const colours = Array.from({ length: 16 }, (_, y) =>
    Array.from({ length: 15 }, (_, x) => `rgb(${x * 17}, ${y * 17}, ${(x * y) % 256})`),
  );
  colours[0][0] = "transparent";
  const address = await inBrowser<string>(DRAW, colours);
  const before = await inBrowser<number[]>(READ, address);
  const after = await inBrowser<number[]>(READ, addressOf(palettePng(bytesOf(address))));
  assert.deepEqual(after.slice(0, 4), [255, 255, 255, 255]);
  assert.deepEqual(after.slice(4), before.slice(4));
});

test("of more colours each pixel gets one that is near", { skip }, async () => {
  const colours = Array.from(
    { length: 40 },
    (_, y) => Array.from({ length: 40 }, (_, x) => `rgb(${x * 6}, ${y * 6}, 128)`), // 1,600 colours, all equally frequent
  );
  const address = await inBrowser<string>(DRAW, colours);
  const small = palettePng(bytesOf(address));
  const after = await inBrowser<number[]>(READ, addressOf(small));
  assert.equal(new Set(Array.from({ length: 1600 }, (_, i) => after.slice(4 * i, 4 * i + 3).join())).size, 256);
  assert.deepEqual(after.slice(0, 3), [0, 0, 128]); // the least value is among the kept ones
});

test("every kind of row filter is undone", () => {
  // 2 x 5 pixels, RGB, each row with another filter; the values by hand from https://www.w3.org/TR/png-3/#9Filters
  const rows = [
    [0, 10, 20, 30, 40, 50, 60],
    [1, 10, 20, 30, 30, 30, 30], //  10 20 30 40 50 60
    [2, 1, 1, 1, 1, 1, 1], //        11 21 31 41 51 61
    [3, 5, 5, 5, 5, 5, 5], //        10 15 20 30 38 45
    [4, 1, 1, 1, 1, 1, 1], //        11 16 21 31 39 46
  ];
  const data = palettePng(rgbPng(2, 5, Buffer.from(rows.flat())));
  const palette = data.subarray(data.indexOf("PLTE") + 4);
  const length = data.readUInt32BE(data.indexOf("PLTE") - 4);
  const colours = Array.from({ length: length / 3 }, (_, i) => [...palette.subarray(3 * i, 3 * i + 3)].join(" "));
  assert.deepEqual(
    new Set(colours),
    new Set(["10 20 30", "40 50 60", "11 21 31", "41 51 61", "10 15 20", "30 38 45", "11 16 21", "31 39 46"]),
  );
});

test("a stamped PNG is still a PNG, and the stamp tells its figure and any change", { skip }, async () => {
  const figure = (y: number) => ({ data: [{ type: "bar", y: [y] }], layout: { meta: { alt: "", caption: "" } } });
  const png = palettePng(bytesOf(await inBrowser<string>(DRAW, [["red", "blue"]])));
  const stamped = stampPng(png, figure(1));
  assert.deepEqual(await inBrowser<number[]>(READ, addressOf(stamped)), [255, 0, 0, 255, 0, 0, 255, 255]);
  assert.equal(pngFault(stamped, figure(1)), null);
  assert.match(pngFault(stamped, figure(2)) ?? "", /shows another figure/);
  assert.match(pngFault(png, figure(1)) ?? "", /does not name the figure/);
  const edited = Buffer.from(stamped);
  edited[edited.length - 20] ^= 1;
  assert.match(pngFault(edited, figure(1)) ?? "", /was changed after it was drawn/);
  assert.deepEqual(stampPng(stamped, figure(2)), stampPng(png, figure(2))); // a second stamp replaces the first
});

/** The checksums are left 0: the reader does not look at them. */
function rgbPng(width: number, height: number, rows: Buffer): Buffer {
  const chunk = (type: string, body: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, Buffer.from(type, "latin1"), body, Buffer.alloc(4)]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]),
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}
