// What a completion script has to know, made of the tree of commands: the same three tables for every shell.

import type { CommandNode, OptionNode, ValueNode } from "../commands/tree.ts";
import { walk } from "../commands/tree.ts";

/** A word that can be completed to, and what it means. */
export interface Offer {
  readonly word: string;
  readonly description: string;
}

/** What a value is completed to: files, or what is asked for by `__complete`. */
export type ValueKind = "file" | IdKind;
export const ID_KINDS = ["action", "run", "destination", "lane", "group"] as const;
export type IdKind = (typeof ID_KINDS)[number];

export interface Completed {
  /** Null: whatever the shell does without being told. */
  readonly kind: ValueKind | null;
  readonly choices: readonly string[];
}

export interface CompletionTables {
  /** By command: `postrider runs`. */
  readonly commands: readonly {
    readonly path: string;
    readonly subcommands: readonly Offer[];
    readonly flags: readonly Offer[];
  }[];
  /** Flags that take a value. */
  readonly flags: readonly (Completed & {
    readonly path: string;
    readonly flags: readonly string[];
    /** One value or several; `maybe`: one, which may be left out. */
    readonly takes: "one" | "many" | "maybe";
  })[];
  /** Arguments, by their place from 0 on; null: that place and all behind it. */
  readonly arguments: readonly (Completed & { readonly path: string; readonly place: number | null })[];
}

const ROOT = "postrider";

/** @param root the whole tree. */
export function toTables(root: CommandNode): CompletionTables {
  const nodes = [...walk(root)];
  // Commander takes the root's own options behind any command.
  const everywhere = root.options.filter(({ value }) => value !== null);
  const optionsOf = (node: CommandNode): readonly OptionNode[] =>
    node === root ? node.options : [...node.options, ...everywhere];
  return {
    commands: nodes.map((node) => ({
      path: toPath(node),
      subcommands: node.children.map(({ path, description }) => ({ word: path.at(-1) ?? "", description })),
      flags: optionsOf(node).flatMap(({ flags, description }) =>
        flags.map((word) => ({ word, description })),
      ),
    })),
    flags: nodes.flatMap((node) =>
      optionsOf(node).flatMap(({ flags, value, isValueOptional }) => {
        if (value === null) return [];
        const one = isValueOptional ? "maybe" : "one";
        const takes = value.isVariadic ? "many" : one;
        return [{ path: toPath(node), flags, takes, ...toCompleted(value, flags) } as const];
      }),
    ),
    arguments: nodes.flatMap((node) =>
      node.arguments.map((value, place) => ({
        path: toPath(node),
        place: value.isVariadic ? null : place,
        ...toCompleted(value, []),
      })),
    ),
  };
}

function toPath({ path }: CommandNode): string {
  return [ROOT, ...path].join(" ");
}

function toCompleted({ name, choices }: ValueNode, flags: readonly string[]): Completed {
  if (choices !== null) return { kind: null, choices };
  const kind = [name, ...flags].map((word) => KINDS[word]).find((known) => known !== undefined) ?? null;
  return { kind, choices: [] };
}

/** By the name of the value as help shows it, or else by its flag. */
const KINDS: Readonly<Record<string, ValueKind>> = {
  file: "file",
  files: "file",
  path: "file",
  action: "action",
  "--action": "action",
  run: "run",
  "--run": "run",
  origin: "destination",
  "--lane": "lane",
  "--lanes": "lane",
  "--group": "group",
};

/** In single quotes, for a POSIX shell. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
