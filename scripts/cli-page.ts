// The page of the command line: each command as its own help tells it, with the exit codes that all share.

import { PassThrough, Readable } from "node:stream";
import { createOutput } from "@postrider/cli/output";
import { createCommands } from "@postrider/cli/program";

type Command = ReturnType<typeof createCommands>;
type MakeTable = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

const SHARED = `In a checkout a command is \`npx postrider …\`. The pages of these documents leave \`npx\` out.

- \`--help\` stands behind every command, and \`--json\` behind every one that prints something for programs. People get tables and sentences on standard output; notes and
  reasons of failures go to standard error.
- \`--redis URL\` stands behind any command, and is taken before \`POSTRIDER_REDIS_URL\` and \`POSTRIDER_URL\`. [Settings](settings.md) are read from the environment. With \`POSTRIDER_URL\` and
  \`POSTRIDER_TOKEN\` the same commands go [through the HTTP API](client.md#the-command-line).
- \`source <(postrider completion bash)\` completes commands, options and ids; zsh and fish likewise.

| exit code | means |
| --- | --- |
| 0 | done |
| 1 | failed, or the answer is no: \`runs wait\` of a run that was not delivered whole, \`actions check\` with a difference. [Error codes](reasons.md#error-codes) has the code of each error |
| 2 | usage: an option or a setting is wrong, or a file is not there |
| 130, 143 | stopped by Ctrl-C or by SIGTERM; standard error has the line that goes on from there |`;

/** @param table makes a table of the page. */
export function renderCommands(table: MakeTable): string {
  const printed = new PassThrough();
  const commands = [...walk(plant(printed), "postrider")];
  const leaves = commands.filter(([, command]) => visibleBelow(command).length === 0);
  const contents = table(
    ["command", "does"],
    leaves.map(([path, command]) => [`[\`${path}\`](#${toAnchor(path)})`, toText(command.description())]),
  );
  const sections = commands.slice(1).map(([path, command]) => renderCommand(path, command, printed, table));
  return [SHARED, "## All commands", contents, ...sections].join("\n\n");
}

/** The tree of commands, of which nothing is run. @param stdout where it prints its help. */
export function plant(stdout: PassThrough): Command {
  const surroundings = { environment: {}, stdin: Readable.from([]), stdout, stderr: stdout };
  return createCommands({
    surroundings,
    output: createOutput(surroundings, false),
    words: [],
    settings: () => {
      throw new Error("no command runs here");
    },
    end: () => undefined,
  });
}

function visibleBelow(command: Command): readonly Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== "help");
}

function* walk(command: Command, path: string): Generator<readonly [string, Command]> {
  yield [path, command];
  for (const child of visibleBelow(command)) yield* walk(child, `${path} ${child.name()}`);
}

function renderCommand(path: string, command: Command, printed: PassThrough, table: MakeTable): string {
  const help = command.createHelp();
  const below = visibleBelow(command);
  const rows = [
    ...help.visibleArguments(command).map((one) => [help.argumentTerm(one), help.argumentDescription(one)]),
    ...help
      .visibleOptions(command)
      .filter((option) => option.long !== "--help")
      .map((option) => [help.optionTerm(option), help.optionDescription(option)]),
  ].map(([term = "", meaning = ""]) => [`\`${term}\``, toText(meaning)]);
  return [
    `## ${path}`,
    `${toText(command.description())}.`,
    below.length > 0
      ? below.map((child) => `[\`${child.name()}\`](#${toAnchor(`${path} ${child.name()}`)})`).join(", ")
      : `\`${help.commandUsage(command)}\``,
    ...(rows.length > 0 ? [table(["argument or option", "meaning"], rows)] : []),
    ...renderTrailing(command, printed),
  ].join("\n\n");
}

/** What stands below the help of a command: remarks of its own, then examples. */
function renderTrailing(command: Command, printed: PassThrough): string[] {
  printed.read();
  command.outputHelp();
  const text = String(printed.read() ?? "").slice(command.helpInformation().length);
  const [remarks = "", examples = ""] = text.split(/^Examples:$/m);
  return [
    ...(remarks.trim() === "" ? [] : [fence("text", remarks)]),
    ...(examples.trim() === "" ? [] : [fence("sh", examples)]),
  ];
}

function fence(language: string, text: string): string {
  const lines = text.split("\n").map((line) => line.replace(/^ {2}/, ""));
  return `\`\`\`${language}\n${lines.join("\n").trim()}\n\`\`\``;
}

/** Outside of code `<action>` would be taken for HTML, and be gone. */
function toText(text: string): string {
  return text.replaceAll("<", "\\<");
}

function toAnchor(path: string): string {
  return path.replaceAll(" ", "-");
}
