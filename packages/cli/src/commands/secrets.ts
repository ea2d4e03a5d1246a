// `postrider secrets`: named values that actions use and nobody reads back. Values come from standard input
// or a file, never as an argument, where other users of the machine and the shell's history would see them.

import { text } from "node:stream/consumers";
import { PostriderError } from "@postrider/shared/errors";
import type { Command } from "commander";
import type { Context } from "../context.ts";
import { readTextFile } from "../documents.ts";
import { describeTime } from "../readable.ts";
import { withProducer } from "../with-producer.ts";
import { withService } from "../with-service.ts";

interface Json {
  readonly json?: boolean;
}

export function addSecrets(program: Command, context: Context): void {
  const { settings, output } = context;
  const group = program
    .command("secrets")
    .description("Stored values that actions use as {{ secrets.NAME }}");
  group
    .command("set <name>")
    .description("Save a value, read from standard input (or a file); one line break at its end is left out")
    .option("--file <path>", "read the value from this file")
    .option("--json", "for programs")
    .action(async (name: string, { file, json }: Json & { file?: string }) => {
      const value = await readValue(file, context);
      await withService(settings(), ({ secrets }) => secrets.set(name, value));
      if (json === true) return output.json({ set: name });
      output.line(`${name} saved; workers use it within seconds`);
    });
  group
    .command("list")
    .description("List names, when they were set, and the key that seals them; never values")
    .option("--json", "for programs")
    .action(async ({ json }: Json) => {
      const listed = await withService(settings(), ({ secrets }) => secrets.list());
      if (json === true) return output.json({ secrets: listed });
      if (listed.length === 0) return output.line("no secrets; save one with: postrider secrets set NAME");
      output.table(
        ["SECRET", "SET", "KEY"],
        listed.map(({ name, setAt, keyId }) => [name, describeTime(setAt), keyId]),
      );
    });
  group
    .command("remove <name>")
    .description("Remove a secret; deliveries of actions that use it wait until it is set again")
    .option("--json", "for programs")
    .action(async (name: string, { json }: Json) => {
      await withService(settings(), ({ secrets }) => secrets.remove(name));
      if (json === true) return output.json({ removed: name });
      output.line(`${name} removed`);
    });
  group
    .command("rotate")
    .description("Seal all secrets, and credentials in actions, under the first key of POSTRIDER_SECRET_KEYS")
    .option("--json", "for programs")
    .action(async ({ json }: Json) => {
      const rotated = await withProducer(settings(), ({ secrets }) => secrets.rotate());
      if (json === true) return output.json(rotated);
      output.line(`${rotated.resealed} sealed anew, ${rotated.unchanged} were so already`);
    });
}

async function readValue(file: string | undefined, { surroundings }: Context): Promise<string> {
  if (file === undefined && "isTTY" in surroundings.stdin && surroundings.stdin.isTTY === true) {
    throw new PostriderError(
      "secret_invalid",
      "value: is read from standard input; pipe it in, or give --file",
    );
  }
  const value = file === undefined ? await text(surroundings.stdin) : await readTextFile(file);
  return value.replace(/\r?\n$/, "");
}
