// What an action keeps of an answer. Pure. What cannot be captured is said, and never makes of a success
// anything else.

import type { Capture, Captured } from "@postrider/shared/capture";
import { parseExact, stringifyExact } from "@postrider/shared/exact-json";
import type { Finding, Reply } from "../attempt.ts";
import { findInJson, readJson } from "./answer-json.ts";

/**
 * Characters of one attribute, as JSON: an id, a link or a short message, of which outcomes keep a million.
 */
const VALUE_CHARS_MAX = 1_024;
/** Characters of all attributes together, as JSON. */
const ALL_CHARS_MAX = 4_096;

/** What a finding's answer has of an action's attributes; undefined where none is asked for, or none came. */
export function capture(finding: Finding, asked: Capture | undefined): Captured | undefined {
  if (asked === undefined || finding.kind !== "reply") return undefined;
  const attributes: Record<string, unknown> = {};
  const missing: string[] = [];
  const cut: string[] = [];
  const find = toFind(finding);
  let leftChars = ALL_CHARS_MAX;
  for (const [name, source] of Object.entries(asked)) {
    const value = find(source);
    if (value === undefined) {
      missing.push(name);
      continue;
    }
    const charsMax = Math.min(VALUE_CHARS_MAX, leftChars);
    const kept = fit(value, charsMax);
    if (kept !== value) cut.push(name);
    if (kept === undefined) continue;
    attributes[name] = kept;
    leftChars -= stringifyExact(kept).length;
  }
  return { attributes, missing, cut };
}

type Source = Capture[string];

function toFind(reply: Reply): (source: Source) => unknown {
  // Read once, and only where something of it is asked for.
  let read: ReturnType<typeof readJson> | undefined;
  return (source) => {
    if (typeof source === "object")
      return "status" in source ? reply.status : reply.headers[source.header.toLowerCase()];
    read ??= readJson(reply, parseExact);
    return "value" in read ? findInJson(source, read.value) : undefined;
  };
}

/** A character that JavaScript keeps as two, of which the second was cut off. */
const HALF_CHARACTER = /[\uD800-\uDBFF]$/;

/** The value where it is short enough, the beginning of a text, else undefined. */
function fit(value: unknown, charsMax: number): unknown {
  const length = stringifyExact(value).length;
  if (length <= charsMax) return value;
  if (typeof value !== "string" || charsMax <= 0) return undefined;
  // Escapes may make of one character six; then less of it is kept than would fit.
  const kept = value.slice(0, Math.floor((charsMax - 2) * (value.length / length)));
  return HALF_CHARACTER.test(kept) ? kept.slice(0, -1) : kept;
}
