// Help: every command has examples, and each of them is a command line that this tree of commands takes.

import { expect, test } from "vitest";
import { type Command, commandLines, lead, plant, walk } from "../support/command-tree.ts";

function examplesOf(command: Command, printed: () => string): string[] {
  command.outputHelp();
  const [, examples = ""] = /\nExamples:\n([\s\S]*?)(?:\n\n|$)/.exec(printed()) ?? [];
  return examples.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
}

const { program, printed } = plant();
const commands = [...walk(program, "postrider")];

test.each(commands)("%s has examples", (path, command) => {
  const examples = examplesOf(command, printed);

  expect(examples.length, `${path}: give it one in command-examples.ts`).toBeGreaterThan(0);
  for (const line of examples) expect(commandLines(line).length, line).toBeGreaterThan(0);
});

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
