// `postrider snippets`: pieces of template that actions share. An action takes what it uses with it when it
// is applied.

import { text } from "node:stream/consumers";
import { PostriderError } from "@postrider/shared/errors";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { readTextFile } from "../documents.ts";
import { toVisible } from "../readable.ts";
import { withService } from "../with-service.ts";

export function addSnippets(program: Command, { settings, output, surroundings, end }: Context): void {
  const group = program
    .command("snippets")
    .description("Pieces of template that actions share, printed as {{ snippets.name }}");
  group
    .command("set <name> <file>")
    .description(
      "Save a snippet from a file; - reads standard input. Actions take it up when they are applied again",
    )
    .action(async (name: string, file: string) => {
      const content = file === "-" ? await text(surroundings.stdin) : await readTextFile(file);
      await withService(settings(), ({ snippets }) => snippets.set(name, content));
      output.line(`snippet ${name} saved; actions that use it take it up when they are applied again`);
    });
  group
    .command("list")
    .description("List the snippets")
    .option("--json", "for programs")
    .action(async ({ json }: { json?: boolean }) => {
      const all = await withService(settings(), ({ snippets }) => snippets.list());
      if (json === true) return output.json({ snippets: all });
      if (all.length === 0)
        return output.line("no snippets; save one with: postrider snippets set NAME FILE");
      output.table(
        ["SNIPPET", "CHARACTERS", "BEGINS"],
        all.map((snippet) => [snippet.name, snippet.text.length, toBeginning(snippet.text)]),
      );
    });
  group
    .command("show <name>")
    .description("Show a snippet's text")
    .option("--json", "for programs")
    .action(async (name: string, { json }: { json?: boolean }) => {
      const found = await withService(settings(), ({ snippets }) => snippets.get(name));
      if (found === null) throw unknown(name);
      if (json === true) output.json({ name, text: found });
      else output.line(found);
    });
  group
    .command("remove <name>")
    .description("Remove a snippet; saved actions keep theirs")
    .action(async (name: string) => {
      const wasThere = await withService(settings(), ({ snippets }) => snippets.remove(name));
      if (!wasThere) end(1);
      output.line(wasThere ? `snippet ${name} removed` : `there was no snippet ${name}`);
    });
}

const BEGINNING_CHARS = 60;

function toBeginning(content: string): string {
  return toVisible(content.slice(0, BEGINNING_CHARS)).replaceAll("\n", "⏎");
}

function unknown(name: string): PostriderError {
  return new PostriderError("action_unknown", `there is no snippet ${name} in the store`);
}
