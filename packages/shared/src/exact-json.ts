// JSON whose integers are kept as they came in. JSON.parse makes 9007199254740993 into ...992; here it
// becomes a BigInt, and is written as the same digits again. Texts and values without such integers take
// JSON's own way, at its own speed.

import { randomUUID } from "node:crypto";

/**
 * Stands before a large integer on its way through JSON.parse and JSON.stringify; nobody outside this process
 * can know it.
 */
const MARK = `${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, "g");
/** The shortest integers that a double cannot hold have sixteen digits. */
const MANY_DIGITS = /\d{16}/;
/** A string, which is passed over, or an integer that is no part of another number. */
const STRING_OR_INTEGER = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/**
 * Reading and writing an integer takes time with the square of its length; nobody's identifiers are a tenth
 * as long.
 */
export const INTEGER_DIGITS_MAX = 400;
const INTEGER_END = 10n ** BigInt(INTEGER_DIGITS_MAX);
/**
 * What a number beyond every double (1e400) has at least: an exponent of three digits, or that many digits of
 * its own.
 */
const HUGE = /\de\+?\d{3}|\d{200}/i;

/**
 * JSON.parse, with a BigInt for each integer whose digits a double would change.
 * @throws SyntaxError, also for a number that neither can hold.
 */
export function parseExact(text: string): unknown {
  const readPlainly = (): unknown =>
    HUGE.test(text) ? JSON.parse(text, (_, value) => finite(value)) : JSON.parse(text);
  if (!MANY_DIGITS.test(text)) return readPlainly();
  // What follows is linear in JSON alone: a string that never ends would be looked at again from each of its
  // quotes.
  JSON.parse(text);
  const marked = text.replace(STRING_OR_INTEGER, (token) =>
    token.startsWith('"') || isDouble(token) ? token : `"${MARK}${token}"`,
  );
  if (marked.length === text.length) return readPlainly();
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK) ? toBigInt(value.slice(MARK.length)) : finite(value),
  );
}

/** Whether a double is written with the same digits. */
function isDouble(digits: string): boolean {
  return String(Number(digits)) === digits;
}

/** An integer as `parseExact` has it; null for a text that is none, or too long to be read. */
export function readInteger(text: string): number | bigint | null {
  if (!/^-?\d+$/.test(text) || text.length > INTEGER_DIGITS_MAX) return null;
  return isDouble(text) ? Number(text) : BigInt(text);
}

function toBigInt(digits: string): bigint {
  if (digits.length > INTEGER_DIGITS_MAX)
    throw new SyntaxError(`an integer of ${digits.length} digits; at most ${INTEGER_DIGITS_MAX} are read`);
  return BigInt(digits);
}

/** JSON would write what is infinite as null. */
function finite(value: unknown): unknown {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new SyntaxError("a number beyond 1.8e308, which no double holds; give it as a text");
  return value;
}

/**
 * JSON.stringify, with a BigInt as its digits. @throws TypeError for a cycle, RangeError for data nested too
 * deeply and integers too long.
 */
export function stringifyExact(value: unknown, indent?: number | string): string {
  let hasBigInt = false;
  const json = JSON.stringify(
    value,
    (_, member: unknown) => {
      if (typeof member !== "bigint") return member;
      if (member >= INTEGER_END || member <= -INTEGER_END)
        throw new RangeError(`an integer of more than ${INTEGER_DIGITS_MAX} digits`);
      hasBigInt = true;
      return `${MARK}${member}`;
    },
    indent,
  );
  return hasBigInt ? json.replace(MARKED, "$1") : json;
}

/** Whether JSON.stringify failed because of a BigInt, so that it has to be written by `stringifyExact`. */
export function isBigIntTrouble(error: unknown): boolean {
  return error instanceof TypeError && error.message.includes("BigInt");
}

/**
 * Refuses what JSON would silently write as null: NaN, the infinities, and dates that are none.
 * @param json the value as JSON, which says at little cost that there is none.
 * @throws RangeError naming the place.
 */
export function refuseLost(value: unknown, json: string): void {
  if (json.includes("null")) findLost(value, "");
}

function findLost(value: unknown, place: string): void {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new RangeError(`${place} is ${value}, which JSON does not know`);
  if (typeof value !== "object" || value === null) return;
  if (value instanceof Date && Number.isNaN(value.getTime()))
    throw new RangeError(`${place} is an invalid date`);
  for (const [name, member] of Object.entries(value))
    findLost(member, place === "" ? name : `${place}.${name}`);
}
