// An answer as far as it came, and its parts as text.

import type { Reply } from "../attempt.ts";
import { LazyText } from "../lazy-text.ts";

/**
 * The codings that pack a body (IANA's registry of HTTP content codings). Servers also name what is none,
 * such as a charset, and then nothing is packed (RFC 9110 section 8.4.1).
 */
const PACKINGS =
  /\b(?:aes128gcm|br|x-compress|compress|dcb|dcz|deflate|exi|x-gzip|gzip|pack200-gzip|zstd)\b/i;

/** Whether the header says that the body is packed. */
export function isPacked(encoding: string | undefined): encoding is string {
  return encoding !== undefined && PACKINGS.test(encoding);
}

/**
 * What is packed stays packed: nobody asked for it, and unpacking a stranger's bytes is how 10 KB become 10
 * GB.
 */
function toText(chunks: readonly Buffer[] | undefined, encoding: string | undefined): string {
  if (chunks === undefined) return "";
  const [only] = chunks;
  const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  if (!isPacked(encoding)) return body.toString("utf8");
  return `(${body.length} bytes with content-encoding ${encoding.slice(0, 50)}, not unpacked)`;
}

/** What came of an answer: names and values of its headers in turn, and what is kept of its body. */
export interface Arrived {
  readonly status: number;
  readonly rawHeaders: readonly Buffer[];
  readonly chunks: readonly Buffer[] | undefined;
  /** Whether more of the body came than is kept. */
  readonly isLonger: boolean;
}

/** @param trouble what cut it short. */
export function toReply({ status, rawHeaders, chunks, isLonger }: Arrived, trouble?: string): Reply {
  const headers = toHeaders(rawHeaders);
  const body = new LazyText(() => toText(chunks, headers["content-encoding"]));
  const reply: Reply = { kind: "reply", status, headers, body, isCut: trouble !== undefined || isLonger };
  return trouble === undefined ? reply : { ...reply, trouble };
}

/** Names and values in turn, as they came; repeated names are joined as RFC 9110 section 5.2 says. */
function toHeaders(raw: readonly Buffer[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = String(raw[index]).toLowerCase();
    const value = raw[index + 1]?.toString("latin1") ?? "";
    const known = Object.hasOwn(headers, name) ? headers[name] : undefined;
    headers[name] = known === undefined ? value : `${known}, ${value}`;
  }
  return headers;
}
