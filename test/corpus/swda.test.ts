import assert from "node:assert/strict";
import * as path from "node:path";
import { test } from "node:test";
import { documentPairs } from "../../src/augmentation/switchboard";
import { loadSwda, readConversation, withoutMarks } from "../../src/corpus/swda";
import { parseUtterance } from "../../src/corpus/turns";
import { temporaryFolder } from "../support/temporary-folder";

// our own words in the corpus's three forms
const HEADER =
  "swda_filename,ptb_basename,conversation_no,transcript_index,act_tag,caller,utterance_index,subutterance_index,text,pos,trees,ptb_treenumbers";
const CSV = [
  HEADER,
  'sw00/x,4/y,2005,0,qy,A,1,1,"{D So, } [ is, + is ] the mill old? /",,,',
  "sw00/x,4/y,2005,1,b,B,2,1,Uh-huh. /,,,",
  'sw00/x,4/y,2005,2,sd,A,3,1,"It has {F uh, } a ""wheel"" <laughter>, -/",,,',
  "sw00/x,4/y,2005,3,x,B,4,1,<Throat_clearing>,,,",
  'sw00/x,4/y,2005,4,sd,B,4,2,"{C And } it turns ((slowly)), # I think. # /",,,',
].join("\n");
const UTT = `*x* header
==========

qy          A.1 utt1: {D So, } [ is, + is ] the mill old? /
b           B.2 utt1: Uh-huh. /
sd          @A.3 utt1: It has {F uh, } a "wheel" <laughter>, -/
sd          B.4 utt1: {C And } it turns
  ((slowly)), # I think. # /
`;
const PIPES =
  'A|So, is, is the mill old?|qy\nB|Uh-huh.|b\nA|It has uh, a "wheel",|sd\nB|And it turns slowly, I think.|sd\n';

test("disfluency marks go, words stay", () => {
  assert.equal(withoutMarks("{F Uh, } [ I, + I ] do, <laughter> {D you know, } -- /"), "Uh, I, I do, you know,");
  assert.equal(withoutMarks("*[[slash error]] Yes, <<faint>> @ it is. /"), "Yes, it is.");
});

test("the three forms of a conversation give the same utterances", (t) => {
  const folder = temporaryFolder(t, { "a.csv": CSV, "b.utt": UTT, "c.txt": PIPES });
  const [csv, utt, pipes] = ["a.csv", "b.utt", "c.txt"].map((name) => readConversation(path.join(folder, name)));
  assert.deepEqual(csv, [
    { speaker: "A", text: "So, is, is the mill old?" },
    { speaker: "B", text: "Uh-huh." },
    { speaker: "A", text: 'It has uh, a "wheel",' },
    { speaker: "B", text: "And it turns slowly, I think." },
  ]);
  assert.deepEqual(utt, csv);
  assert.deepEqual(pipes, csv);
});

test("callers with signs and odd or missing act tags begin utterances of their own", (t) => {
  const utt = `*x* made up\n====\n
sd          A.1 utt1: I like small boats. /
b           @@B.2 utt1: Right. /
sd ^q       @B.2 utt2: He said no. /
            A.3 utt1: Why not? /
fo_o_fw_"_by_bc    @@A.3 utt2: They
            float, {F uh, } -/
`;
  const csv = [HEADER, "x,y,1,0,b,@@B,2,1,Right. /,,,", "x,y,1,0,b,@A,2,1,Yes. /,,,"].join("\n");
  const folder = temporaryFolder(t, { "a.utt": utt, "b.csv": csv, "c.txt": "@@B|Right.|b\n@A|Yes.|b\n" });
  assert.deepEqual(readConversation(path.join(folder, "a.utt")), [
    { speaker: "A", text: "I like small boats." },
    { speaker: "B", text: "Right." },
    { speaker: "B", text: "He said no." },
    { speaker: "A", text: "Why not?" },
    { speaker: "A", text: "They float, uh," },
  ]);
  const two = [
    { speaker: "B", text: "Right." },
    { speaker: "A", text: "Yes." },
  ];
  assert.deepEqual(readConversation(path.join(folder, "b.csv")), two);
  assert.deepEqual(readConversation(path.join(folder, "c.txt")), two);
  assert.deepEqual(parseUtterance("@@B:\tRight."), { speaker: "B", text: "Right." }, "also in BabyLM's text");
});

test("a file is a conversation, cleaned and paired like BabyLM's Switchboard", (t) => {
  const folder = temporaryFolder(t, {
    "sw00utt/sw_0001_2005.csv": CSV,
    "sw01utt/sw_0002_2006.csv": CSV,
    "swda-metadata.csv": "x",
  });
  const { documents, report } = loadSwda(folder);
  assert.deepEqual(
    documents.map(({ group }) => group),
    ["switchboard/sw_0001_2005", "switchboard/sw_0002_2006"],
  );
  assert.deepEqual(documentPairs(documents[0]), [
    { prompt: 'So, is, is the mill old? It has uh, a "wheel",', reply: "And it turns slowly, I think." },
  ]);
  const [{ wordsIn, wordsOut, steps }] = report.sources;
  assert.equal(wordsIn - steps.reduce((sum, step) => sum + step.droppedWords + step.removedWords, 0), wordsOut);
});

test("what is not a conversation is refused with file and line", (t) => {
  const cases: [string, string, RegExp][] = [
    ["a.csv", "x,y\n1,2\n", /a\.csv:1: want the columns caller and text, got x, y/],
    ["a.csv", `${HEADER}\nonly,three,fields\n`, /a\.csv:2: 3 fields, the header has 12/],
    ["a.txt", "A|fine|x\nno pipes here\n", /a\.txt:2: want "speaker\|text\|tag"/],
    ["a.txt", "Mira|fine|x\n", /a\.txt:1: caller: want A or B/],
    ["a.utt", "*x* header\n=====\n", /a\.utt: has no utterance/],
    ["a.utt", "nothing\n", /a\.utt:1: this line neither starts nor continues an utterance/],
    [
      "a.utt",
      "===\nsd  A.1 utt1: Boats float. /\nnot indented\n",
      /a\.utt:3: this line neither starts nor continues an utterance/,
    ],
    [
      "a.utt",
      "===\nsd  A.1 utt1: Boats float. /\n\n  after a blank line\n",
      /a\.utt:4: this line neither starts nor continues an utterance/,
    ],
    ["a.utt", "===\nsd  A.1 utt1: Boats. /  b  B.2 utt1: Yes. /\n", /a\.utt:2: two utterances on one line/],
    ["a.utt", "===\nthey said that boats may float A.1 utt1: Yes. /\n", /a\.utt:2: text before the caller/],
  ];
  for (const [name, content, message] of cases) {
    assert.throws(() => loadSwda(temporaryFolder(t, { [name]: content })), message);
  }
  assert.throws(() => loadSwda(temporaryFolder(t)), /holds no conversation.*npm run data -- fetch swda/);
});
