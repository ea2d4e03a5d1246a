// Where templates use secrets, found before there is any data: which ones, and in which places. What is found here decides which fields
// are handed secrets at all; a use that it could not see finds nothing.

import type { Problem } from "@postrider/shared/errors";
import { AssignTag, CaptureTag, Liquid, type Template as Node, Output } from "liquidjs";
import { isPrinting, isRaw, textOf } from "../escape/places.ts";
import { SnippetNode } from "./snippets.ts";

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

interface Place {
  /** The snippet that has it, where one does. */
  readonly file: string | undefined;
  readonly line: number;
  readonly column: number;
}

/** liquidjs' analysis belongs to no engine's options. */
const analyst = new Liquid();

type Segments = readonly (string | number | { readonly segments: Segments })[];
interface Use {
  readonly segments: Segments;
  readonly location: { readonly row: number; readonly col: number; readonly file?: string };
}

/** The secrets that parsed nodes use, in snippets, too. `field` names where the template stands. */
export function findSecretUses(field: string, nodes: readonly Node[]): SecretUses {
  const { variables, globals } = analyst.analyzeSync([...nodes], { partials: false });
  const uses = (variables[SECRETS] ?? []) as unknown as readonly Use[];
  const names = new Set<string>();
  const problems: Problem[] = [];
  for (const { segments, location } of uses) {
    const [, name] = segments;
    if (typeof name === "string" && segments.length === 2) names.add(name);
    else problems.push(toPlaced(field, NOT_BY_NAME, toPlace(location)));
  }
  const [first] = uses;
  return {
    names,
    problems,
    place: first === undefined ? null : toPlace(first.location),
    others: Object.keys(globals).filter((name) => name !== SECRETS),
  };
}

const NOT_BY_NAME = "must name the secret, as secrets.NAME does, and nothing more";

function toPlace({ row, col, file }: Use["location"]): Place {
  return { file, line: row, column: col };
}

/** A problem with its place: in the field itself, or in a snippet that the field prints. */
export function toPlaced(field: string, message: string, { file, line, column }: Place): Problem {
  return file === undefined
    ? { field, message, line, column }
    : { field: file, message: `${message} (it is printed in ${field})`, line, column };
}

/** Whether all uses of secrets in a URL are escaped outputs in its user info, between `://` and `@`. */
export function areInUserInfo(nodes: readonly Node[]): boolean {
  let before = "";
  const pieces = nodes.flatMap(unfold);
  for (const [index, node] of pieces.entries()) {
    if (findSecretUses("", [node]).place !== null) {
      const isAfterScheme = /^\s*[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/\\?#]*$/.test(before);
      const isEscaped = node instanceof Output && !isRaw(node);
      if (!isEscaped || !isAfterScheme || !isBeforeAt(pieces.slice(index + 1))) return false;
    }
    before += toText(node);
  }
  return true;
}

function isBeforeAt(rest: readonly Node[]): boolean {
  const text = rest.map(toText).join("");
  return /^[^/\\?#]*@/.test(text);
}

function unfold(node: Node): Node[] {
  return node instanceof SnippetNode ? node.templates.flatMap(unfold) : [node];
}

/** What stands for a node: its text, something without meaning for an escaped value, and the end of the user info for what may be anything. */
function toText(node: Node): string {
  if (node instanceof AssignTag || node instanceof CaptureTag) return "";
  return textOf(node) ?? (isPrinting(node) && !isRaw(node) ? "x" : "/");
}
