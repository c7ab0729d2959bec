/** @file The tokenizer folder from which make_chat_template.py makes chat_template.json. usage: node --import tsx FILE FOLDER */

import { trainBpe } from "../../../src/tokenizer/bpe-train";
import { golden } from "../../support/reference";

interface Conversations {
  text: string[];
  vocabSize: number;
}

const { text, vocabSize } = golden<Conversations>("tokenizer/chat_conversations.json");
trainBpe(text, { vocabSize }).save(process.argv[2]);
