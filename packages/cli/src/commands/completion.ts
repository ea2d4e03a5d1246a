// `postrider completion`: scripts by which a shell completes this command line.

import { Argument, type Command } from "commander";
import { askIds } from "../completion/ask-ids.ts";
import { toBash } from "../completion/bash.ts";
import { toFish } from "../completion/fish.ts";
import { ID_KINDS, type IdKind, toTables } from "../completion/tables.ts";
import { toZsh } from "../completion/zsh.ts";
import type { Context } from "../context.ts";
import { readTree } from "./tree.ts";

const SHELLS = { bash: toBash, zsh: toZsh, fish: toFish } as const;
type Shell = keyof typeof SHELLS;

export function addCompletion(program: Command, { output, settings }: Context): void {
  program
    .command("completion")
    .description("Print a script that lets a shell complete commands, options, and ids that are in Redis")
    .addArgument(new Argument("<shell>", "which shell").choices(Object.keys(SHELLS)))
    .addHelpText(
      "after",
      `
To have it in every new shell:
  bash  add this line to ~/.bashrc:   source <(postrider completion bash)
        (bash 3.2, as macOS has it:   eval "$(postrider completion bash)")
  zsh   add it to ~/.zshrc, behind compinit:   source <(postrider completion zsh)
  fish  postrider completion fish > ~/.config/fish/completions/postrider.fish`,
    )
    .action((shell: Shell) => output.line(SHELLS[shell](toTables(readTree(program))).trimEnd()));
  program
    .command("__complete", { hidden: true })
    .description("Ids of a kind, one a line, for the scripts that completion prints")
    .addArgument(new Argument("<kind>").choices(ID_KINDS))
    .action(async (kind: IdKind) => {
      for (const id of await askIds(kind, settings)) output.line(id);
    });
}
