// How much a template can cost at most, found when it is compiled. What is provably cheap renders where the delivery is; any
// other template renders apart, where it can be stopped. An abstract rendering: sizes instead of values, steps instead of time.

import {
  AssignTag,
  BreakTag,
  CaptureTag,
  CaseTag,
  CommentTag,
  ContinueTag,
  ForTag,
  IfTag,
  InlineCommentTag,
  LiquidTag,
  RawTag,
  type Template,
  UnlessTag,
  Value,
} from "liquidjs";
import { PrintingTag } from "../dialect/tags.ts";
import { bodiesOf, isPrinting, textOf } from "../escape/places.ts";
import { WRITTEN_CHARS_MAX } from "../render/direct.ts";
import { type Argument, growthOf } from "./growth.ts";

/** In steps of about ten nanoseconds: some tenths of a second, far under the time that a claim holds. */
const WORK_MAX = 40_000_000;
/** Of one value, in characters. */
const SIZE_MAX = 16_777_216;
/** Dispatching a node, looking names up, writing. */
const NODE_WORK = 50;
/** A control character becomes six in JSON. */
const ESCAPING_MAX = 6;
/** Data sizes, in characters of JSON, for which a bound is looked for. */
const DATA_SIZES: readonly number[] = [524_288, 32_768, 4_096];

type Token = object | undefined;
type Expression = Pick<Value, "initial" | "filters">;

/**
 * The largest data, in characters of JSON, for which all these templates together are provably cheap.
 * @returns 0 where there is no such size.
 */
export function cheapUpTo(templates: readonly (readonly Template[])[]): number {
  return DATA_SIZES.find((size) => costOf(templates, size) <= WORK_MAX) ?? 0;
}

function costOf(templates: readonly (readonly Template[])[], dataSize: number): number {
  return templates.reduce((work, nodes) => {
    const meter = new Meter(dataSize);
    meter.walk(nodes);
    return work + meter.cost;
  }, 0);
}

/** One abstract rendering over data of a given size. */
class Meter {
  work = 0;
  /** Characters, escaped. */
  #written = 0;
  readonly #dataSize: number;
  /** What the template itself names, at its largest: a later, smaller value changes nothing. */
  readonly #sizes = new Map<string, number>([["forloop", 16]]);
  /** The items of the loops around: each may be nearly all of its list, but all of them are no more than the list. */
  readonly #items = new Map<string, { largest: number; average: number }>();
  #takesLargest = false;

  constructor(dataSize: number) {
    this.#dataSize = dataSize;
  }

  /** Writing ends where a rendering's room ends, whatever the template would go on to write. */
  get cost(): number {
    return this.work + Math.min(this.#written, 2 * WRITTEN_CHARS_MAX);
  }

  walk(nodes: readonly Template[]): void {
    for (const node of nodes) this.#step(node);
  }

  #step(node: Template): void {
    this.work += NODE_WORK;
    this.#written += textOf(node)?.length ?? 0;
    for (const value of valuesOf(node)) {
      const size = this.#sizeOf(value);
      if (isPrinting(node)) this.#written += size * ESCAPING_MAX;
    }
    if (node instanceof AssignTag) this.#assignment(node);
    else if (node instanceof CaptureTag) this.#capture(node);
    else if (node instanceof ForTag) this.#loop(node);
    else if (isKnown(node)) for (const body of bodiesOf(node)) this.walk(body);
    else this.work = Number.POSITIVE_INFINITY;
  }

  #assignment(node: AssignTag): void {
    const { key, value } = node as unknown as { key: string; value: Value };
    this.#assign(
      key,
      this.#atLargest(() => this.#sizeOf(value)),
    );
  }

  #assign(name: string, size: number): void {
    this.#sizes.set(name, Math.max(this.#sizes.get(name) ?? 0, bounded(size)));
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
    this.walk(node.elseTemplates ?? []);
  }

  #roundsOf({ collection, hash }: ForTag): { size: number; rounds: number } {
    const range = rangeLength(collection);
    const size = range === null ? this.#sizeOfToken(collection).size : 24;
    // An item and its comma are two characters of a list at least.
    const items = range ?? size / 2;
    const { limit } = hash.hash as { limit?: Token };
    const atMost = limit !== undefined && "content" in limit ? Number(limit.content) : Number.NaN;
    return { size, rounds: atMost >= 0 ? Math.min(items, atMost) : items };
  }

  #sizeOf({ initial, filters }: Expression): number {
    const operands = (initial.postfix as Token[]).map((token) => this.#sizeOfToken(token));
    let size = operands.reduce((largest, operand) => Math.max(largest, operand.size), 0);
    // Operators may look through all that they are given.
    if (operands.length > 1)
      this.work += operands.reduce((total, operand) => total + operand.size, NODE_WORK);
    for (const { name, args } of filters as unknown as {
      name: string;
      args: (Token | [string, Token])[];
    }[]) {
      const given = args.map((arg) => this.#sizeOfToken(Array.isArray(arg) ? arg[1] : arg));
      const grown = growthOf(name)(size, given);
      this.work += NODE_WORK + grown.work;
      size = bounded(grown.size);
    }
    return size;
  }

  #sizeOfToken(token: Token): Argument {
    if (token === undefined) return { size: 0 };
    if ("content" in token) return { size: String(token.content).length + 2, literal: token.content };
    if ("operator" in token) return { size: 0 };
    if ("lhs" in token) return { size: 24 * (rangeLength(token) ?? Number.POSITIVE_INFINITY) };
    const root = rootOf(token);
    if (root === null) return { size: Number.POSITIVE_INFINITY };
    const item = this.#items.get(root);
    if (item !== undefined) return { size: this.#takesLargest ? item.largest : item.average };
    return { size: this.#sizes.get(root) ?? this.#dataSize };
  }
}

/** What is larger than this is never made: such a template has no bound. */
function bounded(size: number): number {
  return size > SIZE_MAX ? Number.POSITIVE_INFINITY : size;
}

/** All that a node evaluates; a loop's own list is no such value. */
function valuesOf(node: Template): Expression[] {
  const { branches = [] } = node as { branches?: { value?: unknown; values?: unknown[] }[] };
  const candidates = [
    ...Object.values(node),
    ...branches.flatMap(({ value, values = [] }) => [value, ...values]),
  ];
  return candidates.filter((candidate) => candidate instanceof Value);
}

const KNOWN_TAGS = [
  IfTag,
  UnlessTag,
  CaseTag,
  CommentTag,
  RawTag,
  LiquidTag,
  BreakTag,
  ContinueTag,
  InlineCommentTag,
];

/** Whether rendering a node costs no more than its values and its bodies. */
function isKnown(node: Template): boolean {
  return (
    textOf(node) !== null ||
    isPrinting(node) ||
    node instanceof PrintingTag ||
    KNOWN_TAGS.some((kind) => node instanceof kind)
  );
}

/** The name with which a property access begins; null where it is computed. */
function rootOf(token: object): string | null {
  if (!("props" in token) || !Array.isArray(token.props)) return null;
  const [first] = token.props as (object | undefined)[];
  return first !== undefined && "content" in first ? String(first.content) : null;
}

/** How many numbers a range tells, where the template itself gives both ends. */
function rangeLength(token: Token): number | null {
  if (token === undefined || !("lhs" in token && "rhs" in token)) return null;
  const [from, to] = [token.lhs, token.rhs].map((end) => Number((end as { content?: unknown }).content));
  if (from === undefined || to === undefined || Number.isNaN(from) || Number.isNaN(to))
    return Number.POSITIVE_INFINITY;
  return Math.max(0, to - from + 1);
}
