// Header rules: what a value may hold, which content type a short name means, and what is sent where an
// action does not say.

import type { Action } from "@postrider/shared/action";
import { USER_AGENT } from "@postrider/shared/version";

/**
 * RFC 9110 section 5.5 allows visible characters, space, tab and obs-text; everything above U+00FF cannot be
 * sent at all.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
const UNSENDABLE = /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/u;

/** Why a header value cannot be sent, or null. */
export function findHeaderProblem(value: string): string | null {
  const match = UNSENDABLE.exec(value);
  if (match === null) return null;
  const code = match[0].codePointAt(0) ?? 0;
  const shown = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  return code < 256
    ? `has the control character ${shown} at character ${match.index + 1}, which could add another header`
    : `has ${shown} at character ${match.index + 1}, which no header can carry; encode it (| url_encode or | base64_encode)`;
}

const AROUND: ReadonlySet<string> = new Set(["\t", "\n", "\r", " "]);

/**
 * A value as it is sent. White space around it is no part of it (RFC 9110 section 5.5), and neither is the
 * line break with which a YAML block ends; a break inside stays, and is refused.
 */
export function trimHeader(value: string): string {
  let start = 0;
  let end = value.length;
  // No pattern for the end: on long runs of spaces inside, it would look at each of them again and again.
  while (start < end && AROUND.has(value[start] ?? "")) start++;
  while (end > start && AROUND.has(value[end - 1] ?? "")) end--;
  return value.slice(start, end);
}

/** Whether there is a line break before anything that can be seen. */
export function beginsWithBreak(value: string): boolean {
  return /^[\t ]*[\r\n]/.test(value);
}

/** Node's own receivers refuse header blocks over 16 KiB. */
const HEADER_CHARS_MAX = 16_384;

/** Why headers, names and values in turn, cannot be sent together, or null. */
export function findHeaderBlockProblem(headers: readonly string[]): string | null {
  const chars = headers.reduce((sum, text) => sum + text.length, 0);
  return chars > HEADER_CHARS_MAX ? `are ${chars} characters; at most ${HEADER_CHARS_MAX} are sent` : null;
}

const SHORT_CONTENT_TYPES: Readonly<Record<string, string>> = {
  json: "application/json",
  "x-www-form-urlencoded": "application/x-www-form-urlencoded",
  form: "application/x-www-form-urlencoded",
  xml: "application/xml",
  text: "text/plain",
  html: "text/html",
};

/** The registered type that a shorthand means; anything else as it is. */
export function toContentType(value: string): string {
  const trimmed = value.trim();
  return SHORT_CONTENT_TYPES[trimmed.toLowerCase()] ?? trimmed;
}

/** The header with the type that its shorthand means; any other header as it is. */
export function expandContentType<T extends { name: string; value: string }>(header: T): T {
  return header.name.toLowerCase() === "content-type"
    ? { ...header, value: toContentType(header.value) }
    : header;
}

/**
 * What a body of a content type is: JSON with RFC 6839's `+json`, XML with `+xml`, a form, or any other text.
 */
export function toSyntax(contentType: string): "json" | "xml" | "form" | "plain" {
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (/^(application|text)\/([^;\s]+\+)?json$/.test(type)) return "json";
  if (/^(application|text)\/([^;\s]+\+)?xml$/.test(type)) return "xml";
  return type === "application/x-www-form-urlencoded" ? "form" : "plain";
}

/** The type of a body where the action gives none; null where there is no body. */
export function toDefaultContentType(hasBody: boolean, hasForm: boolean): string | null {
  if (hasForm) return "application/x-www-form-urlencoded";
  return hasBody ? "application/json" : null;
}

interface Typed {
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly form?: unknown;
}

/** The Content-Type that an action gives, its shorthand written out; null where it gives none. */
export function givenContentType({ headers }: Typed): string | null {
  const given = headers.find(({ name }) => name.toLowerCase() === "content-type");
  return given === undefined ? null : toContentType(given.value);
}

/** What the body of an action is, by the Content-Type that it gives or has by default. */
export function bodySyntaxOf(action: Typed): ReturnType<typeof toSyntax> {
  return toSyntax(givenContentType(action) ?? toDefaultContentType(true, action.form !== undefined) ?? "");
}

/** What is sent along where the action does not give it itself: names and values in turn. */
export function toDefaultHeaders(action: Pick<Action, "headers" | "body" | "form">): string[] {
  const given = new Set(action.headers.map(({ name }) => name.toLowerCase()));
  const contentType = toDefaultContentType(action.body !== undefined, action.form !== undefined);
  return [
    ...(contentType === null || given.has("content-type") ? [] : ["Content-Type", contentType]),
    ...(given.has("user-agent") ? [] : ["User-Agent", USER_AGENT]),
  ];
}
