// Where in a text something is that the API names: by line and column, or, in a document of JSON, by the path
// of a value and the line and column within it. Pure.

import { jsonLanguage } from "@codemirror/lang-json";
import type { SyntaxNode } from "@lezer/common";

export interface Spot {
  /** Both from 1; absent: the whole of it. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** What stands at a spot: the whole tag or output there, or else the word. */
export function spanAt(text: string, { line, column }: Spot): Span {
  if (line === undefined) return { from: 0, to: firstLineEnd(text) };
  const lines = text.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  const from = Math.min(start + (column ?? 1) - 1, text.length);
  return { from, to: endOf(text, from) };
}

function firstLineEnd(text: string): number {
  const end = text.indexOf("\n");
  return end === -1 ? text.length : end;
}

function endOf(text: string, from: number): number {
  const opening = text.slice(from, from + 2);
  const closing = opening === "{{" ? "}}" : "%}";
  const end = opening === "{{" || opening === "{%" ? text.indexOf(closing, from) : -1;
  if (end !== -1) return end + closing.length;
  const [word = ""] = /^[\w.]+/.exec(text.slice(from)) ?? [];
  return Math.min(from + Math.max(1, word.length), text.length);
}

/** The same within a document of JSON. @param path such as `["headers", "0", "value"]`. */
export function spanInJson(text: string, path: readonly string[], spot: Spot): Span {
  const node = findValue(text, path);
  if (node === null) return { from: 0, to: firstLineEnd(text) };
  if (node.name !== "String" || spot.line === undefined) return { from: node.from, to: node.to };
  const { value, starts } = readString(text.slice(node.from + 1, node.to - 1));
  const inner = spanAt(value, spot);
  const toOuter = (at: number): number => node.from + 1 + (starts[at] ?? starts.at(-1) ?? 0);
  return { from: toOuter(inner.from), to: toOuter(inner.to) };
}

/** The value at a path, or the innermost one that is there. */
function findValue(text: string, path: readonly string[]): SyntaxNode | null {
  let node: SyntaxNode | null = jsonLanguage.parser.parse(text).topNode.firstChild;
  for (const step of path) {
    const next: SyntaxNode | null = node === null ? null : stepInto(text, node, step);
    if (next === null) break;
    node = next;
  }
  return node;
}

const VALUES: ReadonlySet<string> = new Set(["True", "False", "Null", "Number", "String", "Object", "Array"]);

function stepInto(text: string, node: SyntaxNode, step: string): SyntaxNode | null {
  if (node.name === "Array")
    return childrenOf(node).filter(({ name }) => VALUES.has(name))[Number(step)] ?? null;
  const property = childrenOf(node).find((child) => {
    const name = child.getChild("PropertyName");
    return name !== null && text.slice(name.from, name.to) === JSON.stringify(step);
  });
  return property?.lastChild ?? null;
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
}

/** What a JSON string says, and where in its source each of its characters begins. */
function readString(source: string): { readonly value: string; readonly starts: readonly number[] } {
  let value = "";
  const starts: number[] = [];
  for (let at = 0; at < source.length; ) {
    const [piece = ""] = /^(?:\\u[0-9a-fA-F]{4}|\\.|[^\\])/s.exec(source.slice(at, at + 6)) ?? [];
    starts.push(at);
    value += piece.startsWith("\\") ? unescapeOne(piece) : piece;
    at += Math.max(1, piece.length);
  }
  starts.push(source.length);
  return { value, starts };
}

const ESCAPED: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f" };

function unescapeOne(piece: string): string {
  const [, kind = "", hex = ""] = /^\\(.)(.*)$/s.exec(piece) ?? [];
  return kind === "u" ? String.fromCharCode(Number.parseInt(hex, 16)) : (ESCAPED[kind] ?? kind);
}
