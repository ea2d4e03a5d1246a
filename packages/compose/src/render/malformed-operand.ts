// One operand that says something else than its author means: a text that is not closed, quotes that are
// none, brackets of which a part is left out.

import { adviseOn, show } from "./advice.ts";
import type { Operand } from "./operands.ts";

/** Quotes of word processors and of other languages, which are letters of a name to liquidjs. */
const CURLY = /^[“”„‟‘’‚‛«»‹›´″′]|[“”„‟‘’‚‛«»‹›´″′]$/;
/** A quoted text to its end. */
const CLOSED = /^(['"])(?:\\.|(?!\1)[^\\])*\1$/s;

/** Why an operand is refused, or null. */
export function complainOfOperand(operand: Operand): { complaint: string; at: Operand } | null {
  const complaint = complainOfText(operand) ?? complainOfNames(operand) ?? complainOfRange(operand);
  return complaint === null ? null : { complaint, at: operand };
}

function complainOfText(operand: Operand): string | null {
  const text = isQuoted(operand) ? textOf(operand) : "";
  return text === "" || CLOSED.test(text)
    ? null
    : `${show(text)} is not closed with the quotes that it opens with`;
}

function complainOfNames(operand: Operand): string | null {
  const { props = [], variable } = operand;
  for (const [index, prop] of props.entries()) {
    if (isCurly(prop)) return `${show(textOf(operand))} is in curly quotes${adviseOn("“")}`;
    const isFirst = index === 0 && variable === undefined;
    const isBracketed = isFirst ? beginsWith(operand, "[") : isInBrackets(prop);
    const complaint = complainOfText(prop) ?? (isBracketed ? complainOfBrackets(prop, isFirst) : null);
    if (complaint !== null) return complaint;
  }
  return null;
}

function isCurly(prop: Operand): boolean {
  return prop.content !== undefined && !isQuoted(prop) && CURLY.test(textOf(prop));
}

function isInBrackets({ input = "", begin = 0 }: Operand): boolean {
  return /\[\s*$/.test(input.slice(Math.max(0, begin - SPACE_CHARS), begin));
}

/**
 * What stands first in brackets, with nothing before them, is meant as a list; liquidjs takes it for a name.
 */
function complainOfBrackets({ content, input = "", end = 0 }: Operand, isFirst: boolean): string | null {
  if (isFirst && typeof content === "number") return NO_LIST;
  const rest = (input.slice(end).split("]", 1)[0] ?? "").trim();
  if (rest === "") return null;
  return isFirst ? NO_LIST : `${show(rest)} in brackets would be left out`;
}

const NO_LIST = "a list cannot be written out; write 'a,b,c' | split: ','";
const SPACE_CHARS = 20;

/** `(1...3)` is read as a range up to a name that is missing. */
function complainOfRange({ rhs }: Operand): string | null {
  return rhs !== undefined && beginsWith(rhs, ".") ? "a range has two dots; write (1..3)" : null;
}

function beginsWith({ input = "", begin = 0 }: Operand, sign: string): boolean {
  return input[begin] === sign;
}

function isQuoted({ content, input = "", begin = 0 }: Operand): boolean {
  return typeof content === "string" && /['"]/.test(input[begin] ?? "");
}

function textOf({ input = "", begin = 0, end = begin }: Operand): string {
  return input.slice(begin, end);
}
