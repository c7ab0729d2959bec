import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { readSealedJson, writeSealedJson } from "../../src/util/sealed-json";
import { temporaryFolder } from "../support/temporary-folder";

const RECORD = { text: "é\u2028", none: null, list: [1e-7, -0.25, 3], nested: { b: 1, a: { "10": 1, "9": 2 } } };

test("a record comes back as it was; its checksum is the SHA-256 of the record without it", (t) => {
  const file = path.join(temporaryFolder(t), "deep", "record.json");
  writeSealedJson(file, { ...RECORD, absent: undefined, notANumber: Number.NaN });
  const read = readSealedJson(file, "make it again");
  assert.deepEqual(read, { ...RECORD, notANumber: null });
  const stored = JSON.parse(fs.readFileSync(file, "utf8")) as { sha256: string };
  assert.equal(stored.sha256, createHash("sha256").update(JSON.stringify(read)).digest("hex"));
  assert.throws(() => writeSealedJson(file, { sha256: "" }), /already has a field sha256/);
});

test("a changed byte gives the same record or one sentence with file and remedy", (t) => {
  const file = path.join(temporaryFolder(t), "record.json");
  writeSealedJson(file, RECORD);
  const bytes = fs.readFileSync(file);
  const said: string[] = [];
  t.mock.method(process.stderr, "write", (text: string) => said.push(text) > 0);
  for (let at = 0; at < bytes.length; at++) {
    for (const bit of [1, 4, 32]) {
      const damaged = Buffer.from(bytes);
      damaged[at] ^= bit;
      fs.writeFileSync(file, damaged);
      let read: unknown;
      try {
        read = readSealedJson(file, "make it again");
      } catch (error) {
        const { message } = error as Error;
        assert.ok(message.startsWith(file) && message.endsWith("; make it again") && !message.includes("\n"), message);
        continue;
      }
      // the name of the checksum's own field was changed: read with a warning
      const { text, none, list, nested } = read as typeof RECORD;
      assert.deepEqual({ text, none, list, nested }, RECORD, `byte ${at}`);
    }
  }
  t.mock.restoreAll();
  assert.equal(said.length, 1, "the warning comes once per file");
});
