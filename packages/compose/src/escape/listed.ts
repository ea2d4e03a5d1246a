// Names that are printed between the brackets of a JSON list. What such a name holds are the list's items
// where the template shows it: a `join` with commas, or a capture of a loop that writes commas between its
// values.

import { AssignTag, type CaptureTag, ForTag, IfTag, type Template as Node, UnlessTag } from "liquidjs";
import { type Expression, everyNode, pathOf } from "../render/operands.ts";
import { findItemsPlace, type WrittenFilter } from "./by-hand.ts";
import type { Place } from "./escape.ts";
import { bodiesOf, filtersOf, isPrinting, isRaw, textOf } from "./places.ts";

/** An output of a name alone, and the texts on both sides of it. */
interface NameOutput {
  readonly node: Node;
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

const COMMA: WrittenFilter = { name: "join", args: [{ content: "," }] };

/** The outputs of names alone that stand as items of a list where JSON expects values. */
export function findListed(nodes: readonly Node[], places: ReadonlyMap<Node, Place>): Set<Node> {
  const listed = [...nameOutputsIn(nodes)].filter(
    ({ node, before, after }) =>
      places.get(node) === "jsonValue" && findItemsPlace([COMMA], "jsonValue", before, after) !== null,
  );
  return new Set(listed.map(({ node }) => node));
}

/**
 * Follows what is joined under a name to where that is printed as a list's items: the output has their place,
 * and so has the `assign`, which then keeps its list.
 */
export function followJoins(nodes: readonly Node[], places: Map<Node, Place>): void {
  const joins = findJoins(nodes);
  if (joins.size === 0) return;
  const followed = new Map<AssignTag, Place>();
  for (const { node, name, before, after } of nameOutputsIn(nodes)) {
    const place = places.get(node) ?? "plain";
    const tags = joins.get(`${place} ${name}`);
    const ofItems = tags && findItemsPlace(filtersOf(tags.first), place, before, after);
    if (!ofItems) continue;
    places.set(node, ofItems);
    followed.set(tags.first, ofItems);
  }
  for (const tags of joins.values()) {
    const ofItems = followed.get(tags.first);
    if (ofItems !== undefined) for (const tag of tags.all) places.set(tag, ofItems);
  }
}

interface Joins {
  readonly first: AssignTag;
  readonly all: AssignTag[];
}

const IN_LIST = [
  ["jsonString", '["', '"]'],
  ["jsonValue", "[", "]"],
] as const;

/** What assigns a joined list to a name, by the place for which its separator is one. */
function findJoins(nodes: readonly Node[]): Map<string, Joins> {
  const joins = new Map<string, Joins>();
  for (const node of everyNode(nodes)) {
    if (!(node instanceof AssignTag)) continue;
    const { key } = node as unknown as { key: string };
    const fit = IN_LIST.find(
      ([place, before, after]) => findItemsPlace(filtersOf(node), place, before, after) !== null,
    );
    if (fit === undefined) continue;
    const name = `${fit[0]} ${key}`;
    const found = joins.get(name) ?? { first: node, all: [] };
    found.all.push(node);
    joins.set(name, found);
  }
  return joins;
}

function* nameOutputsIn(nodes: readonly Node[]): Generator<NameOutput> {
  for (const [index, node] of nodes.entries()) {
    const name = isPrinting(node) && filtersOf(node).length === 0 ? nameOf(node) : null;
    const [before = "", after = ""] = [nodes[index - 1], nodes[index + 1]].map((one) => one && textOf(one));
    if (name !== null) yield { node, name, before: before ?? "", after: after ?? "" };
    for (const body of bodiesOf(node)) yield* nameOutputsIn(body);
  }
}

/** The name that an output prints or works on; null where it is no name alone. */
export function nameOf(node: Node): string | null {
  const { value } = node as unknown as { value?: Expression };
  const [first, ...others] = value?.initial?.postfix ?? [];
  const path = first === undefined || others.length > 0 ? null : pathOf(first);
  return path?.length === 1 ? String(path[0]) : null;
}

/** Whether a capture is a loop that writes one value each time, and a comma between them on a condition. */
export function isItemsLoop({ templates }: CaptureTag): boolean {
  const [loop, ...others] = withoutBlanks(templates);
  if (!(loop instanceof ForTag) || others.length > 0) return false;
  if (withoutBlanks(loop.elseTemplates ?? []).length > 0) return false;
  const written = withoutBlanks(loop.templates).filter((node) => !(node instanceof AssignTag));
  const values = written.filter((node) => isPrinting(node) && !isRaw(node));
  return written.length === 2 && values.length === 1 && written.some(isCommaOnCondition);
}

function withoutBlanks(nodes: readonly Node[]): Node[] {
  return nodes.filter((node) => textOf(node)?.trim() !== "");
}

function isCommaOnCondition(node: Node): boolean {
  if (!(node instanceof IfTag || node instanceof UnlessTag)) return false;
  const texts = bodiesOf(node).flat().map(textOf);
  return texts.every((text) => text !== null) && texts.join("").trim() === ",";
}
