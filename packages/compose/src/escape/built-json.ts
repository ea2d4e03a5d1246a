// JSON that a template puts together as a text: appended, cut out of a capture, joined again. It is a text
// like any other, in quotes where JSON expects a value, and its author meant JSON.

import { AssignTag, CaptureTag, ForTag, type Template as Node } from "liquidjs";
import {
  type Expression,
  everyNode,
  type Filter,
  isLiteral,
  type Operand,
  pathOf,
  toArgument,
} from "../render/operands.ts";
import { TEXT_FILTERS, takesSpaceAway } from "./encoded.ts";
import type { FoundPlaces } from "./find-places.ts";
import { isJsonLiteral } from "./json-literal.ts";
import { findListed, nameOf } from "./listed.ts";
import { isPrinting, isRaw, textOf } from "./places.ts";

/** What an expression gives, as far as the template tells. */
interface Made {
  /** `json`: what is printed as JSON; `built`: a text that was JSON or has some in it. */
  readonly kind: "other" | "json" | "built";
  /** The template's own text in it, as far as it is looked at. */
  readonly text: string;
}

const OTHER: Made = { kind: "other", text: "" };
const TEXT_MAX = 400;
/** Appending in a loop is seen when what the name holds is read again. */
const ROUNDS = 2;
const RANKS = { other: 0, json: 1, built: 2 } as const;
/** What they make of JSON is a piece of it, or pieces. */
const LIST_FILTERS =
  /^(?:slice|split|join|first|last|reverse|uniq|compact|limit|push|pop|shift|unshift|concat|sort|sort_natural)$/;
const BEGINS = /^\s*,?\s*["[{]/;
const SIGNS = /^""$|"\s*[,:\]}]|[[{,:]\s*"|[[{]\s*[\]}]/;

/** The outputs where such a text stands as a JSON value. */
export function findBuiltJson(nodes: readonly Node[], { of, jsonCaptures }: FoundPlaces): Set<Node> {
  const names = new Map<string, Made>();
  const lists = new Set<string>();
  const all = [...everyNode(nodes)];
  for (let round = 0; round < ROUNDS; round++)
    for (const node of all) {
      const given = toGiven(node, names, jsonCaptures);
      if (given === null) continue;
      const [name, made] = given;
      if (writesCommas(node, name, made)) lists.add(name);
      names.set(name, either(names.get(name) ?? OTHER, made));
    }
  const listed = findListed(nodes, of);
  return new Set(
    all.filter((node) => {
      if (!isPrinting(node) || isRaw(node) || !/^jsonValue/.test(of.get(node) ?? "")) return false;
      const { value } = node as unknown as { value?: Expression };
      if (value?.filters === undefined) return false;
      const made = ofExpression(value, names);
      return looksBuilt(made) || (listed.has(node) && lists.has(nameOf(node) ?? ""));
    }),
  );
}

function looksBuilt({ kind, text }: Made): boolean {
  return kind === "built" || (kind === "other" && BEGINS.test(text) && SIGNS.test(text));
}

/** Whether a name gathers values with commas between them, and no other text. */
function writesCommas(node: Node, name: string, { kind, text }: Made): boolean {
  if (kind !== "other" || !/^[\s,]*,[\s,]*$/.test(text)) return false;
  return node instanceof AssignTag ? nameOf(node) === name : hasLoop(node);
}

function hasLoop(node: Node): boolean {
  return [...everyNode([node])].some((one) => one instanceof ForTag);
}

function toGiven(
  node: Node,
  names: ReadonlyMap<string, Made>,
  jsonCaptures: ReadonlySet<Node>,
): readonly [name: string, made: Made] | null {
  if (node instanceof CaptureTag)
    return [node.variable, jsonCaptures.has(node) ? { kind: "json", text: "" } : ofCapture(node, names)];
  if (!(node instanceof AssignTag)) return null;
  const { key, value } = node as unknown as { key: string; value: Expression };
  return [key, ofExpression(value, names)];
}

/** A text with JSON in it is prose, unless there is nothing else in it. */
function ofCapture({ templates }: CaptureTag, names: ReadonlyMap<string, Made>): Made {
  const pieces = [...everyNode(templates)].map((node): Made => {
    const { value } = node as unknown as { value?: Expression };
    if (isPrinting(node) && value?.filters !== undefined) return ofExpression(value, names);
    return { ...OTHER, text: textOf(node) ?? "" };
  });
  const text = pieces
    .map((piece) => piece.text)
    .join("")
    .slice(0, TEXT_MAX);
  const isAll = /^[\s,[\]{}]*$/.test(text) && pieces.some(({ kind }) => kind !== "other");
  return { kind: isAll ? "built" : "other", text };
}

function either(one: Made, other: Made): Made {
  const { kind } = RANKS[one.kind] > RANKS[other.kind] ? one : other;
  return { kind, text: other.text === "" ? one.text : other.text };
}

function ofExpression({ initial, filters }: Expression, names: ReadonlyMap<string, Made>): Made {
  const [first, ...others] = initial.postfix;
  if (others.length > 0) return OTHER;
  return filters.reduce((made, filter) => after(made, filter, names), ofOperand(first, names));
}

function ofOperand(operand: Operand | undefined, names: ReadonlyMap<string, Made>): Made {
  const content = operand?.content;
  if (typeof content === "string")
    return { kind: isJsonLiteral(content) ? "json" : "other", text: content.slice(0, TEXT_MAX) };
  const path = operand === undefined ? null : pathOf(operand);
  return (path?.length === 1 ? names.get(String(path[0])) : undefined) ?? OTHER;
}

function after(made: Made, filter: Filter, names: ReadonlyMap<string, Made>): Made {
  const { name } = filter;
  const args = filter.args.map(toArgument);
  const held = args.map((arg) => ofOperand(arg, names));
  if (name === "default") return held.reduce(either, made);
  if (LIST_FILTERS.test(name)) return made.kind === "json" ? { ...made, kind: "built" } : made;
  if (!TEXT_FILTERS.has(name)) return OTHER;
  const text = withPieces(made.text, name, held[0]?.text ?? "");
  if (takesSpaceAway(name, args)) return made;
  if (made.kind === "json" && args.every(isLiteral)) return { kind: "json", text };
  // A literal among the arguments is a piece of a text, JSON or not.
  const hasJson =
    made.kind !== "other" || held.some(({ kind }, index) => kind !== "other" && !isLiteral(args[index]));
  return { kind: hasJson ? "built" : "other", text };
}

function withPieces(text: string, filter: string, piece: string): string {
  if (filter === "append") return (text + piece).slice(0, TEXT_MAX);
  return filter === "prepend" ? (piece + text).slice(0, TEXT_MAX) : text;
}
