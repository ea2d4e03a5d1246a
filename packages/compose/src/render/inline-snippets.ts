// Snippets: pieces of template that several actions share. `{{ snippets.name }}` becomes the snippet's own
// nodes when the action is compiled, so that its values are escaped for the place where they land. Saved with
// the action's version, they never change under it.

import { type Context, EchoTag, type Emitter, type Liquid, type Template as Node, Output } from "liquidjs";
import { bodiesOf } from "../escape/places.ts";
import { renderDirect } from "./direct.ts";
import {
  createLocator,
  type Expression,
  everyNode,
  expressionsOf,
  type Names,
  operandsOf,
  pathOf,
} from "./operands.ts";
import { parseWhole } from "./stray.ts";

/** Name to text. */
export type Snippets = Readonly<Record<string, string>>;

/** Snippets in snippets in snippets; a circle would have no end. */
export const SNIPPET_DEPTH_MAX = 5;
/** Characters of all snippets that are put into one template: as much as the longest template itself. */
const CHARS_MAX = 262_144;

/**
 * A snippet where it is printed. What it assigns stays its own, and it sees nothing that is assigned around
 * it.
 */
export class SnippetNode implements Node {
  readonly token: Node["token"];
  /** Its name. */
  readonly snippet: string;
  readonly templates: Node[];

  constructor(token: Node["token"], snippet: string, templates: Node[]) {
    this.token = token;
    this.snippet = snippet;
    this.templates = templates;
  }

  render(context: Context, emitter: Emitter): void {
    // liquidjs' own `spawn` would start a new count of everything that limits a rendering.
    const inside = context as unknown as { scopes: object[] };
    const around = inside.scopes;
    inside.scopes = [Object.create(null) as object];
    try {
      renderDirect(this.templates, context, emitter);
    } finally {
      inside.scopes = around;
    }
  }
}

/**
 * Puts snippets where they are printed. Changes the nodes.
 * @throws Error for unknown names, circles and too much text, placed at the use.
 */
export function inlineSnippets(liquid: Liquid, nodes: Node[], snippets: Snippets): void {
  const refuse = createRefusal();
  let room = CHARS_MAX;
  const toNode = (name: string, node: Node, depth: number): Node => {
    const source = snippets[name] ?? "";
    room -= source.length;
    if (depth >= SNIPPET_DEPTH_MAX) refuse(node, node.token, TOO_DEEP);
    if (room < 0) refuse(node, node.token, TOO_LONG);
    const parsed = parseWhole(liquid, source, `snippets.${name}`);
    inline(parsed, depth + 1);
    return new SnippetNode(node.token, name, parsed);
  };
  const refuseMisuse = (node: Node, isPrinted: boolean): void => {
    for (const { path, token } of usesIn(node)) {
      const complaint = findMisuse(path, snippets, isPrinted);
      if (complaint !== null) refuse(node, token, complaint);
    }
  };
  const inline = (children: Node[], depth: number): void => {
    for (const [index, node] of children.entries()) {
      for (const body of bodiesOf(node)) inline(body, depth);
      const name = printedSnippet(node);
      refuseMisuse(node, name !== null);
      if (name !== null) children[index] = toNode(name, node, depth);
    }
  };
  inline(nodes, 0);
}

/** Throws a complaint, with its place as liquidjs writes places: at a token that a node holds. */
function createRefusal() {
  const locate = createLocator();
  return (node: Node, token: Parameters<typeof locate>[0], complaint: string): never => {
    const { line, column } = locate(token);
    const file = node.token.file === undefined ? "" : ` file:${node.token.file},`;
    throw new Error(`${complaint},${file} line:${line}, col:${column}`);
  };
}

const TOO_DEEP = `snippets are nested deeper than ${SNIPPET_DEPTH_MAX}, or in a circle`;
const TOO_LONG = `the snippets of one template are longer than ${CHARS_MAX} characters together`;

interface Use {
  /** `snippets` first; null where a name depends on data. */
  readonly path: Names;
  readonly token: { readonly input?: string; readonly begin?: number };
}

function usesIn(node: Node): Use[] {
  return expressionsOf(node)
    .flatMap(operandsOf)
    .flatMap((operand) => {
      const path = pathOf(operand);
      return path?.[0] === "snippets"
        ? [{ path, token: { input: operand.input ?? "", begin: operand.begin ?? 0 } }]
        : [];
    });
}

/** Why a use of a snippet cannot work, or null. */
function findMisuse([, name, ...rest]: Use["path"], snippets: Snippets, isPrinted: boolean): string | null {
  if (name === undefined) return "snippets are printed one by one: {{ snippets.name }}";
  if (name === null) return "a snippet must be named by the template itself, not by data";
  const text = Object.hasOwn(snippets, name) ? snippets[name] : undefined;
  if (text === undefined)
    return `there is no snippet ${JSON.stringify(name)}; save it with postrider snippets set, or give it in the action's own snippets`;
  const isPlain = !/\{\{|\{%/.test(text);
  return isPlain || (isPrinted && rest.length === 0)
    ? null
    : `the snippet ${JSON.stringify(name)} holds Liquid, so it can only be printed as it is; to go on with what it prints, capture that: {% capture x %}{{ ${toAccess(name)} }}{% endcapture %}`;
}

function toAccess(name: string | number): string {
  return /^[A-Za-z_][\w-]*$/.test(String(name)) ? `snippets.${name}` : `snippets[${JSON.stringify(name)}]`;
}

/**
 * The snippet that a node prints as it is; null for any other node. With filters, a snippet is a text like
 * any value.
 */
function printedSnippet(node: Node): string | null {
  if (!(node instanceof Output || node instanceof EchoTag)) return null;
  const { value } = node as unknown as { value?: Expression };
  const [token, ...rest] = value?.initial.postfix ?? [];
  if (value === undefined || token === undefined || value.filters.length > 0 || rest.length > 0) return null;
  const path = pathOf(token);
  return path?.length === 2 && path[0] === "snippets" && path[1] !== null && path[1] !== undefined
    ? String(path[1])
    : null;
}

/**
 * The snippets that texts name, as far as the texts can be parsed; what cannot is told when the action is
 * compiled.
 */
export function findSnippetNames(liquid: Liquid, sources: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const source of sources.filter((text) => text.includes("snippets"))) {
    for (const node of parseLeniently(liquid, source))
      for (const { path } of usesIn(node)) if (typeof path[1] === "string") names.add(path[1]);
  }
  return names;
}

function parseLeniently(liquid: Liquid, source: string): Node[] {
  try {
    return [...everyNode(liquid.parse(source))];
  } catch {
    return [];
  }
}
