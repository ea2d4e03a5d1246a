// A JSON body from bytes: UTF-8 only, bounded in depth, its integers exact, and no `__proto__` anywhere but
// in customers' data, where it is a name like any other.

import { isUtf8 } from "node:buffer";
import { PostriderError } from "@postrider/shared/errors";
import { parseExact } from "@postrider/shared/exact-json";
import { toPointer } from "@postrider/shared/json-pointer";

/** Objects and lists in one another; what people and programs write has ten or so. */
export const DEPTH_MAX = 64;

/** @throws `request_malformed`, `request_invalid`. */
export function readJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw malformed("the body is not UTF-8");
  if (isTooDeep(bytes)) throw malformed(`the body nests objects and lists more than ${DEPTH_MAX} deep`);
  const text = bytes.toString("utf8").replace(/^\ufeff/, "");
  const value = parse(text);
  if (text.includes("__proto__") || text.includes("\\u")) refuseProto(value, []);
  return value;
}

function parse(text: string): unknown {
  try {
    return parseExact(text);
  } catch (error) {
    throw malformed(`the body is not JSON: ${(error as Error).message}`);
  }
}

/**
 * The media type of a body that is JSON. @throws `media_type_unsupported` for another charset, which would
 * be read as UTF-8, and for a coding, which would not be undone.
 */
export function checkCoding(contentType: string, coding: string | undefined): void {
  const [, charset] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType) ?? [];
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    throw new PostriderError("media_type_unsupported", `the charset ${charset} is not read; send UTF-8`);
  if (coding !== undefined && coding.trim().toLowerCase() !== "identity")
    throw new PostriderError(
      "media_type_unsupported",
      `Content-Encoding: ${coding} is not undone here; send the body as it is`,
    );
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** By how much a byte outside of texts changes the depth: `[` and `{`, `]` and `}`. */
const STEPS = new Int8Array(256);
STEPS[0x5b] = STEPS[0x7b] = 1;
STEPS[0x5d] = STEPS[0x7d] = -1;

/** Told before anything is parsed: what recurses over a value must not run out of stack. */
function isTooDeep(bytes: Buffer): boolean {
  let depth = 0;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] ?? 0;
    if (byte === QUOTE) index = endOfText(bytes, index + 1);
    else depth += STEPS[byte] ?? 0;
    if (depth > DEPTH_MAX) return true;
  }
  return false;
}

/** Where the quote stands that ends a text. */
function endOfText(bytes: Buffer, start: number): number {
  let index = start;
  while (index < bytes.length && bytes[index] !== QUOTE) index += bytes[index] === BACKSLASH ? 2 : 1;
  return index;
}

/** Under these names stand data of customers, which may have any name in them. */
const DATA_NAMES: ReadonlySet<string> = new Set(["customer", "customers", "event", "values"]);

/** A schema would pass over the name in silence, as if it were not there. */
function refuseProto(value: unknown, path: readonly PropertyKey[]): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, member] of Object.entries(value)) {
    if (name === "__proto__") {
      const message = "is the name of no field; only customers' data may have it";
      throw new PostriderError("request_invalid", `${toPointer([...path, name])} ${message}`, {
        problems: [{ field: [...path, name].join("."), message }],
      });
    }
    if (!DATA_NAMES.has(name)) refuseProto(member, [...path, name]);
  }
}

function malformed(message: string): PostriderError {
  return new PostriderError("request_malformed", message);
}
