// Which place each output of a template stands in, found once from the template's own text wherever that text
// allows it.

import {
  AssignTag,
  BreakTag,
  CaptureTag,
  CaseTag,
  CommentTag,
  ContinueTag,
  CycleTag,
  DecrementTag,
  EchoTag,
  ForTag,
  IfTag,
  IncrementTag,
  InlineCommentTag,
  Output,
  RawTag,
  Tag,
  type Template,
  UnlessTag,
} from "liquidjs";
import { findItemsPlace, type WrittenFilter } from "./by-hand.ts";
import type { Place } from "./escape.ts";

/** Inside or outside a JSON string; `unknown` where branches disagree. */
export type JsonState = "outside" | "inside" | "escaped" | "unknown";

/** How the text of a syntax says what place comes next. */
export interface Grammar<S extends string> {
  readonly start: S;
  /** Where branches disagree. */
  readonly unknown: S;
  read(text: string, state: S): S;
  placeOf(state: S): Place;
  /** Whether a captured text is read as a piece of its own; if not, it is a text like any value. */
  isCaptureRead(node: CaptureTag): boolean;
}

const PLACE_OF: Readonly<Record<JsonState, Place>> = {
  outside: "jsonValue",
  inside: "jsonString",
  escaped: "jsonUnknown",
  unknown: "jsonUnknown",
};

export const JSON_TEXT: Grammar<JsonState> = {
  start: "outside",
  unknown: "unknown",
  read: readJson,
  placeOf: (state) => PLACE_OF[state],
  isCaptureRead: beginsAsJson,
};

/** Marks the places of outputs by the text that stands before them. */
export function findPlacesByText<S extends string>(
  nodes: readonly Template[],
  grammar: Grammar<S>,
  places: Map<Template, Place>,
): void {
  createWalk(grammar, places)(nodes, grammar.start);
}

/** Behind them nobody can tell what has been written. */
export const LEAVES_DOUBT = [RawTag, BreakTag, ContinueTag];
export const CONDITIONS = [IfTag, UnlessTag, CaseTag];

type Walk<S> = (nodes: readonly Template[], start: S) => S;

function createWalk<S extends string>(grammar: Grammar<S>, places: Map<Template, Place>): Walk<S> {
  const { unknown } = grammar;
  const walk: Walk<S> = (nodes, start) => {
    let state = start;
    for (const [index, node] of nodes.entries()) {
      if (isPrinting(node)) {
        const place = grammar.placeOf(state);
        const itemsPlace = findItemsPlace(
          filtersOf(node),
          place,
          textAt(nodes, index - 1),
          textAt(nodes, index + 1),
        );
        places.set(node, itemsPlace ?? place);
      } else state = step(node, state);
    }
    return state;
  };
  const step = (node: Template, state: S): S => {
    const text = textOf(node);
    if (text !== null) return grammar.read(text, state);
    if (LEAVES_DOUBT.some((kind) => node instanceof kind)) return unknown;
    if (node instanceof CaptureTag) return walkCapture(node, state);
    if (isSnippet(node)) return walk(node.templates, state);
    if (node instanceof ForTag) return walkLoop(node, state);
    if (CONDITIONS.some((kind) => node instanceof kind)) return walkBranches(node, state);
    return walkOther(node, state);
  };
  /** What else has a body (`tablerow`, `liquid`, …) is read where it has written. */
  const walkOther = (node: Template, state: S): S => {
    for (const children of bodiesOf(node)) walk(children, unknown);
    return state;
  };
  const walkCapture = (node: CaptureTag, state: S): S => {
    if (grammar.isCaptureRead(node)) walk(node.templates, grammar.start);
    else markAll(node.templates, "plain", places);
    return state;
  };
  /** Branches that end alike leave no doubt; the one that is not written counts as an empty one. */
  const walkBranches = (node: Template, state: S): S => {
    const { branches = [], elseTemplates = [] } = node as {
      branches?: { templates: Template[] }[];
      elseTemplates?: Template[];
    };
    const ends = [...branches.map(({ templates }) => walk(templates, state)), walk(elseTemplates, state)];
    return ends.every((end) => end === ends[0]) ? (ends[0] ?? state) : unknown;
  };
  /** A body that does not end as it began begins differently the second time. */
  const walkLoop = ({ templates, elseTemplates = [] }: ForTag, state: S): S => {
    const isSteady = walk(templates, state) === state;
    if (!isSteady) walk(templates, unknown);
    const otherwise = walk(elseTemplates, state);
    return isSteady && otherwise === state ? state : unknown;
  };
  return walk;
}

function textAt(nodes: readonly Template[], index: number): string {
  const node = nodes[index];
  return node === undefined ? "" : (textOf(node) ?? "");
}

/**
 * Captured text that begins as JSON does, perhaps after a comma, is a piece of JSON, unless it cannot go on
 * as one (captures.ts); any other is a text like any value, and fit for a place only as what one output alone
 * has written (sole-outputs.ts).
 */
export function beginsAsJson({ templates }: CaptureTag): boolean {
  return /^\s*,?\s*["[{]/.test(beginningOf(templates) ?? "");
}

/** Whether it begins as an object does, as texts of other languages do, too: queries, formulas. */
export function beginsAsObject({ templates }: CaptureTag): boolean {
  return /^\s*,?\s*\{/.test(beginningOf(templates) ?? "");
}

/** The first text that is not blank; empty where a value comes first, null where there is nothing. */
function beginningOf(nodes: readonly Template[]): string | null {
  for (const node of nodes) {
    if (isPrinting(node)) return "";
    const text = textOf(node);
    if (text !== null && text.trim() !== "") return text;
    for (const body of bodiesOf(node)) {
      const found = beginningOf(body);
      if (found !== null) return found;
    }
  }
  return null;
}

/** Every place the same, as in headers, forms and XML; captured text is text, escaped where it is printed. */
export function markAll(nodes: readonly Template[], place: Place, places: Map<Template, Place>): void {
  for (const node of nodes) {
    if (isPrinting(node)) places.set(node, place);
    const isCapture = node instanceof CaptureTag;
    for (const children of bodiesOf(node)) markAll(children, isCapture ? "plain" : place, places);
  }
}

/** A snippet's nodes stand in the text that surrounds them. */
export function isSnippet(node: Template): node is Template & { readonly templates: Template[] } {
  return "snippet" in node;
}

/** Every tag of liquidjs that has a body keeps it in one of these. */
export function bodiesOf(node: Template): Template[][] {
  const { templates, elseTemplates, branches } = node as {
    templates?: Template[];
    elseTemplates?: Template[];
    branches?: { templates: Template[] }[];
  };
  return [templates, elseTemplates, ...(branches ?? []).map((branch) => branch.templates)].filter((body) =>
    Array.isArray(body),
  );
}

/** Tags of ours that print something short. */
export abstract class PrintingTag extends Tag {}

const PRINTING = [Output, EchoTag, CycleTag, IncrementTag, DecrementTag, PrintingTag];

/** Whether a node prints a value: each of these needs a place. */
export function isPrinting(node: Template): boolean {
  return PRINTING.some((kind) => node instanceof kind);
}

const SILENT = [AssignTag, CaptureTag, CommentTag, InlineCommentTag];

/** Whether a node writes nothing where it stands. */
export function isSilent(node: Template): boolean {
  return SILENT.some((kind) => node instanceof kind);
}

/** The filters of an output, in their order; none for what has none. */
export function filtersOf(node: Template): readonly (WrittenFilter & { readonly raw?: boolean })[] {
  const { value } = node as { value?: { filters?: readonly (WrittenFilter & { raw?: boolean })[] } };
  return value?.filters ?? [];
}

/** Whether an output is opted out of escaping by `| raw` at its end. */
export function isRaw(node: Template): boolean {
  return filtersOf(node).at(-1)?.raw === true;
}

/** The text of a text node (a class that liquidjs keeps to itself); null for any other. */
export function textOf(node: Template): string | null {
  return "str" in node && typeof node.str === "string" ? node.str : null;
}

/** The state after a text. */
export function readJson(text: string, start: JsonState): JsonState {
  if (start === "unknown") return start;
  let state = start;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (state === "escaped") state = "inside";
    else if (code === 0x22) state = state === "inside" ? "outside" : "inside";
    else if (code === 0x5c && state === "inside") state = "escaped";
  }
  return state;
}
