// What is read of an answer before undici's parser sees it. Its status, since that decides, also where the
// parser likes nothing of what follows it. And answers that only announce another one (1xx, RFC 9110 section
// 15.2) are taken out: a client has to be able to read one that it did not expect, and undici ends the
// connection at a 100 that nobody asked for. The very answer that follows is still read, so that no request
// is sent again for it. Costs others a few comparisons for each answer.

import type { Socket } from "node:net";
import { toEgressError } from "../egress-error.ts";
import type { ConnectionState } from "../pool/connection.ts";

/** A server that has not come to the point by then never will. */
const ANNOUNCEMENTS_MAX = 20;
/** Bytes of one announcement; what an answer's own header block may have. */
const HEAD_BYTES_MAX = 16_384;

/** `HTTP`, and the `/1.0` or `/1.1` that follows, as numbers: quicker compared than text. */
const PROTOCOL = 0x48545450;
const VERSIONS: ReadonlySet<number> = new Set([0x2f312e30, 0x2f312e31]);
/** Where the three digits of the status stand in `HTTP/1.1 100 Continue`. */
const STATUS_AT = 9;
const [SPACE, RETURN, FEED, ZERO] = [0x20, 0x0d, 0x0a, 0x30];
/** All but 101, which nobody here asks for and undici refuses. */
const ANNOUNCEMENT = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r]/;
const BEGINNING = "HTTP/1.1 100 ";
const HEAD_END = Buffer.from("\r\n\r\n");

/**
 * The same socket, from which no announcements can be read while an answer is due (`state.isAnswerDue`), and
 * the status of that answer is noted (`state.status`).
 */
export function readAhead(socket: Socket, state: ConnectionState): Socket {
  const read = socket.read;
  let held: Buffer | null = null;
  let announcements = 0;
  let emptyBytes = 0;
  /** A status of which the line has not ended yet. */
  let begun = 0;

  /** What is left of a chunk behind announcements; null where that is not known yet, or nothing. */
  const sift = (chunk: Buffer): Buffer | null => {
    let rest = skipEmptyLines(held === null ? chunk : Buffer.concat([held, chunk]));
    while (isOrBecomesAnnouncement(rest)) {
      const end = rest.indexOf(HEAD_END);
      if (end < 0) return hold(rest, rest.length + emptyBytes);
      announcements += 1;
      if (announcements > ANNOUNCEMENTS_MAX)
        return refuse("POSTRIDER_PROTOCOL", `${ANNOUNCEMENTS_MAX} informational answers (1xx)`);
      rest = skipEmptyLines(rest.subarray(end + HEAD_END.length));
    }
    if (isPartOfStatusLine(rest)) return hold(rest, rest.length + emptyBytes);
    held = null;
    announcements = emptyBytes = 0;
    note(readStatus(rest), rest, STATUS_AT);
    return rest;
  };
  /** Some servers begin with empty lines. */
  const skipEmptyLines = (bytes: Buffer): Buffer => {
    const rest = fromFirstLine(bytes);
    emptyBytes += bytes.length - rest.length;
    return rest;
  };
  const hold = (beginning: Buffer, bytes: number): null => {
    if (bytes > HEAD_BYTES_MAX) return refuse("POSTRIDER_HEADERS", `${HEAD_BYTES_MAX} bytes`);
    held = beginning;
    return null;
  };
  const refuse = (code: "POSTRIDER_HEADERS" | "POSTRIDER_PROTOCOL", what: string): null => {
    held = null;
    socket.destroy(toEgressError(code, `more than ${what} came before the answer`));
    return null;
  };

  /** Who never ends the line has said nothing. */
  const note = (status: number, bytes: Buffer, from: number): void => {
    const isEnded = status !== 0 && bytes.includes(FEED, from);
    begun = isEnded ? 0 : status;
    if (isEnded) state.status = status;
  };

  /** Most often the chunk as it is: then a look at its first bytes is all. */
  const take = (chunk: Buffer): Buffer | null => {
    const status = held === null ? readStatus(chunk) : 0;
    if (status === 0) return sift(chunk);
    note(status, chunk, STATUS_AT);
    return chunk;
  };

  socket.read = (size?: number): Buffer | null => {
    let chunk = read.call(socket, size) as Buffer | null;
    if (begun !== 0 && chunk !== null) note(begun, chunk, 0);
    while (chunk !== null && state.isAnswerDue) {
      const rest = take(chunk);
      if (rest !== null) {
        state.isAnswerDue = false;
        return rest;
      }
      chunk = read.call(socket, size) as Buffer | null;
    }
    return chunk;
  };
  return socket;
}

/** The status of the final answer that these bytes begin with; 0 where they begin with none. */
function readStatus(bytes: Buffer): number {
  if (!beginsLikeAnswer(bytes)) return 0;
  const status =
    100 * digit(bytes, STATUS_AT) + 10 * digit(bytes, STATUS_AT + 1) + digit(bytes, STATUS_AT + 2);
  // What is no digit makes no number.
  return status >= 200 || status === 101 ? status : 0;
}

/** Whether all is there but the digits of the status: version and spaces. */
function beginsLikeAnswer(bytes: Buffer): boolean {
  if (bytes.length < BEGINNING.length || bytes.readUInt32BE(0) !== PROTOCOL) return false;
  const [version, gap, end] = [bytes.readUInt32BE(4), bytes[STATUS_AT - 1], bytes[STATUS_AT + 3]];
  return VERSIONS.has(version) && gap === SPACE && (end === SPACE || end === RETURN);
}

function digit(bytes: Buffer, at: number): number {
  const value = (bytes[at] as number) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

function fromFirstLine(bytes: Buffer): Buffer {
  let at = 0;
  while (bytes[at] === RETURN || bytes[at] === FEED) at += 1;
  return at === 0 ? bytes : bytes.subarray(at);
}

const STATUS_LINE = /^HTTP\/1\.[01] (?:[2-9]\d\d|101)[ \r]/;

/** A beginning too short for its status to be read, of what is a final answer otherwise. */
function isPartOfStatusLine(bytes: Buffer): boolean {
  if (bytes.length >= BEGINNING.length) return false;
  const head = bytes.toString("latin1");
  return STATUS_LINE.test(head + "HTTP/1.1 200 ".slice(head.length));
}

/** Also of nothing at all, and of a beginning that may still become one. */
function isOrBecomesAnnouncement(bytes: Buffer): boolean {
  const head = bytes.toString("latin1", 0, BEGINNING.length);
  if (head.length === BEGINNING.length) return ANNOUNCEMENT.test(head);
  // The rest of one that is complete is one as well.
  return ANNOUNCEMENT.test(head + BEGINNING.slice(head.length));
}
