import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { Command } from "commander";
import { decimalNumber, wholeNumber } from "../../src/cli/options";
import { projectRoot } from "../../src/util/project-root";

test("whole numbers are decimal digits within their range, decimals finite numbers within theirs", () => {
  assert.equal(wholeNumber()("0"), 0);
  assert.equal(wholeNumber({ least: 1, most: 16 })("16"), 16);
  for (const text of ["x", "", " 3", "-3", "1.5", "1e3", "0x10", "9007199254740993", "NaN", "Infinity"]) {
    assert.throws(() => wholeNumber()(text), /Want a whole number of at least 0\./, text);
  }
  assert.throws(() => wholeNumber({ least: 1, most: 16 })("17"), /Want a whole number from 1 to 16\./);
  assert.equal(decimalNumber()("-2.5e-3"), -0.0025);
  assert.equal(decimalNumber({ above: 0, most: 1 })("1"), 1);
  for (const text of ["0", "1.01", "x", "", "Infinity", "NaN", "1e999", "0x1"]) {
    assert.throws(() => decimalNumber({ above: 0, most: 1 })(text), /Want a number above 0 of at most 1\./, text);
  }
});

test("every command refuses an invalid number with the option's name, and none has its own parser of numbers", async () => {
  const folder = path.join(projectRoot(), "src", "cli", "commands");
  let options = 0;
  for (const name of fs.readdirSync(folder)) {
    const { register } = (await import(path.join(folder, name))) as { register?: (program: Command) => void };
    if (register === undefined) continue;
    const program = new Command();
    register(program);
    for (const command of allCommands(program)) {
      for (const option of command.options) {
        const isNumeric = /<(n|x|number)>/.test(option.flags);
        if (!isNumeric) continue;
        options++;
        for (const text of ["x", "-3"]) {
          const error = errorOf(command, option.long as string, text);
          assert.match(error, new RegExp(`^error: option '.*${option.long}.*' argument '${text}' is invalid. Want a`));
        }
      }
    }
    const source = fs.readFileSync(path.join(folder, name), "utf8");
    assert.ok(!/(Number|parseInt|parseFloat)\(options\./.test(source), `${name} parses an option by itself`);
  }
  assert.ok(options >= 20, `${options} numeric options`);
});

function* allCommands(program: Command): Generator<Command> {
  yield program;
  for (const command of program.commands) yield* allCommands(command);
}

/** What commander says when the option gets this text. */
function errorOf(command: Command, flag: string, text: string): string {
  let said = "";
  const outputError = (line: string) => {
    said += line;
  };
  command.exitOverride().configureOutput({ outputError });
  try {
    command.parseOptions([flag, text]);
  } catch {}
  return said;
}
