// Which place each output of a template stands in, found once from the template's own text wherever that text allows it.

import {
  BreakTag,
  CaptureTag,
  CaseTag,
  ContinueTag,
  CycleTag,
  DecrementTag,
  EchoTag,
  ForTag,
  IfTag,
  IncrementTag,
  Output,
  RawTag,
  type Template,
  UnlessTag,
} from "liquidjs";
import { PrintingTag } from "../dialect/tags.ts";
import type { Place } from "./escape.ts";

/** Inside or outside a JSON string; `unknown` where branches disagree. */
export type JsonState = "outside" | "inside" | "escaped" | "unknown";

/** Marks the places of a JSON body's outputs. */
export function findJsonPlaces(nodes: readonly Template[], places: Map<Template, Place>): void {
  walkJson(nodes, "outside", places);
}

const PLACE_OF: Readonly<Record<JsonState, Place>> = {
  outside: "jsonValue",
  inside: "jsonString",
  escaped: "jsonUnknown",
  unknown: "jsonUnknown",
};

function walkJson(nodes: readonly Template[], start: JsonState, places: Map<Template, Place>): JsonState {
  let state = start;
  for (const node of nodes) {
    if (isPrinting(node)) places.set(node, PLACE_OF[state]);
    else state = stepJson(node, state, places);
  }
  return state;
}

function stepJson(node: Template, state: JsonState, places: Map<Template, Place>): JsonState {
  const text = textOf(node);
  if (text !== null) return readJson(text, state);
  if (node instanceof RawTag || node instanceof BreakTag || node instanceof ContinueTag) return "unknown";
  if (node instanceof CaptureTag) {
    if (captureIsJson(node)) walkJson(node.templates, "outside", places);
    else markAll(node.templates, "plain", places);
    return state;
  }
  if (isSnippet(node)) return walkJson(node.templates, state, places);
  if (node instanceof ForTag) return walkLoop(node, state, places);
  if (node instanceof IfTag || node instanceof UnlessTag || node instanceof CaseTag)
    return walkBranches(node, state, places);
  // What else has a body (`tablerow`, `liquid`, …) is read where it has written.
  for (const children of bodiesOf(node)) walkJson(children, "unknown", places);
  return state;
}

/** Branches that end alike leave no doubt; the one that is not written counts as an empty one. */
function walkBranches(node: Template, state: JsonState, places: Map<Template, Place>): JsonState {
  const { branches = [], elseTemplates = [] } = node as {
    branches?: { templates: Template[] }[];
    elseTemplates?: Template[];
  };
  const ends = [
    ...branches.map(({ templates }) => walkJson(templates, state, places)),
    walkJson(elseTemplates, state, places),
  ];
  return ends.every((end) => end === ends[0]) ? (ends[0] ?? state) : "unknown";
}

/** A body that does not end as it began begins differently the second time. */
function walkLoop(
  { templates, elseTemplates = [] }: ForTag,
  state: JsonState,
  places: Map<Template, Place>,
): JsonState {
  const isSteady = walkJson(templates, state, places) === state;
  if (!isSteady) walkJson(templates, "unknown", places);
  const otherwise = walkJson(elseTemplates, state, places);
  return isSteady && otherwise === state ? state : "unknown";
}

/** Captured text that begins as JSON does, perhaps after a comma, is a piece of JSON; any other is a text like any value. */
export function captureIsJson({ templates }: CaptureTag): boolean {
  return /^\s*,?\s*["[{]/.test(beginningOf(templates) ?? "");
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

const PRINTING = [Output, EchoTag, CycleTag, IncrementTag, DecrementTag, PrintingTag];

/** Whether a node prints a value: each of these needs a place. */
export function isPrinting(node: Template): boolean {
  return PRINTING.some((kind) => node instanceof kind);
}

/** Whether an output is opted out of escaping by `| raw` at its end. */
export function isRaw(node: Template): boolean {
  const { value } = node as { value?: { filters?: readonly { raw?: boolean }[] } };
  return value?.filters?.at(-1)?.raw === true;
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
