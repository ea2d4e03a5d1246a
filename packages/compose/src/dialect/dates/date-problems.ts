// What is wrong with dates in a template before there is any data: directives that strftime does not have,
// and zones that are none.

import type { Problem } from "@postrider/shared/errors";
import type { Template as Node } from "liquidjs";
import {
  createLocator,
  everyNode,
  expressionsOf,
  type Filter,
  type Operand,
  toArgument,
} from "../../render/operands.ts";
import { heardBy } from "../filters/takes.ts";
import { findUnknownDirective } from "./strftime.ts";
import { readZone } from "./zone.ts";

type Find = (operand: Operand) => string | null;

/** What a filter's arguments are, by their order. */
const ARGUMENTS: ReadonlyMap<string, readonly Find[]> = new Map([
  ["date", [findFormatProblem, findZoneProblem]],
  ["timezone", [findZoneProblem]],
]);

/**
 * The first problem that the template itself tells; null where there is none. `field` names where it stands
 * in the action.
 */
export function findDateProblem(field: string, nodes: readonly Node[]): Problem | null {
  for (const node of everyNode(nodes))
    for (const filter of expressionsOf(node).flatMap(({ filters }) => filters)) {
      const found = findInFilter(filter);
      if (found === null) continue;
      const { operand, message } = found;
      return { field: node.token.file ?? field, message, ...createLocator()(operand) };
    }
  return null;
}

function findInFilter({ name, args }: Filter): { operand: Operand; message: string } | null {
  const heard = heardBy(name, args);
  for (const [index, find] of (ARGUMENTS.get(name) ?? []).entries()) {
    const operand = toArgument(heard[index]);
    const message = operand === undefined ? null : find(operand);
    if (operand !== undefined && message !== null) return { operand, message: `${name}: ${message}` };
  }
  return null;
}

function findFormatProblem({ content }: Operand): string | null {
  const unknown = typeof content === "string" ? findUnknownDirective(content) : null;
  return unknown === null
    ? null
    : `${unknown} is no directive of strftime; for the text itself write %${unknown}`;
}

function findZoneProblem({ content }: Operand): string | null {
  if (typeof content !== "string" && typeof content !== "number") return null;
  try {
    readZone(content);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
