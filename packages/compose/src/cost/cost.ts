// How much a template can cost at most, found when it is compiled: an abstract rendering, with sizes for
// values and steps for time. What is provably cheap renders where the delivery is, all else apart.

import { AssignTag, CaptureTag, ForTag, type Template } from "liquidjs";
import { bodiesOf, isPrinting, textOf } from "../escape/places.ts";
import { COMPOSE_LIMITS, type ComposeLimits } from "../limits.ts";
import { SnippetNode } from "../render/inline-snippets.ts";
import { type Expression, expressionsOf, type Operand, toArgument } from "../render/operands.ts";
import { DATA_NAMES } from "../scope.ts";
import { type Argument, growthOf, searchWork } from "./growth.ts";
import { costsNoMoreThanItsParts } from "./tag-costs.ts";

/** The size of one value, in characters. */
const SIZE_MAX = 16_777_216;
/** Dispatching a node, looking names up, writing. */
const NODE_WORK = 50;
/** A character becomes nine in a form or URL, and a control character six in JSON. */
const ESCAPING_MAX = 9;
/** Nodes looked at: loops in loops are walked again and again, so that looking itself could become costly. */
const STEPS_MAX = 200_000;
/** Data sizes, in characters of JSON, for which a bound is looked for. */
const DATA_SIZES: readonly number[] = [524_288, 32_768, 4_096];

/** The largest data, in characters of JSON, for which all these templates are provably cheap; 0: none. */
export function cheapUpTo(
  templates: readonly (readonly Template[])[],
  limits: ComposeLimits = COMPOSE_LIMITS,
): number {
  return DATA_SIZES.find((size) => costOf(templates, size, limits) <= limits.cheapWorkMax) ?? 0;
}

function costOf(
  templates: readonly (readonly Template[])[],
  dataSize: number,
  { writtenCharsMax }: ComposeLimits,
): number {
  return templates.reduce((work, nodes) => {
    const meter = new Meter(dataSize, writtenCharsMax);
    meter.walk(nodes);
    return work + meter.cost;
  }, 0);
}

const known = new WeakMap<Template, readonly Expression[]>();

/** A node is looked at for each data size, and many times in loops. */
function expressionsIn(node: Template): readonly Expression[] {
  const expressions = known.get(node) ?? expressionsOf(node);
  known.set(node, expressions);
  return expressions;
}

/** One abstract rendering over data of a given size. */
class Meter {
  work = 0;
  /** Characters, escaped. */
  #written = 0;
  readonly #dataSize: number;
  readonly #writtenCharsMax: number;
  /** What the template itself names, at its largest: a later, smaller value changes nothing. */
  readonly #sizes = new Map<string, number>([["forloop", 16]]);
  /**
   * The items of the loops around: each may be nearly all of its list, but all of them are no more than the
   * list.
   */
  readonly #items = new Map<string, { largest: number; average: number }>();
  #takesLargest = false;
  #steps = 0;

  constructor(dataSize: number, writtenCharsMax: number) {
    this.#dataSize = dataSize;
    this.#writtenCharsMax = writtenCharsMax;
  }

  /** Writing ends where a rendering's room ends, whatever the template would go on to write. */
  get cost(): number {
    if (this.#steps > STEPS_MAX) return Number.POSITIVE_INFINITY;
    return this.work + Math.min(this.#written, 2 * this.#writtenCharsMax);
  }

  walk(nodes: readonly Template[]): void {
    for (const node of nodes) this.#step(node);
  }

  #step(node: Template): void {
    if (++this.#steps > STEPS_MAX) return;
    this.work += NODE_WORK;
    this.#written += textOf(node)?.length ?? 0;
    const size = expressionsIn(node).reduce((total, expression) => total + this.#sizeOf(expression), 0);
    if (isPrinting(node)) this.#written += size * ESCAPING_MAX;
    if (node instanceof AssignTag) this.#assignment(node);
    else if (node instanceof CaptureTag) this.#capture(node);
    else if (node instanceof ForTag) this.#loop(node);
    else if (node instanceof SnippetNode) this.#snippet(node);
    else if (costsNoMoreThanItsParts(node)) for (const body of bodiesOf(node)) this.walk(body);
    else this.work = Number.POSITIVE_INFINITY;
  }

  /** A snippet sees nothing of the names around it: what is an item there may be a whole list here. */
  #snippet({ templates }: SnippetNode): void {
    const around = new Map(this.#items);
    this.#items.clear();
    this.walk(templates);
    for (const [name, item] of around) this.#items.set(name, item);
  }

  #assignment(node: AssignTag): void {
    const { key, value } = node as unknown as { key: string; value: Expression };
    this.#assign(
      key,
      this.#atLargest(() => this.#sizeOf(value)),
    );
  }

  #assign(name: string, size: number): void {
    this.#sizes.set(name, Math.max(this.#sizes.get(name) ?? this.#sizeInData(name), bounded(size)));
  }

  /** An assignment may stand in a branch that is not taken: then the name still means the data. */
  #sizeInData(name: string): number {
    return DATA_NAMES.has(name) ? this.#dataSize : 0;
  }

  #capture({ variable, templates }: CaptureTag): void {
    this.walk(templates);
    const size = this.#atLargest(() => {
      const before = this.#written;
      this.walk(templates);
      return this.#written - before;
    });
    this.#assign(variable, size);
  }

  /** A size at its largest; the work has been counted already. */
  #atLargest(measure: () => number): number {
    const { work } = this;
    const written = this.#written;
    const took = this.#takesLargest;
    this.#takesLargest = true;
    const size = measure();
    this.#takesLargest = took;
    this.work = work;
    this.#written = written;
    return size;
  }

  #loop(node: ForTag): void {
    const { size, rounds } = this.#roundsOf(node);
    const around = this.#items.get(node.variable);
    this.#items.set(node.variable, { largest: size, average: size / Math.max(1, rounds) });
    const before = { work: this.work, written: this.#written };
    this.walk(node.templates);
    const first = new Map(this.#sizes);
    this.walk(node.templates);
    // What grew again in the second round grows in every round.
    for (const [name, grown] of this.#sizes)
      if (grown > (first.get(name) ?? 0)) this.#sizes.set(name, Number.POSITIVE_INFINITY);
    const afterTwo = { work: this.work, written: this.#written };
    this.walk(node.templates);
    this.work = before.work + (this.work - afterTwo.work + NODE_WORK) * Math.max(1, rounds);
    this.#written = before.written + (this.#written - afterTwo.written) * Math.max(1, rounds);
    if (around === undefined) this.#items.delete(node.variable);
    else this.#items.set(node.variable, around);
    this.walk(node.elseTemplates ?? []);
  }

  #roundsOf({ collection, hash }: ForTag): { size: number; rounds: number } {
    const list = collection as Operand;
    const range = rangeLength(list);
    const size = range === null ? this.#sizeOfOperand(list).size : RANGE_ITEM_SIZE;
    // An item and its comma are two characters of a list at least.
    const items = range ?? size / 2;
    const { limit } = hash.hash as { limit?: Operand };
    const atMost = limit !== undefined && "content" in limit ? Number(limit.content) : Number.NaN;
    return { size, rounds: atMost >= 0 ? Math.min(items, atMost) : items };
  }

  #sizeOf({ initial, filters }: Expression): number {
    let { size } = this.#operate(initial.postfix);
    for (const { name, args } of filters) {
      const given = args.map((arg) => this.#sizeOfOperand(toArgument(arg)));
      const grown = growthOf(name)(size, given);
      this.work += NODE_WORK + grown.work;
      size = bounded(grown.size);
    }
    return size;
  }

  /** Operands and operators in postfix order, which may look through all that they are given. */
  #operate(postfix: Expression["initial"]["postfix"]): Argument {
    const stack: Argument[] = [];
    for (const token of postfix) {
      if (token?.operator === undefined) {
        stack.push(this.#sizeOfOperand(token));
        continue;
      }
      const right = stack.pop() ?? { size: 0 };
      const left = token.operator === "not" ? right : (stack.pop() ?? right);
      this.work += NODE_WORK + left.size + right.size;
      if (token.operator === "contains") this.work += searchWork(left.size, right);
      stack.push({ size: Math.max(left.size, right.size) });
    }
    return stack[0] ?? { size: 0 };
  }

  #sizeOfOperand(operand: Operand | undefined): Argument {
    if (operand === undefined) return { size: 0 };
    if (operand.props !== undefined) return { size: this.#sizeOfAccess(operand) };
    if ("lhs" in operand) {
      const size = RANGE_ITEM_SIZE * (rangeLength(operand) ?? Number.POSITIVE_INFINITY);
      this.work += size;
      return { size };
    }
    return { size: String(operand.content).length + 2, literal: operand.content };
  }

  /** A member is no larger than what it is a member of. Names in brackets are evaluated, too. */
  #sizeOfAccess({ variable, props = [] }: Operand): number {
    const [first, ...rest] = props;
    for (const prop of rest) this.#sizeOfOperand(prop);
    if (variable !== undefined) {
      this.#sizeOfOperand(first);
      return this.#sizeOfOperand(variable).size;
    }
    if (first === undefined || !("content" in first)) return Number.POSITIVE_INFINITY;
    const root = String(first.content);
    const item = this.#items.get(root);
    if (item !== undefined) return this.#takesLargest ? item.largest : item.average;
    return this.#sizes.get(root) ?? this.#dataSize;
  }
}

/** A number of a range, as it stands in memory. */
const RANGE_ITEM_SIZE = 24;

/** What is larger than this is never made: such a template has no bound. */
function bounded(size: number): number {
  return size > SIZE_MAX ? Number.POSITIVE_INFINITY : size;
}

/** How many numbers a range tells, where the template itself gives both ends. */
function rangeLength({ lhs, rhs }: Operand): number | null {
  if (lhs === undefined || rhs === undefined) return null;
  const [from, to] = [lhs, rhs].map((end) => Number(end.content));
  if (from === undefined || to === undefined || Number.isNaN(from) || Number.isNaN(to))
    return Number.POSITIVE_INFINITY;
  return Math.max(0, to - from + 1);
}
