// JSON whose integers are kept as they came in. JSON.parse makes 9007199254740993 into ...992; here it becomes a BigInt, and is
// written as the same digits again. Texts and values without such integers take JSON's own way, at its own speed.

import { randomUUID } from "node:crypto";

/** Stands before a large integer on its way through JSON.parse and JSON.stringify; nobody outside this process can know it. */
const MARK = `${randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, "g");
/** The shortest integers that a double cannot hold have sixteen digits. */
const MANY_DIGITS = /\d{16}/;
/** A string, which is passed over, or an integer that is no part of another number. */
const STRING_OR_INTEGER = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/** JSON.parse, with a BigInt for each integer whose digits a double would change. @throws SyntaxError. */
export function parseExact(text: string): unknown {
  if (!MANY_DIGITS.test(text)) return JSON.parse(text);
  const marked = text.replace(STRING_OR_INTEGER, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : `"${MARK}${token}"`,
  );
  if (marked.length === text.length) return JSON.parse(text);
  return JSON.parse(marked, (_, value: unknown) =>
    typeof value === "string" && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  );
}

/** JSON.stringify, with a BigInt as its digits. @throws TypeError for a cycle, RangeError for data nested too deeply. */
export function stringifyExact(value: unknown, indent?: number | string): string {
  let hasBigInt = false;
  const json = JSON.stringify(
    value,
    (_, member: unknown) => {
      if (typeof member !== "bigint") return member;
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
