// White space that a template's own text has around the `?` and `&` of a URL: a YAML block that is folded
// (`>-`) leaves a space at each break, which would be sent as the end of the value before it. Values stay as
// they are.

import { ForTag, type Template } from "liquidjs";
import { bodiesOf, CONDITIONS, isPrinting, isSilent, isSnippet, textOf } from "./places.ts";

/** A URL without Liquid, without that white space. */
export function dropSpaceInText(url: string): string {
  return dropIn(url, { isQuery: false, isBehind: false }).text;
}

/** Takes it out of the texts of a URL's nodes. Changes the nodes. */
export function dropSpace(nodes: readonly Template[]): void {
  const inQuery = new Set<Template>();
  dropBehind(nodes, { isQuery: false, isBehind: false }, inQuery);
  // The URL standard drops the white space at a URL's end by itself.
  dropBefore(nodes, true, inQuery);
}

/** Where reading on has come to: within the query; directly behind one of its marks. */
interface At {
  readonly isQuery: boolean;
  readonly isBehind: boolean;
}

function dropIn(text: string, { isQuery, isBehind }: At): { readonly text: string; readonly at: At } {
  const mark = isQuery ? -1 : text.indexOf("?");
  if (!isQuery && mark < 0) return { text, at: { isQuery, isBehind: false } };
  const path = isQuery ? "" : `${trimEnd(text.slice(0, mark))}?`;
  const pairs = text.slice(mark + 1).split("&");
  const query = pairs
    .map((pair, index) => (index > 0 || isBehind || !isQuery ? trimStart(pair) : pair))
    .map((pair, index) => (index < pairs.length - 1 ? trimEnd(pair) : pair))
    .join("&");
  const dropped = path + query;
  return {
    text: dropped,
    at: { isQuery: true, isBehind: dropped === "" ? isBehind : /[?&]$/.test(dropped) },
  };
}

/** Reads on, and drops what stands behind a mark and, within one text, in front of one. */
function dropBehind(nodes: readonly Template[], start: At, inQuery: Set<Template>): At {
  let at = start;
  for (const node of nodes) {
    const text = textOf(node);
    if (text !== null) {
      if (at.isQuery) inQuery.add(node);
      const dropped = dropIn(text, at);
      (node as unknown as { str: string }).str = dropped.text;
      at = dropped.at;
    } else if (isPrinting(node)) at = { ...at, isBehind: false };
    else if (!isSilent(node)) at = throughBodies(node, at, inQuery);
  }
  return at;
}

function throughBodies(node: Template, at: At, inQuery: Set<Template>): At {
  if (isSnippet(node)) return dropBehind(node.templates, at, inQuery);
  if (!isKnown(node)) return { ...at, isBehind: false };
  const isLoop = node instanceof ForTag;
  const endsInMark = !isLoop || /[?&][\t\n\r ]*$/.test(edgeOf(node.templates.toReversed()));
  const isQuery = at.isQuery || (isLoop && asksFor(node.templates));
  const start = { isQuery, isBehind: at.isBehind && endsInMark };
  const ends = bodiesOf(node).map((body) => dropBehind(body, start, inQuery));
  if (mayBeNone(node)) ends.push(at);
  return { isQuery: ends.some((end) => end.isQuery), isBehind: ends.every((end) => end.isBehind) };
}

/**
 * Reads back, and drops what stands in front of a mark with nothing but tags between.
 * @returns whether what these nodes write begins with a mark, on every way through them.
 */
function dropBefore(nodes: readonly Template[], after: boolean, inQuery: ReadonlySet<Template>): boolean {
  let isAhead = after;
  for (const node of nodes.toReversed()) {
    const text = textOf(node);
    if (text !== null) isAhead = backThroughText(node, text, isAhead, inQuery);
    else if (isPrinting(node)) isAhead = false;
    else if (!isSilent(node)) isAhead = backThroughBodies(node, isAhead, inQuery);
  }
  return isAhead;
}

function backThroughText(
  node: Template,
  text: string,
  isAhead: boolean,
  inQuery: ReadonlySet<Template>,
): boolean {
  if (isAhead) (node as unknown as { str: string }).str = trimEnd(text);
  const rest = trimStart(text);
  return rest === "" ? isAhead : rest.startsWith(inQuery.has(node) ? "&" : "?");
}

function backThroughBodies(node: Template, isAhead: boolean, inQuery: ReadonlySet<Template>): boolean {
  if (isSnippet(node)) return dropBefore(node.templates, isAhead, inQuery);
  if (!isKnown(node)) return false;
  const beginsWithMark = !(node instanceof ForTag) || /^[\t\n\r ]*[?&]/.test(edgeOf(node.templates));
  const starts = bodiesOf(node).map((body) => dropBefore(body, isAhead && beginsWithMark, inQuery));
  if (mayBeNone(node)) starts.push(isAhead);
  return starts.every(Boolean);
}

function isKnown(node: Template): node is ForTag {
  return node instanceof ForTag || CONDITIONS.some((kind) => node instanceof kind);
}

/** A loop without rounds and a condition without `else` may write nothing. */
function mayBeNone(node: Template): boolean {
  return node instanceof ForTag || (node as { elseTemplates?: unknown }).elseTemplates === undefined;
}

/** The text in front where it comes first; empty where something else does. */
function edgeOf(nodes: readonly Template[]): string {
  const first = nodes.find((node) => !isSilent(node) && textOf(node)?.trim() !== "");
  return first === undefined ? "" : (textOf(first) ?? "");
}

function asksFor(nodes: readonly Template[]): boolean {
  return nodes.some((node) => textOf(node)?.includes("?") || bodiesOf(node).some(asksFor));
}

function trimStart(text: string): string {
  return text.replace(/^[\t\n\r ]+/, "");
}

/** No pattern: on long runs of spaces inside, it would look at each of them again and again. */
function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && "\t\n\r ".includes(text[end - 1] ?? "x")) end--;
  return text.slice(0, end);
}
