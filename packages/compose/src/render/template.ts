// One compiled template: text in, text or a problem out. Parsing happens once; a template without Liquid
// costs nothing.

import type { Problem } from "@postrider/shared/errors";
import type { Reason } from "@postrider/shared/outcome";
import { suggest } from "@postrider/shared/suggest";
import { type Context, DecrementTag, IncrementTag, type Liquid, type Template as Node } from "liquidjs";
import { findDateProblem } from "../dialect/dates/date-problems.ts";
import { type DeliveryFacts, setFacts } from "../dialect/delivery-facts.ts";
import { DialectContext } from "../dialect/dialect-context.ts";
import { CancelledByTemplate } from "../dialect/tags.ts";
import { Unfit } from "../escape/escape.ts";
import { findPlaces, type Syntax } from "../escape/find-places.ts";
import { bodiesOf } from "../escape/places.ts";
import { dropSpace, dropSpaceInText } from "../escape/url-white-space.ts";
import { COMPOSE_LIMITS, type ComposeLimits } from "../limits.ts";
import { adviseOnUnread } from "./advice.ts";
import { makeDirect, type Places, renderDirect } from "./direct.ts";
import { inlineSnippets, type Snippets } from "./inline-snippets.ts";
import { findMalformed } from "./malformed.ts";
import { everyNode, textOfToken } from "./operands.ts";
import { parseWhole } from "./stray.ts";
import { type Blank, createText, createTrace, setRoom, TooCostly } from "./text.ts";

/** What templates see. */
export type Scope = Readonly<Record<string, unknown>>;

export type Rendered =
  /** `blanks`: where values printed nothing, of a template of which that is asked. */
  | { readonly text: string; readonly blanks?: readonly Blank[] }
  | { readonly cancelled: string }
  | { readonly reason: Reason; readonly problem: Problem };

export interface Template {
  /** Its parsed nodes; none for a text without Liquid. */
  readonly nodes: readonly Node[];
  /** Where each value that is printed lands. */
  readonly places: Places;
  render(scope: Scope, facts: DeliveryFacts): Rendered;
  /**
   * The output that wrote what stands at an offset of the rendered text, or last before it; null where there
   * is none.
   */
  findOutputAt(offset: number, scope: Scope, facts: DeliveryFacts): Node | null;
}

/** A text without Liquid. */
export function toConstant(source: string): Template {
  const constant = { text: source };
  return {
    nodes: [],
    places: { of: new Map(), otherwise: "plain", jsonCaptures: new Set(), notesBlanks: false },
    render: () => constant,
    findOutputAt: () => null,
  };
}

/**
 * Parses a template. Without snippets it knows of none, not even of the name. `notesBlanks`: whether it is
 * told where values print nothing. `isUrl`: also where nothing in it is escaped.
 * @returns the template, or what is wrong with it (`field` names where it stands in the action).
 */
export function compileTemplate(
  liquid: Liquid,
  field: string,
  source: string,
  {
    syntax,
    snippets = null,
    isUrl = false,
    notesBlanks = false,
    limits = COMPOSE_LIMITS,
  }: {
    readonly syntax: Syntax;
    readonly isUrl?: boolean;
    readonly snippets?: Snippets | null;
    readonly notesBlanks?: boolean;
    readonly limits?: ComposeLimits;
  },
): Template | { readonly problem: Problem } {
  if (!source.includes("{{") && !source.includes("{%"))
    return toConstant(isUrl ? dropSpaceInText(source) : source);
  let nodes: Node[];
  try {
    nodes = parseWhole(liquid, source);
    if (snippets !== null && source.includes("snippets")) inlineSnippets(liquid, nodes, snippets);
  } catch (error) {
    return { problem: withSuggestion(toProblem(field, error), liquid, source) };
  }
  const problem = findProblemOf(nodes, field, liquid);
  if (problem !== null) return { problem };
  if (isUrl) dropSpace(nodes);
  const found = findPlaces(nodes, syntax);
  if ("output" in found) return { problem: { field, message: found.complaint, ...toPlace(found.output) } };
  const places = { ...found, notesBlanks };
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
    setRoom(context, limits.writtenCharsMax);
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
        return text.blanks === null ? { text: text.buffer } : { text: text.buffer, blanks: text.blanks };
      } catch (error) {
        const cancellation = findIn(error, CancelledByTemplate);
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
    return findProblemOf(parseWhole(liquid, source), field, liquid);
  } catch (error) {
    return withSuggestion(toProblem(field, error), liquid, source);
  }
}

/** What is wrong with a template that can be parsed; null where nothing is. */
function findProblemOf(nodes: readonly Node[], field: string, liquid: Liquid): Problem | null {
  if (isDeeperThan(DEPTH_MAX, nodes)) return { field, message: `is nested deeper than ${DEPTH_MAX} blocks` };
  const malformed = findMalformed(nodes, liquid);
  if (malformed === null) return findDateProblem(field, nodes);
  const { complaint: message, line, column, file } = malformed;
  return { field: file ?? field, message, line, column };
}

/** Blocks in blocks. People need a handful; every walk of the tree needs some of the stack for each. */
const DEPTH_MAX = 100;

function isDeeperThan(depth: number, nodes: readonly Node[]): boolean {
  return depth === 0 || nodes.some((node) => bodiesOf(node).some((body) => isDeeperThan(depth - 1, body)));
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
        ? `${nameOfMissing(error, message)} is missing from the data; give it a default (| default: "…"), test for it, or set missing: empty`
        : message,
    code,
    ...(place === null ? {} : { line: Number(place[2]), column: Number(place[3]) }),
  };
}

/**
 * What is missing: the piece of the path where the data end, as liquidjs has it, unless the path is itself
 * made of data (`customer[event.field]`): then what the template says, since the data may be anything.
 */
function nameOfMissing(error: unknown, message: string): string {
  const found = message.replace(/^undefined variable: /, "");
  const { token } = error as { readonly token?: Node["token"] };
  const written = token === undefined ? found : textOfToken(token).trim();
  return written.startsWith(found) ? found : written;
}

/** Tags that stand in others, of which liquidjs keeps no list. */
const BRANCH_TAGS = ["elsif", "else", "when"];

/** liquidjs says what it does not know, and we what was probably meant. */
function withSuggestion(problem: Problem, { filters, tags }: Liquid, source: string): Problem {
  const { message: said, line = 1, column = 1 } = problem;
  const advice = adviseOnUnread(source, said, line, column);
  if (advice !== null) return { ...problem, message: advice };
  const [, filter, tag] = /^undefined filter: (\S+)|^tag "(\S+)" not found/.exec(problem.message) ?? [];
  const name = filter ?? tag;
  if (name === undefined) return problem;
  const meant = suggest(
    name,
    filter === undefined ? [...Object.keys(tags), ...BRANCH_TAGS] : Object.keys(filters),
  );
  const message = `there is no ${filter === undefined ? "tag" : "filter"} ${name}`;
  return { ...problem, message: meant === null ? message : `${message}; did you mean ${meant}?` };
}

/** An error of a kind of ours, from under what liquidjs and we have wrapped around it. */
function findIn<E extends Error>(error: unknown, kind: new (...args: never[]) => E): E | null {
  if (error instanceof kind) return error;
  if (!(error instanceof Error)) return null;
  return findIn(error.cause ?? (error as { originalError?: unknown }).originalError, kind);
}

/** What liquidjs' own limits, V8's stack and V8's longest string say, and what ours do. */
const LIMIT_MESSAGE = /limit exceeded|Maximum call stack|Invalid (string|array) length/;

function isTooCostly(error: Error): boolean {
  return findIn(error, TooCostly) !== null || LIMIT_MESSAGE.test(error.message);
}

function toReason(error: unknown): Reason {
  if (!(error instanceof Error)) return "template";
  if (error.name === "UndefinedVariableError") return "value_missing";
  if (isTooCostly(error)) return "template_too_costly";
  return findIn(error, Unfit) !== null ? "url_invalid" : "template";
}
