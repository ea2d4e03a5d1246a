// What liquidjs reads without a word and then leaves out, or takes for something else than it says: whatever
// follows the first operand where no operator stands between, operators that lack an operand, arguments of
// loops that it does not know. Found when the template is compiled, with what to write instead.

import { CaseTag, ForTag, type Liquid, type Template as Node, Value } from "liquidjs";
import { adviseOn, adviseOnUnread, show } from "./advice.ts";
import { complainOfOperand } from "./malformed-operand.ts";
import {
  createLocator,
  type Expression,
  everyNode,
  expressionsOf,
  type Operand,
  operandsOf,
} from "./operands.ts";

export interface Malformed {
  readonly complaint: string;
  readonly line: number;
  readonly column: number;
  /** The snippet that it stands in; null for the template itself. */
  readonly file: string | null;
}

/** A complaint, and the operand or operator that it is about; without one it is about the tag. */
interface Found {
  readonly complaint: string;
  readonly at?: Operand | undefined;
}

/** The first such place of a template; null where there is none. */
export function findMalformed(nodes: readonly Node[], liquid: Liquid): Malformed | null {
  for (const node of everyNode(nodes)) {
    const found =
      firstOf(expressionsOf(node), (expression) => complainOfExpression(expression, liquid)) ??
      (node instanceof ForTag ? complainOfLoop(node) : null) ??
      (node instanceof CaseTag ? complainOfCase(node) : null);
    if (found === null) continue;
    const { file, input } = node.token;
    // An expression that stands in a text of its own has no place in the template.
    const at = found.at?.input === input ? found.at : node.token;
    return { complaint: found.complaint, ...createLocator()(at), file: file ?? null };
  }
  return null;
}

function firstOf<T>(all: readonly T[], complain: (one: T) => Found | null): Found | null {
  for (const one of all) {
    const found = complain(one);
    if (found !== null) return found;
  }
  return null;
}

function complainOfExpression(expression: Expression, liquid: Liquid): Found | null {
  return (
    firstOf(operandsOf(expression), complainOfOperand) ??
    complainOfOrder(expression) ??
    (expression instanceof Value ? complainOfRest(expression) : null) ??
    complainOfTexts(expression, liquid)
  );
}

const COMPARISONS = new Set(["==", "!=", "<>", "<", ">", "<=", ">=", "contains"]);

/** Operands and operators in turn, `not` in front of an operand or in front of a comparison's sign. */
function complainOfOrder({ initial }: Expression): Found | null {
  const tokens = initial.postfix.filter((token) => token !== undefined);
  const inOrder = tokens.toSorted((one, other) => (one.begin ?? 0) - (other.begin ?? 0));
  const last = inOrder.at(-1);
  if (last === undefined || (inOrder.length === 1 && isOperand(last))) return null;
  for (const [index, token] of inOrder.entries()) {
    const complaint = complainOfPair(inOrder[index - 1], token, inOrder[index + 1]);
    if (complaint !== null) return { complaint, at: token };
  }
  if (!isOperand(last))
    return { complaint: `${show(String(last.operator))} has nothing behind it`, at: last };
  const again = findComparedAgain(inOrder);
  return again === null
    ? null
    : {
        complaint: `${show(restFrom(again))} compares a comparison; write both, with and between them: a < b and b < c`,
        at: again,
      };
}

/** The second sign of comparisons that are not joined by `and` or `or`. */
function findComparedAgain(tokens: readonly Operand[]): Operand | null {
  let isCompared = false;
  for (const token of tokens) {
    if (isComparison(token) && isCompared) return token;
    isCompared = isComparison(token) || (isCompared && !isJoint(token));
  }
  return null;
}

function complainOfPair(
  before: Operand | undefined,
  token: Operand,
  after: Operand | undefined,
): string | null {
  const isFollowing = before !== undefined && isOperand(before);
  if (token.operator === "not") return complainOfNot(before, isFollowing, after);
  const isMisplaced = isOperand(token) === isFollowing && !(isNot(before) && isComparison(token));
  if (!isMisplaced) return null;
  const rest = restFrom(token);
  return isOperand(token)
    ? `${show(rest)} is no operator, and what follows it would be left out${adviseOn(rest)}`
    : `${show(rest)} has nothing in front of it`;
}

function complainOfNot(
  before: Operand | undefined,
  isFollowing: boolean,
  after: Operand | undefined,
): string | null {
  if (isFollowing)
    return isComparison(after) ? null : "not stands in front of a value or of a comparison's sign";
  return isComparison(before) ? "not stands in front of a whole comparison: not a == b" : null;
}

function isNot(token: Operand | undefined): boolean {
  return token?.operator === "not";
}

function isOperand({ operator }: Operand): boolean {
  return operator === undefined;
}

function isComparison(token: Operand | undefined): boolean {
  return COMPARISONS.has(String(token?.operator));
}

function isJoint({ operator }: Operand): boolean {
  return operator === "and" || operator === "or";
}

/** liquidjs stops at a comma or a closing parenthesis, wherever it stands. */
function complainOfRest({ initial, filters }: Value): Found | null {
  const written = [
    ...initial.postfix,
    ...filters.map((filter) => (filter as unknown as { token: Operand }).token),
  ];
  const last = (written as Operand[]).reduce((one, other) =>
    (other.end ?? 0) > (one.end ?? 0) ? other : one,
  );
  const { input = "", end = 0 } = last;
  const stop = /\s*(?:\|\s*)?(?=[,)])/y;
  stop.lastIndex = end;
  if (!stop.test(input)) return null;
  return {
    complaint: `${show(toEnd(input.slice(stop.lastIndex, stop.lastIndex + SEEN_CHARS)))} would be left out`,
    at: last,
  };
}

/** Expressions over an item stand in texts, which are read for each delivery. */
function complainOfTexts({ filters }: Expression, liquid: Liquid): Found | null {
  for (const { name, args } of filters) {
    const text = name.endsWith("_exp") ? (args[1] as Operand | undefined) : undefined;
    if (typeof text?.content !== "string") continue;
    const found = complainOfText(text.content, liquid);
    if (found !== null) return { complaint: `in ${show(text.content)}: ${found}`, at: text };
  }
  return null;
}

function complainOfText(text: string, liquid: Liquid): string | null {
  try {
    return complainOfExpression(new Value(text, liquid) as unknown as Expression, liquid)?.complaint ?? null;
  } catch (error) {
    const { message } = error as Error;
    const [said, line = "1", column = "1"] = message.split(/, line:(\d+), col:(\d+)$/) as [
      string,
      ...string[],
    ];
    return adviseOnUnread(text, said, Number(line), Number(column)) ?? said;
  }
}

const MODIFIERS = new Set(["offset", "limit", "reversed"]);

function complainOfLoop(tag: ForTag): Found | null {
  const given = Object.entries(tag.hash.hash) as [string, Operand | undefined][];
  const bare = given.find(([name, at]) => at === undefined && (name === "limit" || name === "offset"));
  if (bare !== undefined) return { complaint: `${bare[0]} has no value; write ${bare[0]}: 2` };
  for (const [name, at] of given) {
    if (!MODIFIERS.has(name))
      return { complaint: `a loop knows limit, offset and reversed; ${show(name)} would be left out`, at };
    if (name === "reversed" && at !== undefined)
      return { complaint: "reversed takes no value: leave it out for a loop that is not", at };
  }
  const { tokenizer } = tag as unknown as { tokenizer: { input: string; p: number; N: number } };
  const rest = tokenizer.input.slice(tokenizer.p, tokenizer.N).trim();
  return rest === ""
    ? null
    : { complaint: `${show(rest)} means nothing in a loop and would be left out${adviseOnLoop(rest)}` };
}

function adviseOnLoop(rest: string): string {
  if (rest.startsWith("$")) return adviseOn(rest);
  if (rest.startsWith("..")) return "; write a range in parentheses: (1..3)";
  return rest.startsWith("|") ? "; assign the list with its filters first" : "";
}

/** Between the values of `when` stands `or` or a comma; anything else is read as if it were not there. */
function complainOfCase(tag: CaseTag): Found | null {
  for (const branch of tag.branches) {
    const values = branch.values as unknown as Operand[];
    for (const [index, value] of values.entries()) {
      const { input = "", end = 0 } = value;
      const between = input.slice(end, values[index + 1]?.begin ?? endOfTag(input, end)).trim();
      if (between === "" || between === "," || between === "or") continue;
      const complaint = `${show(between)} does not part values of when; write or${between.toLowerCase() === "or" ? "" : ", or a comma"}`;
      return { complaint, at: value };
    }
  }
  return null;
}

function endOfTag(input: string, from: number): number {
  const rest = /-?%\}|\n/.exec(input.slice(from));
  return rest === null ? input.length : from + rest.index;
}

const SEEN_CHARS = 60;

/** What the template says from an operand on, as far as its tag or output goes. */
function restFrom({ input = "", begin = 0 }: Operand): string {
  return (
    toEnd(input.slice(begin, begin + SEEN_CHARS))
      .split(/[|,]/)[0]
      ?.trim() ?? ""
  );
}

function toEnd(text: string): string {
  return text.split(/-?[%}]\}|\n/)[0]?.trim() ?? "";
}
