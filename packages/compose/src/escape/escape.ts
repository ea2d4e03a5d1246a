// Escaping by the place where a value lands, so that no value can end the string that it stands in, add a
// header, or move the request to another host. A value without special characters gives the very bytes that
// plain Liquid gives.

import { Drop } from "liquidjs";
import { Encoded, Joined } from "./encoded.ts";
import { plain, print, printJson, toWellFormed } from "./print.ts";

/**
 * The places that are told apart. `jsonUnknown`: the template's branches do not tell, so what was written so
 * far must. `jsonItems`, `jsonValueItems`: a list that the template joins; each item is escaped before.
 * `url`: in the user info, or in path or query by branch.
 */
export type Place =
  | "plain"
  | "jsonString"
  | "jsonValue"
  | "jsonUnknown"
  | "jsonItems"
  | "jsonValueItems"
  | "url"
  | "urlPath"
  | "urlQuery"
  | "host"
  | "port"
  | "form"
  | "xml"
  | "xmlAttribute";

/** A value that no escaping can make fit; the message ends the delivery. */
export class Unfit extends Error {}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings (RFC 8259 section 7).
const JSON_SPECIAL = /["\\\u0000-\u001f\ud800-\udfff]/;
const JSON_SCALAR = /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/;
const XML_SPECIAL = /[&<>"']/g;
const XML_ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};
/** What no XML 1.0 document can hold, in whatever way it is written (section 2.2). */
const XML_FORBIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
/** RFC 1123 section 2.1: letters, digits and hyphens; the underscore is seen in the wild. */
const HOST_LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** The text that stands for a value at a place. @throws Unfit. */
export function escapeFor(place: Exclude<Place, "jsonUnknown">, value: unknown): string {
  switch (place) {
    case "plain":
    case "jsonItems":
    case "jsonValueItems":
      return print(value);
    case "jsonString":
      return escapeJsonString(print(value));
    case "jsonValue":
      return toJsonValue(value);
    case "url":
    case "urlPath":
    case "urlQuery":
    case "form":
      return value instanceof Encoded ? encodeRest(value, place) : percentEncode(print(value));
    case "host":
      return requireMatch(
        value,
        HOST_LABEL,
        "is no host label; letters, digits and hyphens may stand there (a whole host or URL from data needs | raw)",
      );
    case "port":
      return requireMatch(value, /^\d{1,5}$/, "is no port");
    case "xml":
      return escapeXml(value).replaceAll("\r", "&#13;");
    case "xmlAttribute":
      return escapeXml(value).replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
    default:
      return place satisfies never;
  }
}

/**
 * What a reader of XML leaves of line breaks and tabs is the caller's matter: in text a CR becomes LF
 * (section 2.11).
 */
function escapeXml(value: unknown): string {
  const text =
    value instanceof Encoded && value.encoding === "xml"
      ? value.text
      : print(value).replace(XML_SPECIAL, (character) => XML_ENTITIES[character] ?? "");
  return text.replace(XML_FORBIDDEN, "\ufffd");
}

/**
 * The items of a list that a template joins by hand, each escaped for its place; in quotes lists in lists are
 * one, as `join` has them.
 */
export function escapeItems(place: "jsonItems" | "jsonValueItems", value: unknown): unknown {
  const list = value instanceof Drop ? plain(value) : value;
  if (list === null || list === undefined) return list;
  if (place === "jsonItems")
    return [list].flat(Number.POSITIVE_INFINITY).map((item) => escapeFor("jsonString", item));
  return [list].flat().map(toJsonValue);
}

/** A text that was joined before, as the items of its list; what else may stand there as any value. */
export function escapeJoined(place: "jsonItems" | "jsonValueItems", value: unknown): string {
  if (!(value instanceof Joined)) return escapeFor(place === "jsonItems" ? "jsonString" : "jsonValue", value);
  const items = escapeItems(place, value.list);
  return Array.isArray(items) ? items.join(value.separator) : "";
}

/**
 * Inside quotes. JSON.stringify writes lone surrogates as escapes (well-formed JSON.stringify), which no
 * UTF-8 could carry.
 */
function escapeJsonString(text: string): string {
  return JSON_SPECIAL.test(text) ? JSON.stringify(text).slice(1, -1) : text;
}

/**
 * Where JSON expects a value. A string that reads as a JSON number, true, false or null stays bare, as plain
 * Liquid prints it; any other becomes a JSON string. Text that the template made into JSON is JSON.
 */
function toJsonValue(value: unknown): string {
  if (value instanceof Encoded) return value.encoding === "json" ? value.text : toJsonText(value.text);
  if (value instanceof Drop) return toJsonValue(plain(value));
  switch (typeof value) {
    case "string":
      return toJsonText(value);
    case "number":
      return Number.isFinite(value) ? String(value) : "null";
    case "boolean":
    case "bigint":
      return String(value);
    default:
      return typeof value === "object" && value !== null ? printJson(value) : "null";
  }
}

function toJsonText(text: string): string {
  return JSON_SCALAR.test(text) ? text : JSON.stringify(text);
}

function percentEncode(text: string): string {
  // A lone surrogate has no UTF-8; encodeURIComponent would throw.
  return encodeURIComponent(toWellFormed(text));
}

/**
 * In what is percent-encoded already, all that could still end the place that it stands in: `uri_escape`
 * leaves what separates a URL's parts, and of these only the slash may stay, in a path. The `+` of
 * `url_encode` is a space, which only queries and forms read in it.
 */
function encodeRest({ text, encoding }: Encoded, place: "url" | "urlPath" | "urlQuery" | "form"): string {
  if (encoding === "url") {
    const encoded = text.replace(/%(?![0-9A-Fa-f]{2})|[^%+A-Za-z0-9\-_.~!'()*]+/g, percentEncode);
    return place === "urlQuery" || place === "form" ? encoded : encoded.replaceAll("+", "%20");
  }
  if (encoding !== "uri") return percentEncode(text);
  const encoded = text.replace(/%(?![0-9A-Fa-f]{2})|[^%A-Za-z0-9\-_.~!'()*]+/g, percentEncode);
  return place === "urlPath" ? encoded.replaceAll("%2F", "/") : encoded;
}

function requireMatch(value: unknown, pattern: RegExp, complaint: string): string {
  const text = print(value);
  if (pattern.test(text)) return text;
  throw new Unfit(`${JSON.stringify(text.slice(0, 80))}, which ${complaint}`);
}
