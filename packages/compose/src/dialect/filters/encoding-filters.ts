// Filters that write text for a place of its own, and read it back: HTML, URLs, Base64.

import { toWellFormed } from "../../escape/print.ts";
import { type FilterEntry, ofSomething, ofTexts } from "./filter-entry.ts";

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escaped = ofSomething(
  ofTexts((text) => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)),
);

const percentEncoded = ofSomething(
  ofTexts((text) =>
    encodeURIComponent(toWellFormed(text))
      .replace(/%20/g, "+")
      .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`),
  ),
);

/** What is no percent-encoding stays as it is, and bytes that are no UTF-8 become U+FFFD. */
function percentDecoded(text: string): string {
  return text
    .replaceAll("+", " ")
    .replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString());
}

const toBase64 = (text: string): string => Buffer.from(text).toString("base64");

/** White space and missing padding are none of anybody's mistakes. @throws Error for what is no Base64. */
function fromBase64(name: string, digits: RegExp): (text: string) => string {
  return (text) => {
    const written = text.replace(/[\t\n\f\r ]/g, "").replace(/={1,2}$/, "");
    if (written.length % 4 === 1 || !digits.test(written)) throw new Error(`${name}: the text is no Base64`);
    return Buffer.from(written, "base64url").toString();
  };
}

export const ENCODING_FILTERS: Readonly<Record<string, FilterEntry>> = {
  escape: {
    does: "HTML escaped.",
    example: ["{{ '<a & b>' | escape }}", "&lt;a &amp; b&gt;"],
    filter: escaped,
  },
  htmlencode: {
    does: "The same as escape, as older templates write it.",
    example: ["{{ '<a>' | htmlencode }}", "&lt;a&gt;"],
    filter: escaped,
  },
  xml_escape: {
    does: "XML escaped.",
    example: ["{{ '<a>' | xml_escape }}", "&lt;a&gt;"],
    filter: escaped,
  },
  escape_once: {
    does: "HTML escaped, but what is so already.",
    example: ["{{ '&lt;<' | escape_once }}", "&lt;&lt;"],
    filter: ofTexts((text) =>
      text.replace(/[<>"']|&(?!(?:[a-zA-Z]+|#\d+);)/g, (character) => ENTITIES[character] ?? character),
    ),
  },
  url_encode: {
    does: "Percent-encoded, a space as `+` (in a URL's path as `%20`).",
    example: ["{{ 'a b/é' | url_encode }}", "a+b%2F%C3%A9"],
    filter: percentEncoded,
  },
  cgi_escape: {
    does: "The same as url_encode.",
    example: ["{{ 'a b!' | cgi_escape }}", "a+b%21"],
    filter: percentEncoded,
  },
  uri_escape: {
    does: "Percent-encoded but for what separates a URL's parts.",
    example: ["{{ 'a b/c?d' | uri_escape }}", "a%20b/c?d"],
    filter: ofSomething(
      ofTexts((text) => encodeURI(toWellFormed(text)).replace(/%5B/g, "[").replace(/%5D/g, "]")),
    ),
  },
  url_decode: {
    does: "Percent-decoded; a % that begins no byte stays.",
    example: ["{{ 'a+b%2F 20%' | url_decode }}", "a b/ 20%"],
    filter: ofSomething(ofTexts(percentDecoded)),
  },
  base64_encode: {
    does: "Base64.",
    example: ["{{ 'a?' | base64_encode }}", "YT8="],
    filter: ofTexts(toBase64),
  },
  base64: {
    does: "The same as base64_encode.",
    example: ["{{ 'a?' | base64 }}", "YT8="],
    filter: ofTexts(toBase64),
  },
  base64_decode: {
    does: "The text of Base64.",
    example: ["{{ 'YT8=' | base64_decode }}", "a?"],
    filter: ofTexts(fromBase64("base64_decode", /^[A-Za-z0-9+/]*$/)),
  },
  base64_url_safe_encode: {
    does: "Base64 with - and _, padded.",
    example: ["{{ 'a?>' | base64_url_safe_encode }}", "YT8-"],
    filter: ofTexts((text) => toBase64(text).replaceAll("+", "-").replaceAll("/", "_")),
  },
  base64_url_safe_decode: {
    does: "The text of URL-safe Base64.",
    example: ["{{ 'YT8-' | base64_url_safe_decode }}", "a?>"],
    filter: ofTexts(fromBase64("base64_url_safe_decode", /^[A-Za-z0-9+/_-]*$/)),
  },
};
