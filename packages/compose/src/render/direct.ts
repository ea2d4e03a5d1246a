// Direct evaluation of parsed templates. liquidjs drives everything through generators, so that filters and data may be
// promises; ours never are, and the driver costs more than the work. The hot nodes (text, outputs, conditions, values) are given
// plain functions instead, one instance at a time; every other tag stays liquidjs' own and meets them through its own calls.

import {
  AssignTag,
  CaptureTag,
  CaseTag,
  type Context,
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
import { Encoded } from "../escape/encoded.ts";
import { escapeFor, type Place } from "../escape/escape.ts";
import { captureIsJson, isPrinting, isRaw, type JsonState, readJson } from "../escape/places.ts";
import { print } from "../escape/print.ts";
import { caseRender, loopRender } from "./loop.ts";
import { compileValue, type Evaluate } from "./value.ts";

/** What a node renders: text, nothing (it wrote to the emitter itself), or liquidjs' generator of either. */
type Render = (context: Context, emitter: Emitter) => unknown;

/** The place of every output that has one of its own; any other stands in `otherwise`. */
export interface Places {
  readonly of: ReadonlyMap<Template, Place>;
  readonly otherwise: Place;
}

/** Gives the hot nodes of a tree plain functions, and every printing node the escaping of its place. Changes the nodes. */
export function makeDirect(nodes: readonly Template[], places: Places): void {
  for (const node of nodes) {
    for (const value of Object.values(node)) makeValueDirect(value);
    for (const children of childrenOf(node)) makeDirect(children, places);
    const render = renderOf(node, isRaw(node) ? "plain" : (places.of.get(node) ?? places.otherwise));
    if (render !== null) (node as { render: Render }).render = render;
  }
}

/** A node's plain rendering; null where liquidjs' own stays. */
function renderOf(node: Template, place: Place): Render | null {
  if (node instanceof Output || node instanceof EchoTag) {
    const { value } = node as unknown as { value?: Value };
    return value === undefined ? null : outputRender(node, value, place);
  }
  if (node instanceof IfTag || node instanceof UnlessTag) return conditionRender(node);
  if (node instanceof CaptureTag) return captureRender(node);
  if (node instanceof ForTag) return loopRender(node, renderDirect);
  if (node instanceof CaseTag) return caseRender(node, renderDirect);
  if (node instanceof AssignTag) return assignRender(node);
  return isPrinting(node) ? printingRender(node, place) : null;
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

/** The clock is looked at once in so many nodes. */
const NODES_PER_LOOK = 256;
let nodesRendered = 0;

/** Renders nodes in order, as liquidjs' own renderer does, within its limit of time. What goes wrong is thrown with its place in the template. */
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
  return Object.assign(new Error(`${error.message},${file} line:${line}, col:${column}`, { cause: error }), {
    token,
  });
}

function outputRender(node: Template, value: Value, place: Place): Render {
  const evaluate = value.value as unknown as Evaluate;
  return (context, emitter) => {
    const text = escapeFor(place === "jsonUnknown" ? readPlace(emitter) : place, evaluate(context));
    (emitter as Text).write(text, node);
  };
}

/** A tag that writes a value by itself, as `cycle` does: what it writes is escaped like any text. */
function printingRender(node: Template, place: Place): Render {
  const render = (node as { render: Render }).render.bind(node);
  return (context, emitter) => {
    const text = createText(context);
    const rendered = toValueSync(render(context, text) as never) as unknown;
    emitter.write(
      escapeFor(place === "jsonUnknown" ? readPlace(emitter) : place, text.buffer + print(rendered)),
    );
  };
}

/** Captured JSON keeps its kind, so that it is JSON where it is printed. */
function captureRender(tag: CaptureTag): Render {
  const isJson = captureIsJson(tag);
  return (context) => {
    const text = createText(context);
    renderDirect(tag.templates, context, text);
    (context.bottom() as Record<string, unknown>)[tag.variable] = isJson
      ? new Encoded(text.buffer, "json")
      : text.buffer;
  };
}

/** Where a rendering gathers. */
export interface Text extends Emitter {
  buffer: string;
  /** `output` is the node whose value it is, for those who trace what came from where. */
  write(text: unknown, output?: Template): void;
}

/** How many characters a rendering may still write, of how many. */
interface Room {
  left: number;
  readonly charsMax: number;
}

const ROOM = "postrider:room";

/** Grants a rendering its room, before anything of it is written. */
export function setRoom(context: Context, charsMax: number): void {
  context.setRegister(ROOM, { left: charsMax, charsMax } satisfies Room as never);
}

/** Thrown when a rendering goes beyond what templates are granted. */
export class TooCostly extends Error {}

/** A text to write to; all the texts of one rendering share its room. @throws TooCostly from `write`. */
export function createText(context: Context): Text {
  const room = context.getRegister(ROOM) as unknown as Room;
  return {
    buffer: "",
    write(value: unknown) {
      const text = print(value);
      room.left -= text.length;
      if (room.left < 0) throw new TooCostly(`writes more than ${room.charsMax} characters`);
      this.buffer += text;
    },
  };
}

export interface Trace extends Text {
  readonly written: { readonly output: Template; readonly from: number }[];
}

/** A text that remembers where each output began: for the explanation of a failure, never on the way of a delivery. */
export function createTrace(context: Context): Trace {
  const { buffer, write } = createText(context);
  return {
    buffer,
    written: [],
    write(text: unknown, output?: Template) {
      if (output !== undefined) this.written.push({ output, from: this.buffer.length });
      write.call(this, text);
    },
  };
}

const readSoFar = new WeakMap<object, { at: number; state: JsonState }>();

/** What the text written so far says about the place; read on from where the last look ended. */
function readPlace(emitter: Emitter): "jsonString" | "jsonValue" {
  const { buffer } = emitter as Text;
  const before = readSoFar.get(emitter) ?? { at: 0, state: "outside" };
  const state = readJson(buffer.slice(before.at), before.state);
  readSoFar.set(emitter, { at: buffer.length, state });
  return state === "outside" ? "jsonValue" : "jsonString";
}

/** What is missing fails where it is named, as where it is printed; an assigned comparison is a condition like any other. */
function assignRender(tag: AssignTag): Render {
  const { key, value } = tag as unknown as { key: string; value: Value };
  const evaluate = value.value as unknown as Evaluate;
  const compares = value.initial.postfix.length > 1;
  return (context) => {
    (context.bottom() as Record<string, unknown>)[key] = evaluate(
      context,
      compares && context.opts.lenientIf,
    );
  };
}

/** `if` and `unless`: the first branch whose value is truthy, that is neither false nor absent (Liquid's own idea of truth). */
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
