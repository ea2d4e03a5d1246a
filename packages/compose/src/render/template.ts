// One compiled template: text in, text or a problem out. Parsing happens once; a template without Liquid costs nothing.

import type { Problem } from "@postrider/shared/errors";
import type { Reason } from "@postrider/shared/outcome";
import { suggest } from "@postrider/shared/suggest";
import { type Context, DecrementTag, IncrementTag, type Liquid, type Template as Node } from "liquidjs";
import { DialectContext } from "../dialect/context.ts";
import { type DeliveryFacts, setFacts } from "../dialect/delivery-facts.ts";
import { CancelledByTemplate } from "../dialect/tags.ts";
import { type Place, Unfit } from "../escape/escape.ts";
import { bodiesOf, findJsonPlaces, isPrinting, isRaw, markAll, textOf } from "../escape/places.ts";
import { findUrlPlaces, type Misplaced } from "../escape/url-places.ts";
import { createText, createTrace, makeDirect, type Places, renderDirect, TooCostly } from "./direct.ts";
import { everyNode } from "./operands.ts";
import { inlineSnippets, type Snippets } from "./snippets.ts";

/** What templates see. */
export type Scope = Readonly<Record<string, unknown>>;

export type Rendered =
  | { readonly text: string }
  | { readonly cancelled: string }
  | { readonly reason: Reason; readonly problem: Problem };

export interface Template {
  /** Its parsed nodes; none for a text without Liquid. */
  readonly nodes: readonly Node[];
  /** Where each value that is printed lands. */
  readonly places: Places;
  render(scope: Scope, facts: DeliveryFacts): Rendered;
  /** The output that wrote what stands at an offset of the rendered text, or last before it; null where there is none. */
  findOutputAt(offset: number, scope: Scope, facts: DeliveryFacts): Node | null;
}

/** A text without Liquid. */
export function toConstant(source: string): Template {
  const constant = { text: source };
  return {
    nodes: [],
    places: { of: new Map(), otherwise: "plain" },
    render: () => constant,
    findOutputAt: () => null,
  };
}

/** What a field's text is, which decides how values in it are escaped. */
export type Syntax = "plain" | "json" | "url" | "form" | "xml";

/**
 * Parses a template. Without snippets it knows of none, not even of the name.
 * @returns the template, or what is wrong with it (`field` names where it stands in the action).
 */
export function compileTemplate(
  liquid: Liquid,
  field: string,
  source: string,
  { syntax, snippets = null }: { readonly syntax: Syntax; readonly snippets?: Snippets | null },
): Template | { readonly problem: Problem } {
  if (!source.includes("{{") && !source.includes("{%")) return toConstant(source);
  let nodes: Node[];
  try {
    nodes = liquid.parse(source);
    if (snippets !== null && source.includes("snippets")) inlineSnippets(liquid, nodes, snippets);
  } catch (error) {
    return { problem: withSuggestion(toProblem(field, error), liquid) };
  }
  if (isDeeperThan(DEPTH_MAX, nodes))
    return { problem: { field, message: `is nested deeper than ${DEPTH_MAX} blocks` } };
  const places = findPlaces(nodes, syntax);
  if ("output" in places) return { problem: { field, message: places.complaint, ...toPlace(places.output) } };
  makeDirect(nodes, places);
  const counts = [...everyNode(nodes)].some(
    (node) => node instanceof IncrementTag || node instanceof DecrementTag,
  );
  const start = (scope: Scope, facts: DeliveryFacts): Context => {
    // liquidjs counts in the scope itself, which the other fields and attempts see, too.
    const context = new DialectContext(
      counts ? { ...scope } : scope,
      liquid.options,
      { sync: true },
      { liquid },
    );
    setFacts(context, facts);
    return context;
  };
  return {
    nodes,
    places,
    render(scope, facts) {
      const context = start(scope, facts);
      const text = createText(context);
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
    findOutputAt(offset, scope, facts) {
      const context = start(scope, facts);
      const text = createTrace(context);
      renderDirect(nodes, context, text);
      return text.written.findLast(({ from }) => from <= offset)?.output ?? null;
    },
  };
}

/** What is wrong with a template by itself, whatever snippets it names; null where nothing is. */
export function findSyntaxProblem(liquid: Liquid, field: string, source: string): Problem | null {
  try {
    liquid.parse(source);
    return null;
  } catch (error) {
    return withSuggestion(toProblem(field, error), liquid);
  }
}

/** Blocks in blocks. People need a handful; every walk of the tree needs some of the stack for each. */
const DEPTH_MAX = 100;

function isDeeperThan(depth: number, nodes: readonly Node[]): boolean {
  return depth === 0 || nodes.some((node) => bodiesOf(node).some((body) => isDeeperThan(depth - 1, body)));
}

const IN_CDATA =
  "has a value in a CDATA section, which a value could end; leave <![CDATA[ and ]]> out, since values are escaped, or opt the value out with | raw";

function findPlaces(nodes: readonly Node[], syntax: Syntax): Places | Misplaced {
  const of = new Map<Node, Place>();
  if (syntax === "plain") return { of, otherwise: "plain" };
  if (syntax === "json") {
    findJsonPlaces(nodes, of);
    return { of, otherwise: "jsonUnknown" };
  }
  markAll(nodes, syntax, of);
  const misplaced = syntax === "url" ? findUrlPlaces(nodes, of) : null;
  const inCdata = syntax === "xml" ? findInCdata(nodes) : null;
  if (inCdata !== null) return { output: inCdata, complaint: IN_CDATA };
  return misplaced ?? { of, otherwise: syntax };
}

/** The first output between `<![CDATA[` and `]]>`, where entities mean nothing and no escaping can keep a value inside. */
function findInCdata(nodes: readonly Node[]): Node | null {
  let isInside = false;
  for (const node of everyNode(nodes)) {
    const text = textOf(node) ?? "";
    if (/<!\[CDATA\[|\]\]>/.test(text)) isInside = text.lastIndexOf("<![CDATA[") > text.lastIndexOf("]]>");
    if (isInside && isPrinting(node) && !isRaw(node)) return node;
  }
  return null;
}

function toPlace({ token }: Node): { line: number; column: number } {
  const [line, column] = token.getPosition();
  return { line: line ?? 1, column: column ?? 1 };
}

/** `message, line:3, col:7`, as liquidjs ends its messages; what it calls a file is a snippet here. */
const PLACE = /,(?: file:(.*?),)? line:(\d+), col:(\d+)$/;

function toProblem(field: string, error: unknown): Problem {
  const text = error instanceof Error ? error.message : String(error);
  const place = PLACE.exec(text);
  const message = place === null ? text : text.slice(0, place.index);
  const code = toReason(error);
  return {
    field: place?.[1] ?? field,
    message:
      code === "value_missing"
        ? `${message.replace(/^undefined variable: /, "")} is missing from the data; give it a default (| default: "…"), test for it, or set missing: empty`
        : message,
    code,
    ...(place === null ? {} : { line: Number(place[2]), column: Number(place[3]) }),
  };
}

/** liquidjs says what it does not know, and we what was probably meant. */
function withSuggestion(problem: Problem, { filters, tags }: Liquid): Problem {
  const [, filter, tag] = /^undefined filter: (\S+)|^tag "(\S+)" not found/.exec(problem.message) ?? [];
  const name = filter ?? tag;
  if (name === undefined) return problem;
  const meant = suggest(name, Object.keys(filter === undefined ? tags : filters));
  const message = `there is no ${filter === undefined ? "tag" : "filter"} ${name}`;
  return { ...problem, message: meant === null ? message : `${message}; did you mean ${meant}?` };
}

/** The template's own wish, from under what liquidjs and we have wrapped around it. */
function findCancellation(error: unknown): CancelledByTemplate | null {
  if (error instanceof CancelledByTemplate) return error;
  if (!(error instanceof Error)) return null;
  return findCancellation(error.cause ?? (error as { originalError?: unknown }).originalError);
}

/** What liquidjs' own limits, V8's stack and V8's longest string say, and what ours do. */
const LIMIT_MESSAGE = /limit exceeded|Maximum call stack|Invalid (string|array) length/;

function isTooCostly(error: Error): boolean {
  return error instanceof TooCostly || error.cause instanceof TooCostly || LIMIT_MESSAGE.test(error.message);
}

function toReason(error: unknown): Reason {
  if (!(error instanceof Error)) return "template";
  if (error.name === "UndefinedVariableError") return "value_missing";
  if (isTooCostly(error)) return "template_too_costly";
  return error instanceof Unfit || error.cause instanceof Unfit ? "url_invalid" : "template";
}
