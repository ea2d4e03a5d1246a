// Direct evaluation of parsed templates. liquidjs drives everything through generators, so that filters and
// data may be promises; ours never are, and the driver costs more than the work. The hot nodes (text,
// outputs, conditions, values) are given plain functions instead, one instance at a time; every other tag
// stays liquidjs' own and meets them through its own calls.

import {
  AssignTag,
  CaptureTag,
  CaseTag,
  type Context,
  CycleTag,
  EchoTag,
  type Emitter,
  ForTag,
  IfTag,
  Output,
  type Template,
  toValue,
  toValueSync,
  UnlessTag,
  Value,
} from "liquidjs";
import { separatorOf, undoByHand, type WrittenFilter } from "../escape/by-hand.ts";
import { Encoded, Joined } from "../escape/encoded.ts";
import { escapeFor, escapeItems, escapeJoined, type Place, Unfit } from "../escape/escape.ts";
import type { FoundPlaces } from "../escape/find-places.ts";
import { isPrinting, isRaw } from "../escape/places.ts";
import { print } from "../escape/print.ts";
import { soleOutputsOf } from "../escape/sole-outputs.ts";
import { compileCycle } from "./cycle.ts";
import { caseRender, loopRender } from "./loop.ts";
import { textOfToken } from "./operands.ts";
import { createText, noteBlank, readPlace, type Text } from "./text.ts";
import { compileValue, type Evaluate } from "./value.ts";

/** What a node renders: text, nothing (it wrote to the emitter itself), or liquidjs' generator of either. */
type Render = (context: Context, emitter: Emitter) => unknown;

/** The place of every output that has one of its own; any other stands in `otherwise`. */
export interface Places extends FoundPlaces {
  /** Whether it is noted where values print nothing. */
  readonly notesBlanks: boolean;
}

/**
 * Gives the hot nodes of a tree plain functions, and every printing node the escaping of its place. Changes
 * the nodes.
 */
export function makeDirect(nodes: readonly Template[], places: Places): void {
  for (const node of nodes) {
    for (const value of Object.values(node)) makeValueDirect(value);
    for (const children of childrenOf(node)) makeDirect(children, places);
    const place = isRaw(node) ? "plain" : (places.of.get(node) ?? places.otherwise);
    const render = renderOf(node, place, places);
    if (render !== null) (node as { render: Render }).render = render;
  }
}

/** A node's plain rendering; null where liquidjs' own stays. */
function renderOf(node: Template, place: Place, { notesBlanks, jsonCaptures }: Places): Render | null {
  if (node instanceof Output || node instanceof EchoTag) {
    const { value } = node as unknown as { value?: Value };
    return value === undefined ? null : outputRender(node, value, place, notesBlanks);
  }
  if (node instanceof IfTag || node instanceof UnlessTag) return conditionRender(node);
  if (node instanceof CaptureTag) return captureRender(node, jsonCaptures.has(node));
  if (node instanceof ForTag) return loopRender(node, renderDirect);
  if (node instanceof CaseTag) return caseRender(node, renderDirect);
  if (node instanceof AssignTag) return assignRender(node, isOfItems(place));
  if (node instanceof CycleTag) return printingRender(node, compileCycle(node), place, notesBlanks);
  return isPrinting(node) ? printingRender(node, ownRender(node), place, notesBlanks) : null;
}

function makeValueDirect(value: unknown): void {
  if (value instanceof Value) (value as unknown as { value: Evaluate }).value = compileValue(value);
}

/** Every tag of liquidjs that has a body keeps it in one of these. */
interface Bodies {
  readonly templates?: Template[];
  readonly elseTemplates?: Template[];
  readonly branches?: readonly {
    readonly value?: unknown;
    readonly values?: readonly unknown[];
    readonly templates: Template[];
  }[];
}

function childrenOf(node: Template): Template[][] {
  const { templates = [], elseTemplates = [], branches = [] } = node as Bodies;
  for (const { value, values = [] } of branches) for (const one of [value, ...values]) makeValueDirect(one);
  return [templates, elseTemplates, ...branches.map((branch) => branch.templates)];
}

/** The clock is looked at once in this many nodes. */
const NODES_PER_LOOK = 256;
let nodesRendered = 0;

/**
 * Renders nodes in order, as liquidjs' own renderer does, within its limit of time. What goes wrong is thrown
 * with its place in the template.
 */
export function renderDirect(nodes: readonly Template[], context: Context, emitter: Emitter): void {
  for (const node of nodes) {
    try {
      if (++nodesRendered % NODES_PER_LOOK === 0) context.renderLimit.check(performance.now());
      const rendered = (node as { render: Render }).render(context, emitter);
      const text = typeof rendered === "object" ? toValueSync(rendered as never) : rendered;
      if (text) emitter.write(text as string);
    } catch (error) {
      throw toPlaced(error, node);
    }
    if (context.breakCalled || context.continueCalled) return;
  }
}

/** liquidjs' own errors know their place, and end with it; but not which snippet it is in. */
function toPlaced(error: unknown, { token }: Template): unknown {
  if (!(error instanceof Error)) return error;
  const file = token.file === undefined ? "" : ` file:${token.file},`;
  if ("token" in error) {
    if (!/, file:.*, line:\d+, col:\d+$/.test(error.message))
      error.message = error.message.replace(/,( line:\d+, col:\d+)$/, `,${file}$1`);
    return error;
  }
  const [line, column] = token.getPosition();
  const message = error instanceof Unfit ? `${textOfToken(token)} is ${error.message}` : error.message;
  return Object.assign(new Error(`${message},${file} line:${line}, col:${column}`, { cause: error }), {
    token,
  });
}

function outputRender(node: Template, value: Value, place: Place, notesBlanks: boolean): Render {
  const evaluate = compileFor(place, value);
  return (context, emitter) => {
    const text = escapeFor(place === "jsonUnknown" ? readPlace(emitter) : place, evaluate(context));
    if (notesBlanks) noteBlank(emitter, text, node);
    (emitter as Text).write(text, node);
  };
}

/**
 * An output's value: without what the template does by hand for its place, and with each item of a joined
 * list escaped.
 */
function compileFor(place: Place, value: Value): Evaluate {
  if (isOfItems(place)) return compileItems(place, value);
  const filters = undoByHand(value.filters, place);
  return filters === value.filters ? (value.value as unknown as Evaluate) : compileValue(value, filters);
}

type ItemsPlace = "jsonItems" | "jsonValueItems";

function isOfItems(place: Place): place is ItemsPlace {
  return place === "jsonItems" || place === "jsonValueItems";
}

/** Joined where it is printed, or under the name that is printed. */
function compileItems(place: ItemsPlace, value: Value): Evaluate {
  if (value.filters.length > 0) return compileValue(value, value.filters, (list) => escapeItems(place, list));
  const evaluate = value.value as unknown as Evaluate;
  return (context) => escapeJoined(place, evaluate(context));
}

/** A tag that writes a value by itself, as `cycle` does: what it writes is escaped like any text. */
function printingRender(node: Template, render: Render, place: Place, notesBlanks: boolean): Render {
  return (context, emitter) => {
    const written = createText(context);
    const rendered = toValueSync(render(context, written) as never) as unknown;
    const value = written.buffer + print(rendered);
    const text = escapeFor(place === "jsonUnknown" ? readPlace(emitter) : place, value);
    if (notesBlanks) noteBlank(emitter, text, node);
    (emitter as Text).write(text, node);
  };
}

function ownRender(node: Template): Render {
  return (node as { render: Render }).render.bind(node);
}

/** Captured JSON keeps its kind, so that it is JSON where it is printed; so does one output's alone. */
function captureRender(tag: CaptureTag, isJson: boolean): Render {
  if (!isJson) for (const output of soleOutputsOf(tag)) noteWhatIsFit(output);
  return (context) => {
    const text = createText(context);
    renderDirect(tag.templates, context, text);
    (context.bottom() as Record<string, unknown>)[tag.variable] = isJson
      ? new Encoded(text.buffer, "json", { isWhole: false })
      : toCaptured(text);
  };
}

/** Whatever else has been written makes it a text like any other: two branches of a `case` may have been. */
function toCaptured({ buffer, fit }: Text): string | Encoded {
  const isAll = fit !== null && buffer.trim() === fit.text.trim();
  return isAll ? new Encoded(buffer, fit.encoding, { isCaptured: true }) : buffer;
}

function noteWhatIsFit(output: Template): void {
  const { value } = output as unknown as { value?: Value };
  if (value === undefined) return;
  const evaluate = value.value as unknown as Evaluate;
  (output as { render: Render }).render = (context, emitter) => {
    const text = emitter as Text;
    const found = evaluate(context);
    if (found instanceof Encoded && found.isWhole) text.fit = found;
    text.write(found, output);
  };
}

/** What is missing fails where it is named, as where it is printed. */
function assignRender(tag: AssignTag, keepsList: boolean): Render {
  const { key, value } = tag as unknown as { key: string; value: Value };
  const evaluate = keepsList ? compileJoined(value) : (value.value as unknown as Evaluate);
  return (context) => {
    (context.bottom() as Record<string, unknown>)[key] = evaluate(context);
  };
}

/** What a `join` makes, with the list that it has joined. */
function compileJoined(value: Value): Evaluate {
  let list: unknown;
  const join = compileValue(value, value.filters, (given) => {
    list = given;
    return given;
  });
  const separator = separatorOf(value.filters.at(-1) as unknown as WrittenFilter) ?? "";
  return (context) => new Joined(print(join(context)), list, separator);
}

/**
 * `if` and `unless`: the first branch whose value is truthy, that is neither false nor absent (Liquid's own
 * idea of truth).
 */
function conditionRender(tag: IfTag | UnlessTag): Render {
  const isUnless = tag instanceof UnlessTag;
  return (context, emitter) => {
    for (const [index, branch] of tag.branches.entries()) {
      const value = toValue((branch.value.value as unknown as Evaluate)(context, context.opts.lenientIf));
      const isTruthy = value !== false && value !== undefined && value !== null;
      if (isTruthy !== (isUnless && index === 0)) return renderDirect(branch.templates, context, emitter);
    }
    renderDirect(tag.elseTemplates ?? [], context, emitter);
  };
}
