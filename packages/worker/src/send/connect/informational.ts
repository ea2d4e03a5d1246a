// Answers that only announce another one (1xx, RFC 9110 section 15.2) are taken out of what a connection
// brings before undici's parser sees it: a client has to be able to read one that it did not expect, and
// undici ends the connection at a 100 that nobody asked for. The very answer that follows is still read, so
// that no request is sent again for it. Costs others one comparison for each answer.

import type { Socket } from "node:net";
import { toEgressError } from "../egress-error.ts";
import type { ConnectionState } from "../pool/connection.ts";

/** A server that has not come to the point by then never will. */
const ANNOUNCEMENTS_MAX = 20;
/** Bytes of one announcement; what an answer's own header block may have. */
const HEAD_BYTES_MAX = 16_384;

/** Where the first digit of the status stands in `HTTP/1.1 100 Continue`. */
const CLASS_AT = 9;
const ONE = "1".charCodeAt(0);
/** All but 101, which nobody here asks for and undici refuses. */
const ANNOUNCEMENT = /^HTTP\/1\.[01] 1(?!01)\d\d[ \r]/;
const BEGINNING = "HTTP/1.1 100 ";
const HEAD_END = Buffer.from("\r\n\r\n");

/** The same socket, from which no announcements can be read while an answer is due (`state.isAnswerDue`). */
export function withoutAnnouncements(socket: Socket, state: ConnectionState): Socket {
  const read = socket.read;
  let held: Buffer | null = null;
  let announcements = 0;

  /** What is left of a chunk behind announcements; null where that is not known yet, or nothing. */
  const sift = (chunk: Buffer): Buffer | null => {
    let rest = held === null ? chunk : Buffer.concat([held, chunk]);
    while (isOrBecomesAnnouncement(rest)) {
      const end = rest.indexOf(HEAD_END);
      if (end < 0) return hold(rest);
      announcements += 1;
      if (announcements > ANNOUNCEMENTS_MAX)
        return refuse("POSTRIDER_PROTOCOL", `${ANNOUNCEMENTS_MAX} informational answers (1xx)`);
      rest = rest.subarray(end + HEAD_END.length);
    }
    held = null;
    announcements = 0;
    return rest;
  };
  const hold = (beginning: Buffer): null => {
    if (beginning.length > HEAD_BYTES_MAX) return refuse("POSTRIDER_HEADERS", `${HEAD_BYTES_MAX} bytes`);
    held = beginning;
    return null;
  };
  const refuse = (code: "POSTRIDER_HEADERS" | "POSTRIDER_PROTOCOL", what: string): null => {
    held = null;
    socket.destroy(toEgressError(code, `more than ${what} came before the answer`));
    return null;
  };

  socket.read = (size?: number): Buffer | null => {
    let chunk = read.call(socket, size) as Buffer | null;
    while (chunk !== null && state.isAnswerDue) {
      const rest = held === null && beginsAnswer(chunk) ? chunk : sift(chunk);
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

/** Whether it is clear from the first digit of the status that this is no announcement. */
function beginsAnswer(chunk: Buffer): boolean {
  return chunk.length > CLASS_AT && chunk[CLASS_AT] !== ONE;
}

/** Also of nothing at all, and of a beginning that may still become one. */
function isOrBecomesAnnouncement(bytes: Buffer): boolean {
  const head = bytes.toString("latin1", 0, BEGINNING.length);
  if (head.length === BEGINNING.length) return ANNOUNCEMENT.test(head);
  // The rest of one that is complete is one as well.
  return ANNOUNCEMENT.test(head + BEGINNING.slice(head.length));
}
