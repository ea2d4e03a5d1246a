// What a template has made fit for a place before it prints it: under a name, in a capture, behind filters;
// wholly, or as a piece of a text of its own, which is then escaped as a whole where it lands.

import { AssignTag, CaptureTag, ForTag, type Template as Node } from "liquidjs";
import {
  type Expression,
  type Filter,
  isLiteral,
  type Operand,
  pathOf,
  toArgument,
} from "../render/operands.ts";
import { DATA_NAMES } from "../scope.ts";
import { ENCODERS, TEXT_FILTERS, takesSpaceAway } from "./encoded.ts";
import { bodiesOf, isPrinting, isSnippet, textOf } from "./places.ts";
import { soleOutputsOf } from "./sole-outputs.ts";

/** The places that values are made fit for by filters. */
export type Family = "json" | "url" | "xml";

export interface Prepared {
  readonly made: "not" | "wholly" | "partly";
  /** The template's own text in it. */
  readonly text: string;
  /** Whether a capture wrote it. */
  readonly isCaptured: boolean;
}

const NOT: Prepared = { made: "not", text: "", isCaptured: false };
const RANKS = { not: 0, wholly: 1, partly: 2 } as const;

type Names = ReadonlyMap<string, Prepared>;
type Found = ReadonlyMap<Node, Prepared>;

/**
 * Of each output what it prints, as far as the template's own text tells.
 * @param jsonCaptures the captures whose text is JSON, in a JSON body.
 */
export function findPrepared(
  nodes: readonly Node[],
  family: Family,
  jsonCaptures?: ReadonlySet<Node>,
): Found {
  const found = new Map<Node, Prepared>();
  const names = new Map<string, Prepared>();
  const visit = (node: Node, isSure: boolean): void => {
    const { value } = node as unknown as { value?: Expression };
    if (isPrinting(node) && value?.filters !== undefined) found.set(node, ofExpression(value, names, family));
    const body = bodiesOf(node).flat();
    // A loop's own name hides what has the same one outside, and a snippet sees nothing of it.
    if (node instanceof ForTag) without([node.variable], () => walk(body, false));
    else if (isSnippet(node)) without([...names.keys()], () => walk(body, isSure));
    else walk(body, isSure && node instanceof CaptureTag);
    const given = toGiven(node, names, { family, found, jsonCaptures });
    if (given !== null) names.set(given.name, isSure ? given.prepared : either(given, names));
  };
  const without = (hidden: readonly string[], work: () => void): void => {
    const before = hidden.map((name) => [name, names.get(name)] as const);
    for (const name of hidden) names.delete(name);
    work();
    for (const [name, prepared] of before) if (prepared !== undefined) names.set(name, prepared);
  };
  const walk = (body: readonly Node[], isSure: boolean): void => {
    for (const node of body) visit(node, isSure);
  };
  walk(nodes, true);
  return found;
}

interface Given {
  readonly name: string;
  readonly prepared: Prepared;
}

interface Known {
  readonly family: Family;
  readonly found: Found;
  readonly jsonCaptures: ReadonlySet<Node> | undefined;
}

/** The name that a node gives to something, and to what. */
function toGiven(node: Node, names: Names, known: Known): Given | null {
  if (node instanceof CaptureTag) return { name: node.variable, prepared: ofCapture(node, known) };
  if (!(node instanceof AssignTag)) return null;
  const { key, value } = node as unknown as { key: string; value: Expression };
  return { name: key, prepared: ofExpression(value, names, known.family) };
}

/** In a branch or loop what a name held before may stay. */
function either({ name, prepared }: Given, names: Names): Prepared {
  return most([names.get(name) ?? NOT, prepared]);
}

function most(all: readonly Prepared[]): Prepared {
  const best = all.reduce((one, other) => (RANKS[other.made] > RANKS[one.made] ? other : one), NOT);
  return best.made === "not" ? { ...NOT, text: joined(all, " ") } : best;
}

/** So much of a template's own text is looked at: a name that is added to itself doubles. */
const OWN_CHARS_MAX = 4_000;

function joined(all: readonly Prepared[], between = ""): string {
  return all
    .map(({ text }) => text)
    .join(between)
    .slice(0, OWN_CHARS_MAX);
}

function ofCapture(tag: CaptureTag & Node, { found, jsonCaptures }: Known): Prepared {
  if (jsonCaptures?.has(tag)) return NOT;
  const sole = soleOutputsOf(tag);
  if (sole.length > 0) return { ...most(sole.map((node) => found.get(node) ?? NOT)), isCaptured: true };
  const pieces = [...writtenBy(tag.templates)];
  const outputs = pieces.map((node) => found.get(node) ?? NOT);
  const text = pieces
    .map((node, index) => textOf(node) ?? outputs[index]?.text ?? "")
    .join("")
    .slice(0, OWN_CHARS_MAX);
  const made = outputs.some((output) => output.made !== "not") ? "partly" : "not";
  return { made, text, isCaptured: true };
}

/** Texts and outputs, without those of captures, which print nothing. */
function* writtenBy(nodes: readonly Node[]): Generator<Node> {
  for (const node of nodes) {
    yield node;
    if (!(node instanceof CaptureTag)) for (const body of bodiesOf(node)) yield* writtenBy(body);
  }
}

function ofExpression({ initial, filters }: Expression, names: Names, family: Family): Prepared {
  const [first, ...others] = initial.postfix;
  const start = others.length > 0 ? NOT : ofOperand(first, names);
  // The whole customer or event as JSON in a text is no surprise.
  if (family === "json" && isWholeData(first)) return NOT;
  return filters.reduce((prepared, filter) => after(prepared, filter, names, family), start);
}

function isWholeData(operand: Operand | undefined): boolean {
  const path = operand === undefined ? null : pathOf(operand);
  return path?.length === 1 && DATA_NAMES.has(String(path[0]));
}

function ofOperand(operand: Operand | undefined, names: Names): Prepared {
  if (typeof operand?.content === "string") return { ...NOT, text: operand.content };
  const path = operand === undefined ? null : pathOf(operand);
  return (path?.length === 1 ? names.get(String(path[0])) : undefined) ?? NOT;
}

function after(prepared: Prepared, filter: Filter, names: Names, family: Family): Prepared {
  const { name } = filter;
  if (ENCODERS[name] !== undefined) return isMaker(name, family) ? { ...NOT, made: "wholly" } : NOT;
  const args = filter.args.map(toArgument);
  // What stands in for a value that is missing is a whole one, as the value is.
  const held = args.map((arg) => (name === "default" && isLiteral(arg) ? NOT : ofOperand(arg, names)));
  if (name === "join") return { ...NOT, text: joined(held) };
  if (!TEXT_FILTERS.has(name) && name !== "default") return NOT;
  const text = joined([prepared, ...held]);
  const made = most([prepared, ...held]).made;
  const isCertain = args.every(isLiteral) && name !== "default";
  if (made === "not") return { ...NOT, text: left(prepared, name, held) };
  if (!isCertain || prepared.made === "partly") return { made: "partly", text, isCaptured: false };
  return { ...prepared, made: shaped(prepared, filter, family), text };
}

/** What a text filter leaves of the template's own text, or adds to it. */
function left(prepared: Prepared, name: string, held: readonly Prepared[]): string {
  const [from = NOT, to = NOT] = held;
  if (name === "append") return joined([prepared, from]);
  if (name === "prepend") return joined([from, prepared]);
  if (name === "default") return joined([prepared, from], " ");
  if (name === "strip_html" || name === "slugify") return "";
  if (!/^(?:replace|remove)/.test(name) || from.text === "") return prepared.text;
  return prepared.text.replaceAll(from.text, () => to.text).slice(0, OWN_CHARS_MAX);
}

function isMaker(name: string, family: Family): boolean {
  const encoding = ENCODERS[name];
  return encoding === family || (encoding === "uri" && family === "url");
}

/** What a text filter leaves of what was wholly made fit, as `keepEncoding` has it when it is printed. */
function shaped({ isCaptured }: Prepared, { name, args }: Filter, family: Family): Prepared["made"] {
  if (family === "url" || takesSpaceAway(name, args)) return "wholly";
  // Who takes JSON's quote marks or XML's entities out again has nothing made fit any more.
  if (isCaptured) return /pend$/.test(name) ? "partly" : "not";
  return family === "xml" ? "wholly" : "not";
}
