// Loops and cases, rendered directly: `for` with everything that Ruby's Liquid tells about a loop, its parent
// loop included, and `case` with the same idea of equality as conditions.

import { type CaseTag, type Context, type Emitter, type ForTag, type Template, toValueSync } from "liquidjs";
import { isAbsent, isEqual } from "../dialect/operators.ts";
import { toNumber } from "../dialect/to-number.ts";
import { Encoded } from "../escape/encoded.ts";
import { compileToken, type Evaluate } from "./value.ts";

type RenderNodes = (nodes: readonly Template[], context: Context, emitter: Emitter) => void;
type Render = (context: Context, emitter: Emitter) => void;

/** What templates see as `forloop`. */
interface Forloop {
  readonly length: number;
  readonly name: string;
  /** The loop around this one; null for the outermost. */
  readonly parentloop: Forloop | null;
  index: number;
  index0: number;
  rindex: number;
  rindex0: number;
  first: boolean;
  last: boolean;
}

/**
 * The loop that is being rendered, by context: loops in loops are found here, whatever the template has
 * assigned.
 */
const loops = new WeakMap<Context, Forloop>();

/**
 * A loop. What it goes through may be missing only where it says what stands there then (`else`).
 */
export function loopRender(tag: ForTag, renderNodes: RenderNodes): Render {
  const collection = compileToken(tag.collection);
  const otherwise = tag.elseTemplates ?? [];
  const name = `${tag.variable}-${tag.collection.getText()}`;
  const hash = Object.keys(tag.hash.hash);
  return (context, emitter) => {
    const all = toItems(collection(context, otherwise.length > 0 && context.opts.lenientIf));
    const items = hash.length === 0 ? note(all, all.length, name, context) : choose(tag, all, name, context);
    if (items.length === 0) return renderNodes(otherwise, context, emitter);
    const parentloop = loops.get(context) ?? null;
    const forloop = toForloop(items.length, name, parentloop);
    loops.set(context, forloop);
    goThrough(items, { forloop, variable: tag.variable, body: tag.templates }, context, emitter, renderNodes);
    if (parentloop === null) loops.delete(context);
    else loops.set(context, parentloop);
  };
}

interface Rounds {
  readonly forloop: Forloop;
  readonly variable: string;
  readonly body: readonly Template[];
}

function goThrough(
  items: readonly unknown[],
  { forloop, variable, body }: Rounds,
  context: Context,
  emitter: Emitter,
  renderNodes: RenderNodes,
): void {
  const scope: Record<string, unknown> = { forloop };
  context.push(scope);
  for (const [index, item] of items.entries()) {
    scope[variable] = item;
    moveTo(forloop, index);
    context.continueCalled = context.breakCalled = false;
    renderNodes(body, context, emitter);
    if (context.breakCalled) break;
  }
  context.continueCalled = context.breakCalled = false;
  context.pop();
}

function toForloop(length: number, name: string, parentloop: Forloop | null): Forloop {
  return {
    length,
    name,
    parentloop,
    index: 1,
    index0: 0,
    rindex: length,
    rindex0: length - 1,
    first: true,
    last: false,
  };
}

function moveTo(forloop: Forloop, index: number): void {
  const { length } = forloop;
  forloop.index = index + 1;
  forloop.index0 = index;
  forloop.rindex = length - index;
  forloop.rindex0 = length - index - 1;
  forloop.first = index === 0;
  forloop.last = index === length - 1;
}

/** Where the loop of this name goes on with `offset: continue`. */
function note(items: unknown[], end: number, name: string, context: Context): unknown[] {
  context.setRegister(`continue-${name}`, end);
  return items;
}

/** `offset`, `limit` and `reversed`, in this order whatever the template's. */
function choose(tag: ForTag, all: unknown[], name: string, context: Context): unknown[] {
  context.push({ continue: context.getRegister(`continue-${name}`) });
  const { offset, limit, reversed } = toValueSync(tag.hash.render(context) as never) as Record<
    string,
    unknown
  >;
  context.pop();
  const from = Math.max(0, Math.trunc(toNumber(offset)) || 0);
  const to = isAbsent(limit) ? all.length : from + Math.max(0, Math.trunc(toNumber(limit)) || 0);
  const items = note(all.slice(from, to), Math.min(to, all.length), name, context);
  return reversed === undefined ? items : items.toReversed();
}

/** What a loop goes through: items of a list, pairs of an object, a text as one item. */
function toItems(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  if (typeof value === "string") return value === "" ? [] : [value];
  if (value instanceof Encoded) return value.text === "" ? [] : [value];
  if (typeof value !== "object" || value === null) return [];
  return Symbol.iterator in value ? [...(value as Iterable<unknown>)] : Object.entries(value);
}

/** `case`: every branch one of whose values equals the target, else what stands under `else`. */
export function caseRender(tag: CaseTag, renderNodes: RenderNodes): Render {
  const target = tag.value.value as unknown as Evaluate;
  const branches = tag.branches.map(({ values, templates }) => ({
    values: (values as Parameters<typeof compileToken>[0][]).map(compileToken),
    templates,
  }));
  return (context, emitter) => {
    const lenient = context.opts.lenientIf;
    const value = target(context, lenient);
    const met = branches.filter(({ values }) => values.some((one) => isEqual(value, one(context, lenient))));
    for (const { templates } of met) renderNodes(templates, context, emitter);
    if (met.length === 0) renderNodes(tag.elseTemplates ?? [], context, emitter);
  };
}
