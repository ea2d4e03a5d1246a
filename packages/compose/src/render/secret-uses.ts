// Where templates use secrets, found before there is any data: which ones, and in which places. What is found
// here decides which fields are handed secrets at all; a use that it could not see finds nothing.

import type { Problem } from "@postrider/shared/errors";
import { AssignTag, CaptureTag, type Template as Node, Output } from "liquidjs";
import { isPrinting, isRaw, textOf } from "../escape/places.ts";
import { SnippetNode } from "./inline-snippets.ts";
import {
  createLocator,
  everyNode,
  expressionsOf,
  type Names,
  namesGivenIn,
  type Operand,
  operandsOf,
  pathOf,
  type Spot,
} from "./operands.ts";

/** The name under which templates see secrets. */
export const SECRETS = "secrets";

export interface SecretUses {
  readonly names: ReadonlySet<string>;
  /** What is wrong with how they are named. */
  readonly problems: readonly Problem[];
  /** The first use, for messages. */
  readonly place: Place | null;
  /** The other names of the scope that the template reads. */
  readonly others: readonly string[];
}

interface Place extends Spot {
  /** The snippet that has it, where one does. */
  readonly file: string | undefined;
}

/** The secrets that parsed nodes use, in snippets, too. `field` names where the template stands. */
export function findSecretUses(field: string, nodes: readonly Node[]): SecretUses {
  const own = namesGivenIn(nodes);
  const locate = createLocator();
  const names = new Set<string>();
  const others = new Set<string>();
  const problems: Problem[] = [];
  let place: Place | null = null;
  for (const { file, operand, path } of readingsOf(nodes)) {
    const [root, name, ...rest] = path;
    if (root !== SECRETS) {
      if (typeof root === "string" && !own.has(root)) others.add(root);
      continue;
    }
    place ??= { file, ...locate(operand) };
    if (typeof name === "string" && rest.length === 0) names.add(name);
    else problems.push(toPlaced(field, NOT_BY_NAME, { file, ...locate(operand) }));
  }
  return { names, problems, place, others: [...others] };
}

/** Whether parsed nodes use secrets at all. */
export function useSecrets(nodes: readonly Node[]): boolean {
  for (const { path } of readingsOf(nodes)) if (path[0] === SECRETS) return true;
  return false;
}

interface Reading {
  readonly file: string | undefined;
  readonly operand: Operand;
  readonly path: Names;
}

/**
 * Every path that nodes read. (liquidjs' own analysis counts the lines before each, which takes half a minute
 * for a large template.)
 */
function* readingsOf(nodes: readonly Node[]): Generator<Reading> {
  for (const node of everyNode(nodes))
    for (const operand of expressionsOf(node).flatMap(operandsOf)) {
      const path = pathOf(operand);
      if (path !== null) yield { file: node.token.file, operand, path };
    }
}

const NOT_BY_NAME = "must name the secret, as secrets.NAME does, and nothing more";

/** A problem with its place: in the field itself, or in a snippet that the field prints. */
export function toPlaced(field: string, message: string, { file, line, column }: Place): Problem {
  return file === undefined
    ? { field, message, line, column }
    : { field: file, message: `${message} (it is printed in ${field})`, line, column };
}

/** Whether all uses of secrets in a URL are escaped outputs in its user info, between `://` and `@`. */
export function areInUserInfo(nodes: readonly Node[]): boolean {
  const pieces = nodes.flatMap(unfold).map((node) => ({ node, text: toText(node) }));
  const url = pieces.map(({ text }) => text).join("");
  const start = /^\s*[A-Za-z][A-Za-z0-9+.-]*:\/\//.exec(url)?.[0].length;
  if (start === undefined) return false;
  const length = url.slice(start).search(/[/\\?#]/);
  const end = url.lastIndexOf("@", length < 0 ? url.length : start + length);
  let at = 0;
  return pieces.every(({ node, text }) => {
    const from = at;
    at += text.length;
    if (!useSecrets([node])) return true;
    return node instanceof Output && !isRaw(node) && from >= start && from < end;
  });
}

function unfold(node: Node): Node[] {
  return node instanceof SnippetNode ? node.templates.flatMap(unfold) : [node];
}

/**
 * What stands for a node: its text, something without meaning for an escaped value, and the end of the user
 * info for what may be anything.
 */
function toText(node: Node): string {
  if (node instanceof AssignTag || node instanceof CaptureTag) return "";
  return textOf(node) ?? (isPrinting(node) && !isRaw(node) ? "x" : "/");
}
