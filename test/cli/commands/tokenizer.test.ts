import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { Command } from "commander";
import { register } from "../../../src/cli/commands/tokenizer";
import { Tokenizer } from "../../../src/tokenizer/tokenizer";

async function classIt(...args: string[]): Promise<void> {
  const program = new Command().exitOverride();
  register(program);
  await program.parseAsync(["tokenizer", ...args], { from: "user" });
}

test("train reads the text files of a folder and writes a tokenizer that loads", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "cli-tokenizer-"));
  const quiet = process.env.CLASS_IT_QUIET;
  process.env.CLASS_IT_QUIET = "1";
  try {
    fs.writeFileSync(path.join(folder, "a.train"), "the goose and the geese\n".repeat(9));
    const out = path.join(folder, "out");
    await classIt("train", folder, "--out", out, "--vocab-size", "270");
    const tokenizer = Tokenizer.load(out);
    assert.equal(tokenizer.vocabSize, 270);
    assert.equal(tokenizer.decode(tokenizer.encodeIds("the goose")), "the goose");
    await classIt("show", out, "the", "goose");
    await assert.rejects(
      classIt("train", path.join(folder, "none"), "--out", out, "--vocab-size", "270"),
      /no such file or folder/,
    );
    await assert.rejects(classIt("train", out, "--out", out, "--vocab-size", "270"), /holds no \.train or \.txt file/);
  } finally {
    if (quiet === undefined) delete process.env.CLASS_IT_QUIET;
    else process.env.CLASS_IT_QUIET = quiet;
    fs.rmSync(folder, { recursive: true });
  }
});
