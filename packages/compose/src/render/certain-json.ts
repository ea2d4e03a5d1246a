// Whether a body can ever be JSON, as far as its template alone tells: read up to where data decide what
// comes.

import { type Template as Node, Output } from "liquidjs";
import { TEXT_FILTERS } from "../escape/encoded.ts";
import { isRaw, readJson, textOf } from "../escape/places.ts";
import type { JsonProblem } from "../json-check.ts";
import { createLocator, type Expression, namesGivenIn, pathOf, type Spot } from "./operands.ts";

interface CertainProblem extends Spot {
  readonly message: string;
  /** The snippet that it stands in. */
  readonly file: string | undefined;
}

/**
 * Where the template's own text stops being JSON for certain; null where it does not, or nobody can tell.
 * @param isEscaped whether values keep to their places; else any of them may be a piece of JSON.
 * @param check what the whole must be: JSON, or lines of it.
 */
export function findCertainJsonProblem(
  nodes: readonly Node[],
  isEscaped: boolean,
  check: (text: string) => JsonProblem | null,
): CertainProblem | null {
  const read = readCertain(nodes.flatMap(withSnippets), isEscaped);
  const problem = check(read.text);
  // What follows may still end what is open; and a value in the data may be what a name or a whole piece of
  // JSON needs.
  if (problem === null || (problem.offset >= read.text.length && !read.isWhole)) return null;
  const piece = read.pieces.findLast(({ at }) => at <= problem.offset);
  if (piece === undefined) return { line: 1, column: 1, message: problem.message, file: undefined };
  const { node, at } = piece;
  const { input, begin, file, trimLeft = 0 } = node.token as Node["token"] & { trimLeft?: number };
  // A value may be the name that is wanted there.
  if (textOf(node) === null) return null;
  const spot = createLocator()({ input, begin: begin + trimLeft + problem.offset - at });
  return { ...spot, message: problem.message, file };
}

function withSnippets(node: Node): Node[] {
  return "snippet" in node && "templates" in node ? (node.templates as Node[]).flatMap(withSnippets) : [node];
}

interface Certain {
  readonly text: string;
  readonly pieces: readonly { readonly at: number; readonly node: Node }[];
  /** Whether this is all of the body. */
  readonly isWhole: boolean;
}

/** Text as it stands, and for each value the shortest one that fits its place. */
function readCertain(nodes: readonly Node[], isEscaped: boolean): Certain {
  const own = namesGivenIn(nodes);
  const pieces: { at: number; node: Node }[] = [];
  let text = "";
  for (const node of nodes) {
    const piece = textOf(node) ?? (isEscaped && isPlainValue(node, own) ? valueAfter(text) : null);
    if (piece === null) return { text, pieces, isWhole: false };
    pieces.push({ at: text.length, node });
    text += piece;
  }
  return { text, pieces, isWhole: true };
}

/** A value in a string may be empty; elsewhere it is a digit, which may stand beside others. */
function valueAfter(text: string): string {
  return readJson(text, "outside") === "outside" ? "1" : "";
}

/**
 * What a template made itself may be any piece of JSON, and so may what it cut out of some, and what is not
 * escaped.
 */
function isPlainValue(node: Node, own: ReadonlySet<string>): boolean {
  if (!(node instanceof Output) || isRaw(node)) return false;
  const { value } = node as unknown as { value?: Expression };
  const [first, ...rest] = value?.initial.postfix ?? [];
  const path = first === undefined || rest.length > 0 ? null : pathOf(first);
  const isCut = value?.filters.some(({ name }) => TEXT_FILTERS.has(name) || name === "slice") === true;
  return path !== null && !own.has(String(path[0])) && !isCut;
}
