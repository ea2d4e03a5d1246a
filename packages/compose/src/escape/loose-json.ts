// JSON that a template writes where nothing is escaped as JSON, and the values between its quote marks: a
// quote mark in one of them ends the text that it stands in.

import { AssignTag, CaptureTag, type Template as Node, Output } from "liquidjs";
import { findJsonLinesProblem, findJsonProblem } from "../json-check.ts";
import { findCertainJsonProblem } from "../render/certain-json.ts";
import { type Expression, everyNode, pathOf } from "../render/operands.ts";
import { ENCODERS } from "./encoded.ts";
import type { Place } from "./escape.ts";
import { filtersOf, findPlacesByText, isRaw, isSilent, JSON_TEXT, textOf } from "./places.ts";

/** The values between quotes, not made fit by hand, of nodes whose own text is JSON for certain. */
export function findLooseInJson(nodes: readonly Node[], all: readonly Node[]): Node[] {
  if (!isJson(nodes)) return [];
  const places = new Map<Node, Place>();
  findPlacesByText(nodes, JSON_TEXT, places);
  const isFit = createIsFit(all);
  // What a capture in it writes is a text of its own.
  const captured = new Set(
    nodes.flatMap((node) => (node instanceof CaptureTag ? [...everyNode([node])] : [])),
  );
  return [...places]
    .filter(([node, place]) => place === "jsonString" && !captured.has(node) && !isFit(node))
    .map(([node]) => node);
}

/** Whether a template's own text is JSON, as far as it can be read without its values. */
function isJson(nodes: readonly Node[]): boolean {
  const written = nodes.filter((node) => !isSilent(node) && textOf(node)?.trim() !== "");
  const beginning = written.slice(0, 1).map(textOf).join("");
  const [opening] = /[{[]/.exec(beginning.trimStart().slice(0, 1)) ?? [];
  if (opening === undefined || !isBeginning(beginning)) return false;
  // A list in brackets and a text behind it is more likely a line of a log.
  const check = opening === "{" ? findJsonLinesProblem : findJsonProblem;
  return findCertainJsonProblem(written, true, check) === null;
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

/** Tells of an output whether it prints something that fits between quotes, or is opted out. */
function createIsFit(nodes: readonly Node[]): (node: Node) => boolean {
  const given = findGiven(nodes);
  const asked = new Set<string>();
  const isFit = (node: Node): boolean => {
    if (!(node instanceof Output) && !(node instanceof AssignTag)) return true;
    if (isRaw(node) || filtersOf(node).some(makesFit)) return true;
    const root = rootOf(node);
    return root === null || FIT_NAMES.has(root) || isFitName(root);
  };
  /** One that is made of itself says nothing new. */
  const isFitName = (name: string): boolean => {
    const sources = given.get(name);
    if (sources === undefined) return false;
    if (asked.has(name)) return true;
    asked.add(name);
    const areFit = sources.every(isFit);
    asked.delete(name);
    return areFit;
  };
  return isFit;
}

/** The name that a value is read from; null for a text or number of the template's own. */
function rootOf(node: Node): string | null {
  const { value } = node as unknown as { value?: Expression };
  const [first, ...others] = value?.initial.postfix ?? [];
  if (first?.props === undefined || others.length > 0) return null;
  return String(pathOf(first)?.[0]);
}

function makesFit({ name, args }: ReturnType<typeof filtersOf>[number]): boolean {
  const [{ content: from } = { content: null }] = args as readonly { content?: unknown }[];
  const isByHand = /^(?:replace|remove)$/.test(name) && (from === '"' || from === "\\");
  return isByHand || MAKES_FIT.test(name) || ENCODERS[name] !== undefined;
}

/** What a template's own names are made of: what is assigned to them, and the outputs captured in them. */
function findGiven(nodes: readonly Node[]): ReadonlyMap<string, readonly Node[]> {
  const given = new Map<string, Node[]>();
  for (const node of everyNode(nodes)) {
    const { key, variable } = node as unknown as { key: string; variable: string };
    if (node instanceof AssignTag) given.set(key, [...(given.get(key) ?? []), node]);
    if (!(node instanceof CaptureTag)) continue;
    const outputs = [...everyNode(node.templates)].filter((one) => one instanceof Output);
    given.set(variable, [...(given.get(variable) ?? []), ...outputs]);
  }
  return given;
}
