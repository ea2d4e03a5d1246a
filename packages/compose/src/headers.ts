// Header rules: what a value may hold, and which content type a short name means.

/** RFC 9110 section 5.5 allows visible characters, space, tab and obs-text; everything above U+00FF cannot be sent at all. */
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

/** What a body of a content type is: JSON with RFC 6839's `+json`, XML with `+xml`, a form, or any other text. */
export function toSyntax(contentType: string): "json" | "xml" | "form" | "plain" {
  const type = contentType.split(";")[0]?.trim().toLowerCase() ?? "";
  if (/^(application|text)\/([^;\s]+\+)?json$/.test(type)) return "json";
  if (/^(application|text)\/([^;\s]+\+)?xml$/.test(type)) return "xml";
  return type === "application/x-www-form-urlencoded" ? "form" : "plain";
}
