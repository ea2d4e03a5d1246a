// Where a template takes what it has under a name: to which outputs, and under which further names.

import { AssignTag, CaptureTag, ForTag, type Template as Node } from "liquidjs";
import { expressionsOf, operandsOf, pathOf } from "../render/operands.ts";
import type { Place } from "./escape.ts";
import { bodiesOf, isPrinting } from "./places.ts";

interface Reader {
  readonly node: Node;
  /** The name of the capture that it stands in. */
  readonly capture: string | null;
}

/** The nodes that read each name. */
export type NameFlow = ReadonlyMap<string, readonly Reader[]>;

export function findNameFlow(nodes: readonly Node[]): NameFlow {
  const flow = new Map<string, Reader[]>();
  const visit = (node: Node, outer: string | null): void => {
    const capture = node instanceof CaptureTag ? node.variable : outer;
    const names = expressionsOf(node)
      .flatMap(operandsOf)
      .map((operand) => String(pathOf(operand)?.[0]));
    for (const name of new Set(names)) {
      const readers = flow.get(name) ?? [];
      readers.push({ node, capture });
      flow.set(name, readers);
    }
    for (const body of bodiesOf(node)) for (const one of body) visit(one, capture);
  };
  for (const node of nodes) visit(node, null);
  return flow;
}

/** Whoever writes more names one from another is a program; then nobody can tell. */
const NAMES_MAX = 64;

/**
 * The outputs that print what has a name, also as a piece of something, and under further names; null where
 * that goes too far.
 */
export function findPrintedWith(
  name: string,
  flow: NameFlow,
  places: ReadonlyMap<Node, Place>,
): ReadonlySet<Node> | null {
  const names = new Set([name]);
  const found = new Set<Node>();
  for (const one of names) {
    if (names.size > NAMES_MAX) return null;
    for (const reader of flow.get(one) ?? []) {
      if (isPrinting(reader.node)) found.add(reader.node);
      const given = nameGivenBy(reader, places);
      if (given !== null) names.add(given);
    }
  }
  return found;
}

/** The name under which a node goes on with what it reads; for an output that of the text around it. */
function nameGivenBy({ node, capture }: Reader, places: ReadonlyMap<Node, Place>): string | null {
  if (node instanceof AssignTag) return (node as unknown as { key: string }).key;
  if (node instanceof ForTag) return node.variable;
  return isPrinting(node) && places.get(node) === "plain" ? capture : null;
}

/** Names with all those to which an `assign` takes what they hold. */
export function withAssigned(names: Iterable<string>, flow: NameFlow): Set<string> {
  const all = new Set(names);
  for (const name of all)
    for (const { node } of flow.get(name) ?? [])
      if (node instanceof AssignTag) all.add((node as unknown as { key: string }).key);
  return all;
}
