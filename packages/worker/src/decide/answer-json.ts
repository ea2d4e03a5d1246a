// The JSON of an answer, and places in it. Pure.

import type { Reply } from "../attempt.ts";
import { isPacked } from "../send/reply.ts";

/**
 * The document that an answer's body is, or why it is none.
 * @param parse `JSON.parse`, or what keeps more of the numbers. Throws for what is no JSON.
 */
export function readJson(
  { body, headers, isCut, trouble }: Pick<Reply, "body" | "headers" | "isCut" | "trouble">,
  parse: (text: string) => unknown,
): { readonly value: unknown } | { readonly problem: string } {
  if (isCut && trouble === undefined)
    return { problem: "the body is longer than POSTRIDER_REPLY_BYTES_MAX, and was not read to its end" };
  if (isCut) return { problem: `the body is cut short: ${trouble}` };
  const encoding = headers["content-encoding"];
  if (body.text !== "" && isPacked(encoding))
    return { problem: `the body is packed (content-encoding ${encoding.slice(0, 50)}), and is not unpacked` };
  try {
    // A byte order mark, which many servers on Windows write; RFC 8259 section 8.1 lets readers ignore it.
    return { value: parse(body.text.replace(/^\ufeff/, "")) };
  } catch {
    return { problem: body.text === "" ? "there is no body" : "the body is not JSON" };
  }
}

/** The value at a JSON pointer (RFC 6901 section 4); undefined where the document has no such place. */
export function findInJson(pointer: string, document: unknown): unknown {
  let value = document;
  for (const token of pointer.split("/").slice(1)) {
    const name = token.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, name)) return undefined;
    if (Array.isArray(value) && !/^(?:0|[1-9]\d*)$/.test(name)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
