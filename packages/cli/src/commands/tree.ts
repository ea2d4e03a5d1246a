// The tree of commands as plain data: what completion is made of, and what tests walk.

import type { Argument, Command, Option } from "commander";

export interface CommandNode {
  /** Names from the root on, without it: `["runs", "show"]`. */
  readonly path: readonly string[];
  readonly description: string;
  readonly arguments: readonly ValueNode[];
  readonly options: readonly OptionNode[];
  readonly children: readonly CommandNode[];
}

/** What stands for a value: an argument, or an option's. */
export interface ValueNode {
  /** As help shows it: `run`, `file`. */
  readonly name: string;
  readonly description: string;
  readonly isVariadic: boolean;
  /** The only ones that are taken; null: any. */
  readonly choices: readonly string[] | null;
}

export interface OptionNode {
  /** `--json`, or `-V` and `--version`. */
  readonly flags: readonly string[];
  readonly description: string;
  /** Null where it takes none. */
  readonly value: ValueNode | null;
  /** Whether the value may be left out. */
  readonly isValueOptional: boolean;
}

/** Reads a command and all below it; hidden ones are left out. */
export function readTree(command: Command, path: readonly string[] = []): CommandNode {
  const help = command.createHelp();
  return {
    path,
    description: command.description(),
    arguments: command.registeredArguments.map(toValue),
    options: help.visibleOptions(command).map(toOption),
    children: help
      .visibleCommands(command)
      .map((child) => readTree(child, [...path, child.name()]))
      // Commander's own: `help [command]`, which says what --help says.
      .filter((child) => child.path.at(-1) !== "help"),
  };
}

function toValue(argument: Argument): ValueNode {
  const { description, variadic: isVariadic, argChoices } = argument;
  return { name: argument.name(), description, isVariadic, choices: argChoices ?? null };
}

function toOption(option: Option): OptionNode {
  const { flags, short, long, description, required, optional, variadic: isVariadic, argChoices } = option;
  const name = /[<[]([^\]>.]+)/.exec(flags)?.[1] ?? "";
  return {
    flags: [short, long].filter((flag) => flag !== undefined),
    description,
    value: required || optional ? { name, description: "", isVariadic, choices: argChoices ?? null } : null,
    isValueOptional: optional,
  };
}

/** A node and all below it, each before those below it. */
export function* walk(node: CommandNode): Generator<CommandNode> {
  yield node;
  for (const child of node.children) yield* walk(child);
}
