// Which captured texts are JSON and which are texts like any other: by how they begin, by whether JSON can go
// on so, and by where they are printed.

import { AssignTag, CaptureTag, type Template as Node } from "liquidjs";
import { type Expression, everyNode, operandsOf, pathOf } from "../render/operands.ts";
import type { Place } from "./escape.ts";
import { isCutter, type ReadPieces, readPieces } from "./json-pieces.ts";
import { PIECE, type PieceState } from "./json-steps.ts";
import { findListed, isItemsLoop, nameOf } from "./listed.ts";
import { findNameFlow, findPrintedWith, type NameFlow, withAssigned } from "./name-flow.ts";
import {
  beginsAsJson,
  beginsAsObject,
  bodiesOf,
  filtersOf,
  findPlacesByText,
  isPrinting,
  isRaw,
  JSON_TEXT,
  textOf,
} from "./places.ts";
import { soleOutputsOf } from "./sole-outputs.ts";

/**
 * The captures that are JSON. The places in one that is a text after all are told anew.
 * @param places of all outputs, found with every capture for JSON that begins as JSON does.
 */
export function settleCaptures(nodes: readonly Node[], places: Map<Node, Place>): ReadonlySet<Node> {
  const captures = [...everyNode(nodes)].filter((node) => node instanceof CaptureTag);
  const json = new Set<Node>(captures.filter(beginsAsJson));
  if (captures.length === 0) return json;
  const flow = findNameFlow(nodes);
  const read = createCaptureReader(nodes, flow);
  const listed = findListed(nodes, places);
  // Where one leaves a text open, nobody can tell what stands in it.
  if (captures.some((tag) => json.has(tag) && read(tag).ends.some(isInText))) return json;
  // What is printed in another one stands where that has it, which is settled first.
  for (const tag of captures.toReversed()) {
    if (!json.has(tag) && isItemsLoop(tag) && isPrintedAsItems(tag, flow, listed)) {
      findPlacesByText(tag.templates, JSON_TEXT, places);
      json.add(tag);
    }
    if (!json.has(tag) || read(tag).ends.length > 0 || beginsAsObject(tag)) continue;
    if (!isPrintedAsText(tag, flow, places)) continue;
    markText(tag.templates, places);
    json.delete(tag);
  }
  return json;
}

/** How each capture reads as a piece of JSON. */
export function createCaptureReader(nodes: readonly Node[], flow: NameFlow): (tag: CaptureTag) => ReadPieces {
  const loose = withAssigned(findLooseNames(nodes), flow);
  const known = new Map<CaptureTag, ReadPieces>();
  return (tag) => {
    const before = known.get(tag);
    if (before !== undefined) return before;
    const { ends, inText } = readPieces(tag.templates, PIECE, { read: textOf, loose });
    // Where nothing is written there is no JSON either.
    const read = { inText, ends: ends.filter(({ expected }) => expected !== "first") };
    known.set(tag, read);
    return read;
  };
}

function isInText({ within }: PieceState): boolean {
  return within === "text" || within === "escape";
}

/** What a loop writes there can be nothing but items, each a value. */
function isPrintedAsItems({ variable }: CaptureTag, flow: NameFlow, listed: ReadonlySet<Node>): boolean {
  const readers = flow.get(variable) ?? [];
  return readers.length > 0 && readers.every(({ node }) => listed.has(node));
}

function isPrintedAsText(
  { variable }: CaptureTag,
  flow: NameFlow,
  places: ReadonlyMap<Node, Place>,
): boolean {
  const printed = findPrintedWith(variable, flow, places);
  if (printed === null) return false;
  return [...printed].every((node) => !isRaw(node) && /^(?:jsonString|plain)$/.test(places.get(node) ?? ""));
}

/**
 * What is captured within it is a matter of its own. A value between quote marks of the text keeps its
 * escaping: without it, the value could end what it stands in, as in a query or formula.
 */
function markText(nodes: readonly Node[], places: Map<Node, Place>): void {
  for (const node of nodes) {
    if (isPrinting(node) && places.get(node) !== "jsonString") places.set(node, "plain");
    if (!(node instanceof CaptureTag)) for (const body of bodiesOf(node)) markText(body, places);
  }
}

/** Names whose values may be pieces of JSON: captured JSON, and what filters have cut. */
function findLooseNames(nodes: readonly Node[]): string[] {
  return [...everyNode(nodes)].flatMap((node) => {
    if (node instanceof CaptureTag)
      return beginsAsJson(node) || soleOutputsOf(node).length > 0 ? [node.variable] : [];
    const { key, value } = node as unknown as { key: string; value: Expression };
    return node instanceof AssignTag && value.filters.some(isCutter) ? [key] : [];
  });
}

/** An output that prints a capture which is JSON, and may as well be a text. */
interface Doubtful {
  readonly node: Node;
  /** Whether no JSON goes on so, and it stands by itself where JSON must. */
  readonly isNever: boolean;
}

/** The outputs of captures that are taken for JSON without a text in a list or object to tell it. */
export function findDoubtful(
  nodes: readonly Node[],
  { of, jsonCaptures }: { readonly of: ReadonlyMap<Node, Place>; readonly jsonCaptures: ReadonlySet<Node> },
): Doubtful[] {
  if (jsonCaptures.size === 0) return [];
  const flow = findNameFlow(nodes);
  const read = createCaptureReader(nodes, flow);
  const captures = [...jsonCaptures].filter((node) => node instanceof CaptureTag);
  const told = new Set<string>();
  return captures.flatMap((tag) => {
    const { ends } = read(tag);
    if (told.has(tag.variable)) return [];
    if (ends.some(({ hasText }) => hasText) || !writesDoubtful(tag, of)) return [];
    told.add(tag.variable);
    return [...(findPrintedWith(tag.variable, flow, of) ?? [])].flatMap((node) => {
      const place = of.get(node);
      if (place === "jsonString") return [{ node, isNever: false }];
      if (place !== "jsonValue" || ends.length > 0) return [];
      return [{ node, isNever: filtersOf(node).length === 0 && nameOf(node) === tag.variable }];
    });
  });
}

/** Whether it writes a value that may be a text or a number, and not between quotes of its own. */
function writesDoubtful({ templates }: CaptureTag, places: ReadonlyMap<Node, Place>): boolean {
  return [...everyNode(templates)].some(
    (node) => isPrinting(node) && !isRaw(node) && places.get(node) !== "jsonString" && !isKnown(node),
  );
}

const MAKES_JSON_OR_NUMBER =
  /json|^(?:size|count|sum|plus|minus|times|divided_by|modulo|round|ceil|floor|abs|at_least|at_most)$/;

/** Whether the template itself says that it is a number, or written as JSON. */
function isKnown(node: Node): boolean {
  const latest = filtersOf(node).at(-1);
  if (latest !== undefined) return MAKES_JSON_OR_NUMBER.test(latest.name);
  const { value } = node as unknown as { value?: Expression };
  const [operand] = value === undefined ? [] : operandsOf(value);
  const path = operand === undefined ? null : pathOf(operand);
  return path?.at(-1) === "size" || /^forloop$/.test(String(path?.[0]));
}
