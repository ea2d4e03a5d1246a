// What a node evaluates by itself, its bodies left out: the values, and the tokens that liquidjs keeps bare.
// Whoever has to know what a template reads (its cost, its snippets, its attributes) asks here.

import { MASK } from "@postrider/shared/credential-names";
import { AssignTag, type Liquid, type Template as Node, Value } from "liquidjs";
import { type Argument, isNamed } from "../dialect/filters/takes.ts";
import { bodiesOf } from "../escape/places.ts";

/** liquidjs' token of an operand, by what it may hold. */
export interface Operand {
  readonly content?: unknown;
  readonly operator?: unknown;
  readonly lhs?: Operand;
  readonly rhs?: Operand;
  readonly props?: readonly Operand[];
  /** What the properties are read from, where that is no name: a range, a text. */
  readonly variable?: Operand;
  readonly begin?: number;
  readonly end?: number;
  readonly input?: string;
  readonly file?: string;
}

export interface Expression {
  readonly initial: { readonly postfix: readonly (Operand | undefined)[] };
  readonly filters: readonly Filter[];
}

export interface Filter {
  readonly name: string;
  readonly args: readonly Argument<Operand | undefined>[];
  readonly liquid: Liquid;
}

/** All expressions that a node evaluates. */
export function expressionsOf(node: Node): Expression[] {
  const { branches = [] } = node as { branches?: readonly object[] };
  return [node, ...branches].flatMap((holder) =>
    Object.entries(holder).flatMap(([name, part]) => (NOT_EVALUATED.has(name) ? [] : toExpressions(part))),
  );
}

/** The node's own text, its surroundings, and its bodies. */
const NOT_EVALUATED = new Set(["token", "tokenizer", "liquid", "templates", "elseTemplates", "branches"]);

function toExpressions(part: unknown): Expression[] {
  if (Array.isArray(part)) return part.flatMap(toExpressions);
  if (typeof part !== "object" || part === null) return [];
  if (part instanceof Value || ("initial" in part && "filters" in part))
    return [part as unknown as Expression];
  if ("hash" in part) return Object.values(part.hash as object).flatMap(toExpressions);
  return "content" in part || "props" in part || "lhs" in part
    ? [{ initial: { postfix: [part as Operand] }, filters: [] }]
    : [];
}

/** The operands of an expression, its filters' arguments included, with those inside others. */
export function operandsOf({ initial, filters }: Expression): Operand[] {
  const args = filters.flatMap((filter) => filter.args.map(toArgument));
  return [...initial.postfix, ...args].flatMap(unfold);
}

/** An argument without its name. */
export function toArgument(arg: Filter["args"][number]): Operand | undefined {
  return isNamed(arg) ? arg[1] : arg;
}

/** Whether it is a value that the template itself writes. */
export function isLiteral(operand: Operand | undefined): boolean {
  return operand !== undefined && "content" in operand;
}

function unfold(operand: Operand | undefined): Operand[] {
  if (operand === undefined) return [];
  const { lhs, rhs, variable, props = [] } = operand;
  return [operand, ...[lhs, rhs, variable, ...props].flatMap(unfold)];
}

/** The names of a property access; null stands for one that the data give. */
export type Names = readonly (string | number | null)[];

/** The names of a property access as far as the template itself gives them. */
export function pathOf({ props, variable }: Operand): Names | null {
  if (props === undefined || variable !== undefined) return null;
  return props.map(({ content }) =>
    typeof content === "string" || typeof content === "number" ? content : null,
  );
}

/** The names that a template gives to values of its own, and those that Liquid gives in loops. */
export function namesGivenIn(nodes: readonly Node[]): Set<string> {
  const names = new Set(["forloop"]);
  for (const node of everyNode(nodes)) {
    if (node instanceof AssignTag) names.add((node as unknown as { key: string }).key);
    if ("variable" in node && typeof node.variable === "string") names.add(node.variable);
  }
  return names;
}

/** Nodes with all those in their bodies, in the order of the text. */
export function* everyNode(nodes: readonly Node[]): Generator<Node> {
  for (const node of nodes) {
    yield node;
    for (const body of bodiesOf(node)) yield* everyNode(body);
  }
}

export interface Spot {
  readonly line: number;
  readonly column: number;
}

/**
 * Finds line and column of tokens; the lines of a text are counted once. (liquidjs counts them again for each
 * token.)
 */
export function createLocator(): (token: { readonly input?: string; readonly begin?: number }) => Spot {
  const starts = new Map<string, number[]>();
  return ({ input = "", begin = 0 }) => {
    const known = starts.get(input) ?? [0, ...[...input.matchAll(/\n/g)].map(({ index }) => index + 1)];
    starts.set(input, known);
    let low = 0;
    let high = known.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((known[middle] ?? 0) <= begin) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: begin - (known[low] ?? 0) + 1 };
  };
}

/** An output as the template writes it, and where. */
export function describeOutput({ token }: Node): string {
  const { line, column } = createLocator()(token);
  const place = `line ${line}, column ${column} of ${token.file === undefined ? "the template" : token.file}`;
  return `${textOfToken(token)} (${place})`;
}

const SHOWN_CHARS = 200;

/** A token's own text, as far as people want to see it. */
export function textOfToken({ input, begin, end }: Node["token"]): string {
  const text = input.slice(begin, end);
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}

/** An expression whose own texts may be credentials. */
export function maskTexts(expression: string): string {
  return expression.replace(/"[^"]*"|'[^']*'/g, `"${MASK}"`);
}
