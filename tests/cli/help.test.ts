// Help: every command has examples, and each of them is a command line that this tree of commands takes.

import { PassThrough, Readable } from "node:stream";
import { expect, test } from "vitest";
import type { Context } from "../../packages/cli/src/context.ts";
import { createOutput } from "../../packages/cli/src/output.ts";
import { createCommands } from "../../packages/cli/src/program.ts";

type Command = ReturnType<typeof createCommands>;

/** The tree of commands, and what it prints. */
function plant(): { program: Command; printed: () => string } {
  const stdout = new PassThrough();
  const surroundings = { environment: {}, stdin: Readable.from([]), stdout, stderr: stdout };
  const context: Context = {
    surroundings,
    output: createOutput(surroundings, false),
    words: [],
    settings: () => {
      throw new Error("no command runs here");
    },
    end: () => undefined,
  };
  return { program: createCommands(context), printed: () => String(stdout.read() ?? "") };
}

function* walk(command: Command, path: string): Generator<readonly [string, Command]> {
  yield [path, command];
  for (const child of command.commands)
    if (!child.name().startsWith("__")) yield* walk(child, `${path} ${child.name()}`);
}

function examplesOf(command: Command, printed: () => string): string[] {
  command.outputHelp();
  const [, examples = ""] = /\nExamples:\n([\s\S]*?)(?:\n\n|$)/.exec(printed()) ?? [];
  return examples.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
}

/** The words of each command line of ours in a line for a shell. */
function commandLines(line: string): string[][] {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(&&|[|;<>#])|([^\s|;<>&'"]+)/g)];
  const lines: string[][] = [];
  let current: string[] | null = null;
  for (const [, single, double, end, bare] of words) {
    if (end !== undefined) current = null;
    else if (bare === "postrider") {
      current = [];
      lines.push(current);
    } else current?.push(single ?? double ?? bare ?? "");
  }
  return lines;
}

const { program, printed } = plant();
const commands = [...walk(program, "postrider")];

test.each(commands)("%s has examples", (path, command) => {
  const examples = examplesOf(command, printed);

  expect(examples.length, `${path}: give it one in command-examples.ts`).toBeGreaterThan(0);
  for (const line of examples) expect(commandLines(line).length, line).toBeGreaterThan(0);
});

/** Which command a line leads to, with nothing done. @throws what commander has against it. */
async function lead(words: string[]): Promise<string> {
  const { program: other, printed: said } = plant();
  const ran: string[] = [];
  for (const [name, leaf] of walk(other, "postrider"))
    if (leaf.commands.length === 0) leaf.action(() => void ran.push(name));
  await other.parseAsync(words, { from: "user" }).catch((error: Error) => {
    throw new Error(`${words.join(" ")}: ${error.message}\n${said()}`);
  });
  return ran.join();
}

test("each example is of its command or one below it, and this command line takes it", async () => {
  for (const [path, command] of commands)
    for (const words of examplesOf(command, printed).flatMap(commandLines))
      expect(`${await lead(words)} `).toContain(`${path} `);
});

test("an option that is gone is told, so that the test above can fail", async () => {
  const { program: other } = plant();

  await expect(other.parseAsync(["runs", "show", "spring", "--gone"], { from: "user" })).rejects.toThrow(
    "--gone",
  );
});
