// One compiled template: text in, text or a problem out. Parsing happens once; a template without Liquid costs nothing.

import type { Problem } from "@postrider/shared/errors";
import type { Reason } from "@postrider/shared/outcome";
import { Context, type Liquid, type Template as Node } from "liquidjs";
import { type DeliveryFacts, setFacts } from "./delivery-facts.ts";
import { createText, makeDirect, type Places, renderDirect } from "./direct.ts";
import { type Place, Unfit } from "./escape.ts";
import { findJsonPlaces, findUrlPlaces, markAll } from "./places.ts";
import { CancelledByTemplate } from "./tags.ts";

/** What templates see. */
export type Scope = Readonly<Record<string, unknown>>;

export type Rendered =
  | { readonly text: string }
  | { readonly cancelled: string }
  | { readonly reason: Reason; readonly problem: Problem };

export interface Template {
  render(scope: Scope, facts: DeliveryFacts): Rendered;
}

/** What a field's text is, which decides how values in it are escaped. */
export type Syntax = "plain" | "json" | "url" | "form" | "xml";

/**
 * Parses a template.
 * @returns the template, or what is wrong with it (`field` names where it stands in the action).
 */
export function compileTemplate(
  liquid: Liquid,
  field: string,
  source: string,
  syntax: Syntax,
): Template | { readonly problem: Problem } {
  if (!source.includes("{{") && !source.includes("{%")) {
    const constant = { text: source };
    return { render: () => constant };
  }
  let nodes: Node[];
  try {
    nodes = liquid.parse(source);
  } catch (error) {
    return { problem: toProblem(field, error) };
  }
  const places = findPlaces(nodes, syntax);
  if ("beginning" in places)
    return { problem: { field, message: BEGINS_WITH_VALUE, ...toPlace(places.beginning) } };
  makeDirect(nodes, places);
  return {
    render(scope, facts) {
      const text = createText();
      const context = new Context(scope, liquid.options, { sync: true }, { liquid });
      setFacts(context, facts);
      try {
        renderDirect(nodes, context, text);
        return { text: text.buffer };
      } catch (error) {
        const cancellation = findCancellation(error);
        if (cancellation !== null) return { cancelled: cancellation.message };
        const problem = toProblem(field, error);
        return { reason: problem.code as Reason, problem };
      }
    },
  };
}

const BEGINS_WITH_VALUE =
  "begins with a value, which could lead anywhere; write scheme and host, or opt the value out with | raw";

function findPlaces(nodes: readonly Node[], syntax: Syntax): Places | { readonly beginning: Node } {
  const of = new Map<Node, Place>();
  if (syntax === "plain") return { of, otherwise: "plain" };
  if (syntax === "json") {
    findJsonPlaces(nodes, of);
    return { of, otherwise: "jsonUnknown" };
  }
  markAll(nodes, syntax, of);
  const beginning = syntax === "url" ? findUrlPlaces(nodes, of) : null;
  return beginning === null ? { of, otherwise: syntax } : { beginning };
}

function toPlace({ token }: Node): { line: number; column: number } {
  const [line, column] = token.getPosition();
  return { line: line ?? 1, column: column ?? 1 };
}

/** `message, line:3, col:7`, as liquidjs ends its messages; sometimes with the file's name between. */
const PLACE = /,(?: file:[^,]*,)? line:(\d+), col:(\d+)$/;

function toProblem(field: string, error: unknown): Problem {
  const text = error instanceof Error ? error.message : String(error);
  const place = PLACE.exec(text);
  const message = place === null ? text : text.slice(0, place.index);
  const code = toReason(error);
  return {
    field,
    message:
      code === "value_missing"
        ? `${message.replace(/^undefined variable: /, "")} is missing from the data; give it a default (| default: "…"), test for it, or set missing: empty`
        : message,
    code,
    ...(place === null ? {} : { line: Number(place[1]), column: Number(place[2]) }),
  };
}

/** The template's own wish, from under what liquidjs and we have wrapped around it. */
function findCancellation(error: unknown): CancelledByTemplate | null {
  if (error instanceof CancelledByTemplate) return error;
  if (!(error instanceof Error)) return null;
  return findCancellation(error.cause ?? (error as { originalError?: unknown }).originalError);
}

function toReason(error: unknown): Reason {
  if (!(error instanceof Error)) return "template";
  if (error.name === "UndefinedVariableError") return "value_missing";
  return error instanceof Unfit || error.cause instanceof Unfit ? "url_invalid" : "template";
}
