// JSON and GraphQL that a template writes by hand into a JSON text: `"{\"name\": \"{{ x }}\"}"`. A value in
// it is escaped for the outer text alone, so that its quote mark ends the inner one.

import { CaptureTag, type Template as Node } from "liquidjs";
import { everyNode } from "../render/operands.ts";
import type { FoundPlaces } from "./find-places.ts";
import { readPieces } from "./json-pieces.ts";
import { DOCUMENT } from "./json-steps.ts";
import { bodiesOf, filtersOf, textOf } from "./places.ts";

const NO_NAMES: ReadonlySet<string> = new Set();
/** Who writes for the inner text by hand knows of it. */
const BY_HAND = /^(?:replace|json|to_json|jsonify|inspect|escape|url_encode|base64)/;
const GRAPHQL = /^\s*(?:query|mutation|subscription)\b[^"]*\{/;
/** Where an argument, an item of a list or a field of an object begins. */
const ARGUMENT = /[:,([{]\s*"[^"]*$/;

/** The outputs between the quote marks of an inner text that is JSON or GraphQL for certain. */
export function findNestedByHand(nodes: readonly Node[], { of, jsonCaptures }: FoundPlaces): Set<Node> {
  const captures = [...everyNode(nodes)].filter((node) => node instanceof CaptureTag);
  const bodies = [nodes, ...captures.filter((tag) => jsonCaptures.has(tag)).map((tag) => tag.templates)];
  const found = bodies.flatMap(textsIn).flatMap(findInText);
  return new Set(
    found.filter(
      (node) => of.get(node) === "jsonString" && !filtersOf(node).some(({ name }) => BY_HAND.test(name)),
    ),
  );
}

/** The JSON texts with values in them, each as its nodes; those of blocks outside of texts, too. */
function textsIn(nodes: readonly Node[]): Node[][] {
  const texts: Node[][] = [];
  let open: Node[] | null = null;
  for (const piece of nodes.flatMap(splitNode)) {
    if (piece === QUOTE) {
      if (open !== null) texts.push(open);
      open = open === null ? [] : null;
    } else if (open !== null) open.push(piece);
    else texts.push(...blocksOf(piece).flatMap(textsIn));
  }
  return texts.filter((text) => text.length > 1);
}

function blocksOf(node: Node): Node[][] {
  return node instanceof CaptureTag ? [] : bodiesOf(node);
}

const QUOTE = toText('"');

function splitNode(node: Node): Node[] {
  const text = textOf(node);
  if (text === null) return [node];
  return splitAtQuotes(text).flatMap((piece, index) =>
    index === 0 ? [toText(piece)] : [QUOTE, toText(piece)],
  );
}

/** At the quote marks that no backslash stands before. */
function splitAtQuotes(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') {
      pieces.push(text.slice(from, at));
      from = at + 1;
    }
  }
  return [...pieces, text.slice(from)];
}

/** A piece of a text node, as one of its own. */
function toText(str: string): Node {
  return { str } as unknown as Node;
}

function findInText(nodes: readonly Node[]): Node[] {
  const beginning = nodes[0] === undefined ? "" : (readText(nodes[0]) ?? "");
  if (GRAPHQL.test(beginning)) return findInGraphql(nodes);
  if (!/^\s*[[{]/.test(beginning)) return [];
  const { ends, inText } = readPieces(nodes, DOCUMENT, { read: readText, loose: NO_NAMES });
  return ends.some(({ expected, hasText }) => expected === "end" && hasText) ? [...inText] : [];
}

function findInGraphql(nodes: readonly Node[]): Node[] {
  let before = "";
  return nodes.filter((node) => {
    const text = readText(node);
    before += text ?? "";
    const isOpen = before.replace(/\\./g, "").split('"').length % 2 === 0;
    return text === null && isOpen && ARGUMENT.test(before);
  });
}

/** What a receiver reads of a piece of a JSON text. */
function readText(node: Node): string | null {
  const text = textOf(node);
  if (text === null) return null;
  try {
    return JSON.parse(`"${text.replaceAll("\n", "\\n").replaceAll("\r", "\\r").replaceAll("\t", "\\t")}"`);
  } catch {
    return text;
  }
}
