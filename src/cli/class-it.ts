/**
 * @file `npm run class-it -- <command>`: every command of the package; each command is one file in `commands/`.
 *
 * Errors meant for the user are one plain sentence on standard error and exit status 1; `CLASS_IT_TRACE=1` adds the
 * stack.
 */

import { Command } from "commander";
import { messageOf } from "../util/check";

/** In the order of the help text; each is one file in `commands/`. */
const COMMANDS = [
  "reproduce",
  "sweep",
  "stage",
  "stages",
  "export-torch",
  "import-torch",
  "data",
  "sample-world",
  "tokenizer",
  "augment",
  "chat",
  "gguf",
  "score",
  "finetune",
  "ablation",
  "compare",
  "collate",
  "protocol-changes",
  "plan",
  "checksums",
  "bench",
  "gpu-check",
  "figures",
  "notebooks",
  "exports",
  "report",
] as const;

async function main(): Promise<void> {
  const program = new Command("class-it")
    .description("CLASS-IT as a literate package: data, training, scoring, figures, notebooks, reports")
    .showHelpAfterError('("npm run class-it -- help" lists commands and options)')
    .showSuggestionAfterError(true);
  const wanted = COMMANDS.find((name) => name === process.argv[2]);
  for (const name of wanted === undefined ? COMMANDS : [wanted]) {
    const { register } = (await import(`./commands/${name}`)) as { register: (program: Command) => void };
    register(program);
  }
  await program.parseAsync();
}

main().catch((error: unknown) => {
  process.stderr.write(`error: ${messageOf(error)}\n`);
  if (process.env.CLASS_IT_TRACE === "1" && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
