/**
 * @file Errors of a cell in the form that Jupyter shows: name, message, place in the cell and traceback.
 */
"use strict";

const path = require("node:path");
const util = require("node:util");

/**
 * A diagnostic with its cell or file, its line, and the line's text with a caret under the place. tslab reports the
 * details of a message as further messages at the same place; they are appended to the first.
 */
function addTypeError(cell, file, line, column, message) {
  const at = `${file} ${line} ${column}`;
  const last = cell.failures[cell.failures.length - 1];
  if (last?.at === at) {
    last.traceback.push(`  ${message}`);
    return;
  }
  const where = file === "" ? `cell ${cell.number}, line ${line}` : `${file.trim()}:${line}`;
  const source = file === "" ? cell.code.split("\n")[line - 1] : undefined;
  const shown = source === undefined ? [] : [`  ${source}`, `  ${" ".repeat(Math.max(0, column - 1))}^`];
  const evalue = `${where}: ${message}`;
  cell.failures.push({ at, ename: "TypeScriptError", evalue, traceback: [`TypeScriptError: ${evalue}`, ...shown] });
}

/**
 * Any thrown value. Frames inside tslab, Node and packages are left out; paths are relative to the root; places in cells
 * are lines of their text.
 *
 * @param cells number of a cell -> `{ code, lineOf }`, where `lineOf(line, column)` finds the line of the code
 */
function thrown(root, cells, value) {
  if (!(value instanceof Error) && typeof value?.stack !== "string") {
    const text = util.inspect(value);
    return { ename: "Error", evalue: `${text} was thrown`, traceback: [`${text} was thrown, which is not an Error`] };
  }
  const ename = value.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED" ? "Interrupted" : value.name || "Error";
  const evalue = String(value.message);
  let place = null; // the innermost line of a cell
  const frames = String(value.stack)
    .split("\n")
    .filter((line) => /^\s+at /.test(line) && !/node:|node_modules|notebook\/jupyter|<anonymous>\)?$/.test(line))
    .map((line) => line.replaceAll(`${root}${path.sep}`, "").replace("at Proxy.", "at ")) // tslab's table of variables
    .map((frame) =>
      frame.replace(/\bcell (\d+):(\d+):(\d+)/, (_, number, line, column) => {
        const found = cells.get(Number(number));
        const inCell = found?.lineOf(Number(line), Number(column)) ?? null;
        if (inCell === null) return `cell ${number}`;
        place ??= `  ${found.code.split("\n")[inCell - 1]}`;
        return `cell ${number}, line ${inCell}`;
      }),
    )
    .filter((line, i, lines) => line !== lines[i - 1]);
  const cause = value.cause === undefined ? [] : [`caused by ${thrown(root, cells, value.cause).traceback[0]}`];
  return { ename, evalue, traceback: [`${ename}: ${evalue}`, ...(place === null ? [] : [place]), ...frames, ...cause] };
}

module.exports = { addTypeError, thrown };
