// JSON that a template writes where nothing is escaped as JSON, and the values between its quote marks: a
// quote mark in one of them ends the text that it stands in.

import { AssignTag, CaptureTag, type Template as Node, Output } from "liquidjs";
import { findJsonLinesProblem, findJsonProblem } from "../json-check.ts";
import { findCertainJsonProblem } from "../render/certain-json.ts";
import { type Expression, everyNode, pathOf, toArgument } from "../render/operands.ts";
import { ENCODERS } from "./encoded.ts";
import type { Place } from "./escape.ts";
import {
  bodiesOf,
  filtersOf,
  findPlacesByText,
  isPrinting,
  isRaw,
  isSilent,
  JSON_TEXT,
  readJson,
  textOf,
} from "./places.ts";

/** Finds such values in a template; each of its functions tells those of one way to write JSON. */
export function createLooseFinder(nodes: readonly Node[]): {
  /** The template is JSON as a whole. */
  inWhole(): Node[];
  /** A capture is; of each capture by itself. */
  inCaptures(): Node[][];
  /** The value of a parameter is, of those that the template's own text names. */
  inPairs(): Node[];
  /** A text that begins as JSON is gone on with by `append`. */
  inAppended(): Node[];
} {
  const { isFit, isFitName } = createIsFit(nodes);
  const captures = [...everyNode(nodes)].filter((node) => node instanceof CaptureTag);
  return {
    inWhole: () => findInJson(nodes, isFit),
    inCaptures: () => captures.map(({ templates }) => findInJson(templates, isFit)),
    inPairs: () =>
      nodes.filter((node, index) => isPrinting(node) && !isFit(node) && isOpenPair(nodes[index - 1])),
    inAppended: () => [...everyNode(nodes)].filter((node) => isAppended(node, isFitName)),
  };
}

/** The values between quotes, not made fit by hand, of nodes whose own text is JSON for certain. */
function findInJson(nodes: readonly Node[], isFit: (node: Node) => boolean): Node[] {
  if (!isJson(nodes)) return [];
  const places = new Map<Node, Place>();
  findPlacesByText(nodes, JSON_TEXT, places);
  // What a capture in it writes is a text of its own.
  const captures = [...everyNode(nodes)].filter((node) => node instanceof CaptureTag);
  const captured = new Set(everyNode(captures));
  return [...places]
    .filter(([node, place]) => place === "jsonString" && !captured.has(node) && !isFit(node))
    .map(([node]) => node);
}

/** Whether a text ends in a parameter whose value is JSON, in one of its strings. */
function isOpenPair(node: Node | undefined): boolean {
  const text = (node === undefined ? null : textOf(node)) ?? "";
  const pair = text.slice(Math.max(...["&", "\n", "\r"].map((mark) => text.lastIndexOf(mark))) + 1);
  const [, value = ""] = /^(?:[^?]*\?)?\s*[\w.[\]-]+=\s*([{[].*)$/.exec(pair) ?? [];
  return value !== "" && isBeginning(value) && readJson(value, "outside") === "inside";
}

/** Whether a value is put between the quote marks of JSON that literals write: `'{"n":"' | append: … `. */
function isAppended(node: Node, isFitName: (name: string) => boolean): boolean {
  const { value } = node as unknown as { value?: Expression };
  const beginning = value?.initial.postfix[0]?.content;
  if (typeof beginning !== "string" || !/^\s*[{[]/.test(beginning) || !isBeginning(beginning)) return false;
  let state = readJson(beginning, "outside");
  for (const { name, args } of value?.filters ?? []) {
    const [arg] = args.map(toArgument);
    if (name !== "append" || arg === undefined) return false;
    const root = String(pathOf(arg)?.[0]);
    if (typeof arg.content === "string") state = readJson(arg.content, state);
    else if (state === "inside" && !isFitName(root)) return true;
  }
  return false;
}

/** Whether a template's own text is JSON, as far as it can be read without its values. */
function isJson(nodes: readonly Node[]): boolean {
  const written = nodes.filter((node) => !writesNothing(node));
  const beginning = written.slice(0, 1).map(textOf).join("");
  const [opening] = /[{[]/.exec(beginning.trimStart().slice(0, 1)) ?? [];
  if (opening === undefined || !isBeginning(beginning)) return false;
  // A list in brackets and a text behind it is more likely a line of a log.
  const check = opening === "{" ? findJsonLinesProblem : findJsonProblem;
  return findCertainJsonProblem(written, true, check) === null;
}

function writesNothing(node: Node): boolean {
  const bodies = bodiesOf(node);
  const isEmpty = bodies.length > 0 && bodies.flat().every(writesNothing);
  return isSilent(node) || textOf(node)?.trim() === "" || isEmpty;
}

function isBeginning(text: string): boolean {
  const problem = findJsonLinesProblem(text);
  return problem === null || problem.offset >= text.length;
}

/** What they make holds no quote mark, backslash or line break, or is JSON. */
const MAKES_FIT =
  /^(?:date(?:_\w+)?|size|plus|minus|times|divided_by|modulo|round|ceil|floor|abs|at_(?:least|most)|md5|sha1|sha256|hmac_\w+|hex_base64|slugify|add_(?:day|month|year)|count|sum|find_index(?:_exp)?|format_number|currency)$/;
/** Names whose values hold none. */
const FIT_NAMES: ReadonlySet<string> = new Set(["forloop", "delivery_id", "event_timestamp"]);

/** Tells of an output, or of a name, whether it prints what fits between quotes, or is opted out. */
function createIsFit(nodes: readonly Node[]): {
  isFit(node: Node): boolean;
  isFitName(name: string): boolean;
} {
  const given = new Map<string, boolean>();
  const isFitName = (name: string): boolean => FIT_NAMES.has(name) || given.get(name) === true;
  const isFit = (node: Node): boolean => {
    if (!(node instanceof Output) && !(node instanceof AssignTag)) return true;
    if (isRaw(node) || filtersOf(node).some(makesFit)) return true;
    return rootsOf(node).every(isFitName);
  };
  /** In the order of the text; whatever a name is given must fit. */
  const visit = (node: Node): void => {
    for (const body of bodiesOf(node)) body.forEach(visit);
    const { key, variable } = node as unknown as { key: string; variable: string };
    const add = (name: string, fits: boolean): void => {
      given.set(name, fits && given.get(name) !== false);
    };
    if (node instanceof AssignTag) add(key, isFit(node));
    else if (node instanceof CaptureTag)
      add(
        variable,
        [...everyNode(node.templates)].every((one) => !(one instanceof Output) || isFit(one)),
      );
  };
  nodes.forEach(visit);
  return { isFit, isFitName };
}

/** The names that a value, and what filters put in front of it or behind it, are read from. */
function rootsOf(node: Node): string[] {
  const { value } = node as unknown as { value?: Expression };
  const [first, ...others] = value?.initial.postfix ?? [];
  const added = value?.filters.filter(({ name }) => /^(?:append|prepend|default)$/.test(name)) ?? [];
  const operands = [
    ...(others.length > 0 ? [] : [first]),
    ...added.flatMap(({ args }) => args.map(toArgument)),
  ];
  return operands.flatMap((operand) => (operand?.props === undefined ? [] : [String(pathOf(operand)?.[0])]));
}

function makesFit({ name, args }: ReturnType<typeof filtersOf>[number]): boolean {
  const [{ content: from } = { content: null }] = args as readonly { content?: unknown }[];
  const isByHand = /^(?:replace|remove)$/.test(name) && (from === '"' || from === "\\");
  return isByHand || MAKES_FIT.test(name) || ENCODERS[name] !== undefined;
}
