// Forms as they are sent (WHATWG URL, section 5: application/x-www-form-urlencoded).

import { toWellFormed } from "./escape/print.ts";

const REST: Readonly<Record<string, string>> = {
  "%20": "+",
  "!": "%21",
  "'": "%27",
  "(": "%28",
  ")": "%29",
  "~": "%7E",
};

/**
 * A name or value: all except letters, digits and `*-._` percent-encoded, a space as `+`. In one pass,
 * however long the text is.
 */
export function encodeForm(text: string): string {
  return encodeURIComponent(toWellFormed(text)).replace(/%20|[!'()~]/g, (character) => REST[character] ?? "");
}

/**
 * People write one pair a line, with or without `&`. Values are encoded, so white space here is the
 * template's own.
 */
export function joinPairs(text: string): string {
  return text
    .split(/[&\r\n]+/)
    .map((pair) => pair.trim())
    .filter((pair) => pair !== "")
    .join("&");
}
