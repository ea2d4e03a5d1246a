// Text that a filter has already made fit for a place: JSON by `json`, percent-encoded by `url_encode`. It
// carries its making along, also through `assign`, through text filters, and through a `capture` of it alone,
// so that it is not escaped a second time where it lands.

import { Drop } from "liquidjs";

/**
 * What the text is fit for. `uri`: percent-encoded except for what separates a URL's parts. `base64`: nothing
 * more than a text.
 */
export type Encoding = "json" | "url" | "uri" | "base64" | "xml";

/** liquidjs takes a Drop's valueOf for its value, so every filter and comparison sees the text. */
export class Encoded extends Drop {
  readonly text: string;
  readonly encoding: Encoding;
  /** Whether nothing has been done to it since that could make it unfit. */
  readonly isWhole: boolean;
  /** Whether a capture wrote it: once a filter may have made it unfit, it is a text like any other. */
  readonly isCaptured: boolean;

  constructor(text: string, encoding: Encoding, { isWhole = true, isCaptured = false } = {}) {
    super();
    this.text = text;
    this.encoding = encoding;
    this.isWhole = isWhole;
    this.isCaptured = isCaptured;
  }

  override valueOf(): string {
    return this.text;
  }
}

/** A text that a template has joined, which still knows its list: it may be printed as that list's items. */
export class Joined extends Encoded {
  readonly list: unknown;
  readonly separator: string;

  constructor(text: string, list: unknown, separator: string) {
    super(text, "base64");
    this.list = list;
    this.separator = separator;
  }
}

/** Filters whose result is fit for a place. */
export const ENCODERS: Readonly<Record<string, Encoding>> = {
  json: "json",
  to_json: "json",
  jsonify: "json",
  url_encode: "url",
  cgi_escape: "url",
  uri_escape: "uri",
  base64_encode: "base64",
  base64: "base64",
  base64_url_safe_encode: "base64",
  escape: "xml",
  escape_once: "xml",
  xml_escape: "xml",
  htmlencode: "xml",
};

/**
 * Filters that take text. Given an object or array they see the JSON that `{{ }}` would print; what they make
 * of JSON, with no data but their input, is still JSON: that is the old idiom `{{ customer | replace: "=>",
 * ":" }}`.
 */
export const TEXT_FILTERS: ReadonlySet<string> = new Set([
  "append",
  "prepend",
  "replace",
  "replace_first",
  "replace_last",
  "remove",
  "remove_first",
  "remove_last",
  "upcase",
  "downcase",
  "capitalize",
  "strip",
  "lstrip",
  "rstrip",
  "strip_html",
  "strip_newlines",
  "newline_to_br",
  "normalize_whitespace",
  "truncate",
  "truncatewords",
  "escape",
  "escape_once",
  "xml_escape",
  "htmlencode",
  "cgi_escape",
  "uri_escape",
  "url_encode",
  "base64_encode",
  "slugify",
  "titlecase",
]);

/** Of JSON they leave JSON, where they are not told which characters to take away. */
const SPACE_FILTERS: ReadonlySet<string> = new Set(["strip", "lstrip", "rstrip", "strip_newlines"]);

export function takesSpaceAway(filter: string, args: readonly unknown[]): boolean {
  return SPACE_FILTERS.has(filter) && args.length === 0;
}

/**
 * What a text filter, with no data but its input, has made of a value. Percent-encoded text stays fit
 * whatever is done to it, since what could end its place is encoded where it lands.
 */
export function keepEncoding(
  value: unknown,
  { name, args }: { readonly name: string; readonly args: readonly unknown[] },
  text: string,
): string | Encoded {
  if (typeof value !== "object" || value === null) return text;
  if (!(value instanceof Encoded)) return new Encoded(text, "json", { isWhole: false });
  const { encoding, isCaptured } = value;
  const staysFit = encoding === "url" || encoding === "uri" || takesSpaceAway(name, args);
  // Who captures JSON and then takes its quote marks off means the text.
  if (isCaptured && !staysFit) return text;
  return new Encoded(text, encoding, { isWhole: value.isWhole && staysFit, isCaptured });
}
