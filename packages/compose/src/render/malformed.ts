// What liquidjs reads without a word and then leaves out: everything behind the first operand where no operator stands between, and
// arguments of loops that it does not know. Found when the template is compiled, with what to write instead.

import { CaseTag, ForTag, type Template as Node } from "liquidjs";
import { type Expression, everyNode, expressionsOf, type Operand } from "./operands.ts";

export interface Malformed {
  readonly node: Node;
  readonly complaint: string;
}

/** The first such place of a template; null where there is none. */
export function findMalformed(nodes: readonly Node[]): Malformed | null {
  for (const node of everyNode(nodes)) {
    const complaint =
      expressionsOf(node).map(complainOfExpression).find(Boolean) ??
      (node instanceof ForTag ? complainOfLoop(node) : null) ??
      (node instanceof CaseTag ? complainOfCase(node) : null);
    if (typeof complaint === "string") return { node, complaint };
  }
  return null;
}

/** What people write for an operator, and what it is in Liquid. */
const MEANT: readonly (readonly [what: RegExp, instead: string])[] = [
  [/^(?:is\s+not|isnt|ne|neq)\b/i, "!="],
  [/^(?:is|eq|equals|===?|=)(?![\w=])/i, "=="],
  [/^(?:&&?|AND\b)/i, "and"],
  [/^(?:\|\|?|OR\b)/i, "or"],
  [/^NOT\s+CONTAINS\b/i, "not … contains, with not in front of the whole: not customer.tags contains 'x'"],
  [/^(?:!(?!=)|NOT\b)/i, "not"],
  [/^(?:CONTAINS|includes|in)\b/i, "contains"],
  [/^(?:gte|=>)(?!\w)/i, ">="],
  [/^(?:lte|=<)(?!\w)/i, "<="],
  [/^gt\b/i, ">"],
  [/^lt\b/i, "<"],
  [/^\(/, "conditions without parentheses: nest if in if, or assign a part of it first"],
  [/^[“”„‘’«»]/, "straight quotes (' or \")"],
];

/** What to write instead of what begins a text; empty where nobody knows. */
export function adviseOn(text: string): string {
  const [, instead] = MEANT.find(([what]) => what.test(text)) ?? [];
  return instead === undefined ? "" : `; write ${instead}`;
}

const CURLY = /[“”„‘’]/;
const SHOWN_CHARS = 40;

function complainOfExpression({ initial }: Expression): string | null {
  const tokens = initial.postfix.filter((token) => token !== undefined);
  const curly = tokens.find(
    (token) => token.operator === undefined && token.content === undefined && CURLY.test(textOf(token)),
  );
  if (curly !== undefined) return `${show(textOf(curly))} is in curly quotes${adviseOn("“")}`;
  const extra = findUnused(tokens);
  if (extra === null) return null;
  const rest = restFrom(extra);
  return `${show(rest)} is no operator, and what follows it would be left out${adviseOn(rest)}`;
}

/** The first operand that follows another one, with no operator between. */
function findUnused(tokens: readonly Operand[]): Operand | null {
  const inOrder = tokens.toSorted((one, other) => (one.begin ?? 0) - (other.begin ?? 0));
  const isOperand = (token: Operand | undefined): boolean =>
    token !== undefined && token.operator === undefined;
  return inOrder.find((token, index) => isOperand(token) && isOperand(inOrder[index - 1])) ?? null;
}

const MODIFIERS = new Set(["offset", "limit", "reversed"]);

function complainOfLoop(tag: ForTag): string | null {
  const unknown = Object.keys(tag.hash.hash).find((name) => !MODIFIERS.has(name));
  if (unknown !== undefined)
    return `a loop knows limit, offset and reversed; ${show(unknown)} would be left out`;
  const { tokenizer } = tag as unknown as { tokenizer: { input: string; p: number; N: number } };
  const rest = tokenizer.input.slice(tokenizer.p, tokenizer.N).trim();
  return rest === "" ? null : `${show(rest)} means nothing in a loop and would be left out`;
}

/** Between the values of `when` stands `or` or a comma; anything else is read as if it were not there. */
function complainOfCase(tag: CaseTag): string | null {
  for (const { values } of tag.branches) {
    for (const [index, value] of (values as unknown as Operand[]).entries()) {
      const { input = "", end = 0 } = value as { input?: string; end?: number };
      const next = (values as unknown as Operand[])[index + 1];
      const between = input.slice(end, next?.begin ?? endOfTag(input, end)).trim();
      if (between === "" || between === "," || between === "or") continue;
      return `${show(between)} does not part values of when${between.toLowerCase() === "or" ? "; write or" : "; write or, or a comma"}`;
    }
  }
  return null;
}

function endOfTag(input: string, from: number): number {
  const rest = /-?%\}|\n/.exec(input.slice(from));
  return rest === null ? input.length : from + rest.index;
}

function textOf({ input = "", ...token }: Operand): string {
  const { begin = 0, end = begin } = token as { begin?: number; end?: number };
  return input.slice(begin, end);
}

/** What the template says from an operand on, as far as its tag or output goes. */
function restFrom({ input = "", begin = 0 }: Operand): string {
  return (
    input
      .slice(begin, begin + SHOWN_CHARS)
      .split(/-?[%}]\}|[|,\n]/)[0]
      ?.trim() ?? ""
  );
}

function show(text: string): string {
  return `"${text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text}"`;
}
