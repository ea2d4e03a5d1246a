// What hostile and broken servers do, by name. Each behaviour is handed a raw socket on which one request has
// been read. What would go on for ever goes on for far longer than a sender should listen, and then falls
// silent, so that no sender is hurt.

import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";

export interface Behaviour {
  readonly what: string;
  readonly play: (socket: Socket) => void;
}

const CRLF = "\r\n";

function answer(lines: readonly string[], body = ""): string {
  return ["HTTP/1.1 200 OK", ...lines, "", body].join(CRLF);
}

/** Writes the bytes and leaves the connection open. */
function says(what: string, ...parts: readonly (string | Buffer)[]): Behaviour {
  return {
    what,
    play(socket) {
      for (const part of parts) socket.write(part);
    },
  };
}

/** Writes the bytes and ends its side. */
function saysAndEnds(what: string, text: string | Buffer): Behaviour {
  return { what, play: (socket) => void socket.end(text) };
}

/** A flood is 16 MiB: a sender that keeps 64 KiB of a body and 16 KiB of headers has ended long before. */
const FLOOD_BLOCKS = 1_024;
const FLOOD_BLOCK_BYTES = 16_384;
/** A drip goes on for twenty seconds, a sender's deadline in these tests is ten at most. */
const DROPS = 1_000;
const DROP_MS = 20;

/**
 * Writes the opening, and then the rest over and over, as fast as the other end takes it; then nothing more.
 */
function floods(what: string, opening: string, rest: string): Behaviour {
  const block = Buffer.from(rest.repeat(Math.ceil(FLOOD_BLOCK_BYTES / rest.length)));
  return {
    what,
    play(socket) {
      let left = FLOOD_BLOCKS;
      const pour = (): void => {
        while (left > 0 && socket.writable) {
          left--;
          if (!socket.write(block)) return;
        }
      };
      socket.on("drain", pour);
      socket.write(opening);
      pour();
    },
  };
}

/** Writes the opening, and then a little at a time; then nothing more. */
function drips(what: string, opening: string, drop: string): Behaviour {
  return {
    what,
    play(socket) {
      socket.write(opening);
      let left = DROPS;
      const timer = setInterval(() => {
        socket.write(drop);
        if (--left === 0) clearInterval(timer);
      }, DROP_MS);
      socket.on("close", () => clearInterval(timer));
    },
  };
}

/** Writes the bytes one by one, each in a turn of its own. */
function inPieces(what: string, text: string): Behaviour {
  return {
    what,
    play(socket) {
      const next = (index: number): void => {
        if (index === text.length || !socket.writable) return;
        socket.write(text.charAt(index), () => setTimeout(next, 1, index + 1));
      };
      next(0);
    },
  };
}

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const OK = answer(["Content-Length: 2"], "ok");
/** A head that promises more than follows. */
function cut(status: string): string {
  return `HTTP/1.1 ${status}\r\nContent-Length: 1000\r\n\r\nhalf`;
}

const STOLEN = answer(["Content-Length: 6", "X-Stolen: yes"], "stolen");

/** A thousand times as long unpacked as packed, and far longer than what is kept of a body. */
const BOMB = gzipSync(Buffer.alloc(8_388_608));

export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  // Silence and slowness.
  "never-answers": says("reads the request and says nothing"),
  "closes-at-once": {
    what: "ends the connection instead of answering",
    play: (socket) => void socket.destroy(),
  },
  "resets-at-once": {
    what: "resets the connection instead of answering",
    play: (socket) => void socket.resetAndDestroy(),
  },
  "half-closes": {
    what: "ends its side without an answer and goes on reading",
    play: (socket) => void socket.end(),
  },
  "stops-in-status-line": says("stops inside the status line", "HTTP/1.1 20"),
  "stops-in-headers": says("stops inside the headers", "HTTP/1.1 200 OK\r\nContent-Le"),
  "stops-in-body": says("promises more body than it sends", answer(["Content-Length: 1000"], "half")),
  "promises-petabytes": says(
    "promises a body that no disk holds",
    answer(["Content-Length: 1000000000000000"], "x"),
  ),
  "ends-in-headers": saysAndEnds("ends inside the headers", "HTTP/1.1 200 OK\r\nContent-Le"),
  "ends-in-body": saysAndEnds("ends inside the body", answer(["Content-Length: 1000"], "half")),
  "ends-in-chunk": saysAndEnds("ends inside a chunk", answer(["Transfer-Encoding: chunked"], "ff\r\nhalf")),
  "resets-in-body": {
    what: "resets inside the body",
    play: (socket) =>
      void socket.write(answer(["Content-Length: 1000"], "half"), () => socket.resetAndDestroy()),
  },
  "drips-status-line": drips("sends spaces of a reason phrase, one by one", "HTTP/1.1 200 ", " "),
  "drips-headers": drips("sends one header after the other, slowly", "HTTP/1.1 200 OK\r\n", "A: b\r\n"),
  "drips-body": drips("sends a body byte by byte", answer([]), "x"),
  "drips-chunks": drips("sends chunks of one byte", answer(["Transfer-Encoding: chunked"]), "1\r\nx\r\n"),
  "stops-reading": {
    what: "stops reading and answers nothing",
    play: (socket) => void socket.pause(),
  },

  // Floods.
  "floods-reason": floods("a reason phrase without end", "HTTP/1.1 200 ", "x"),
  "floods-headers": floods(
    "headers without end",
    "HTTP/1.1 200 OK\r\n",
    "X-Flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n",
  ),
  "floods-short-headers": floods("the shortest headers without end", "HTTP/1.1 200 OK\r\n", "a:\r\n"),
  "floods-header-name": floods("one header's name without end", "HTTP/1.1 200 OK\r\nX-", "a"),
  "floods-header-value": floods("one header's value without end", "HTTP/1.1 200 OK\r\nX: ", "a"),
  "floods-cookies": floods("cookies without end", "HTTP/1.1 200 OK\r\n", "Set-Cookie: a=b\r\n"),
  "floods-informational": floods("interim answers (102) without end", "", "HTTP/1.1 102 Processing\r\n\r\n"),
  "floods-early-hints": floods(
    "early hints (103) without end",
    "",
    "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n",
  ),
  "floods-body": floods("a body without length and end", answer(["Connection: close"]), "x"),
  "floods-chunks": floods(
    "chunks without end",
    answer(["Transfer-Encoding: chunked"]),
    "400\r\n".padEnd(1_029, "x") + CRLF,
  ),
  "floods-tiny-chunks": floods(
    "chunks of one byte without end",
    answer(["Transfer-Encoding: chunked"]),
    "1\r\nx\r\n",
  ),
  "floods-chunk-extension": floods(
    "one chunk's extension without end",
    `${answer(["Transfer-Encoding: chunked"])}1;x=`,
    "a",
  ),
  "floods-trailers": floods(
    "trailers without end",
    answer(["Transfer-Encoding: chunked"], "0\r\n"),
    "X-Trailer: a\r\n",
  ),
  "floods-empty-lines": floods("empty lines instead of a status line", "", CRLF),
  "floods-garbage": floods("bytes that are nothing", "", "\u0000\u0001\u0002ÿ"),

  // Packed bodies.
  "gzip-bomb": says(
    "a packed body a thousand times as long unpacked",
    answer([`Content-Length: ${BOMB.length}`, "Content-Encoding: gzip"]),
    BOMB,
  ),
  "gzip-bomb-in-bomb": says(
    "a packed body inside of a packed body",
    answer([`Content-Length: ${gzipSync(BOMB).length}`, "Content-Encoding: gzip, gzip"]),
    gzipSync(BOMB),
  ),
  "gzip-lie": says(
    "says that its text is packed",
    answer(["Content-Length: 2", "Content-Encoding: gzip"], "ok"),
  ),

  // A status, and then less than was promised.
  "refuses-and-ends": saysAndEnds("400, and an end inside of its body", cut("400 Bad Request")),
  "gone-and-resets": {
    what: "410, and a reset inside of its body",
    play: (socket) => void socket.write(cut("410 Gone"), () => socket.resetAndDestroy()),
  },
  "fails-and-stops": says("503, and a body that stops", cut("503 Service Unavailable")),
  "breaks-its-chunks": says(
    "400, and chunks that are none",
    "HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf",
  ),
  "not-modified": says(
    "304 with the length of what it leaves out",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\n",
  ),

  // Where an answer ends.
  "two-answers": says("two answers to one request, in one piece", OK + STOLEN),
  "two-answers-in-pieces": says("two answers to one request, one after the other", OK, STOLEN),
  "second-answer-later": {
    what: "a second answer when the first has been read",
    play: (socket) => {
      socket.write(OK);
      setTimeout(() => socket.write(STOLEN), 30);
    },
  },
  "more-body-than-promised": says(
    "a body longer than its length",
    answer(["Content-Length: 2"], `ok${STOLEN}`),
  ),
  "body-without-content": says("a body behind 204", `HTTP/1.1 204 No Content\r\n\r\n${STOLEN}`),
  "body-not-modified": says(
    "a body behind 304",
    `HTTP/1.1 304 Not Modified\r\nContent-Length: 6\r\n\r\n${STOLEN}`,
  ),
  "length-and-chunked": says(
    "length and chunks, which disagree",
    answer(["Content-Length: 2", "Transfer-Encoding: chunked"], `0\r\n\r\n${STOLEN}`),
  ),
  "chunked-and-length": says(
    "chunks and length, which disagree",
    answer(["Transfer-Encoding: chunked", "Content-Length: 100"], "2\r\nok\r\n0\r\n\r\n"),
  ),
  "two-lengths": says(
    "two lengths, which disagree",
    answer(["Content-Length: 2", "Content-Length: 8"], `ok${STOLEN}`),
  ),
  "list-of-lengths": says("a list of lengths", answer(["Content-Length: 2, 8"], `ok${STOLEN}`)),
  "negative-length": says("a negative length", answer(["Content-Length: -1"], "ok")),
  "signed-length": says("a length with a sign", answer(["Content-Length: +2"], "ok")),
  "hex-length": says("a length in hex", answer(["Content-Length: 0x2"], "ok")),
  "overflowing-length": says(
    "a length beyond 64 bits",
    answer(["Content-Length: 99999999999999999999"], "ok"),
  ),
  "unknown-coding": says(
    "a transfer coding that nobody knows",
    answer(["Transfer-Encoding: xchunked"], "ok"),
  ),
  "chunked-inside": says(
    "chunks that are not the last coding",
    answer(["Transfer-Encoding: chunked, identity"], "2\r\nok\r\n0\r\n\r\n"),
  ),
  "overflowing-chunk": says(
    "a chunk's size beyond 64 bits",
    answer(["Transfer-Encoding: chunked"], "fffffffffffffffff\r\nok"),
  ),
  "negative-chunk": says(
    "a chunk of a negative size",
    answer(["Transfer-Encoding: chunked"], "-2\r\nok\r\n0\r\n\r\n"),
  ),
  "chunk-without-end": says(
    "a chunk that is longer than its size",
    answer(["Transfer-Encoding: chunked"], "2\r\nokok\r\n0\r\n\r\n"),
  ),
  "spaced-chunked": says(
    "white space before the colon of Transfer-Encoding",
    answer(["Transfer-Encoding : chunked", "Content-Length: 2"], "0\r\n\r\n"),
  ),

  // What is no HTTP, or not this one.
  "says-text": saysAndEnds("a text without any HTTP, as version 0.9 had it", "hello"),
  "says-ssh": says("the greeting of an SSH server", "SSH-2.0-OpenSSH_9.7\r\n"),
  "says-smtp": says("the greeting of a mail server", "220 mail.example.com ESMTP\r\n"),
  "says-redis": says("the error of a Redis server", "-ERR unknown command 'POST'\r\n"),
  "says-http2": says(
    "HTTP/2 without being asked",
    Buffer.from("0000120400000000000003000000640004000fffff", "hex"),
  ),
  "says-tls-alert": says("a TLS alert in the clear", Buffer.from("15030100020246", "hex")),
  "version-9": says("a version that does not exist", "HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\nok"),
  "status-0": says("status 000", "HTTP/1.1 000 Nothing\r\nContent-Length: 2\r\n\r\nok"),
  "status-99999": says("a status of five digits", "HTTP/1.1 99999 Much\r\nContent-Length: 2\r\n\r\nok"),
  "status-words": says("words for a status", "HTTP/1.1 fine OK\r\nContent-Length: 2\r\n\r\nok"),
  "header-without-colon": says("a header without a colon", answer(["Nonsense", "Content-Length: 2"], "ok")),
  "header-with-nul": says("a NUL in a header", answer(["X: a\0b", "Content-Length: 2"], "ok")),
  "header-broken-in-pieces": inPieces(
    "a header that cannot be read, byte by byte",
    "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
  ),
  "header-folded": says(
    "a header that goes on in the next line",
    answer(["X: a", " b", "Content-Length: 2"], "ok"),
  ),
  "header-unnamed": says("a header without a name", answer([": a", "Content-Length: 2"], "ok")),
  "bare-lf": says("lines that end with LF alone", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"),
  "bare-cr": says("lines that end with CR alone", "HTTP/1.1 200 OK\rContent-Length: 2\r\rok"),

  // Interim answers and upgrades.
  "continue-unasked": says("100 Continue without having been asked", `${CONTINUE}${OK}`),
  "continue-after-empty-line": says("100 Continue behind an empty line", `${CRLF}${CONTINUE}${OK}`),
  "continue-in-pieces": inPieces("100 Continue and the answer, byte by byte", `${CONTINUE}${OK}`),
  "continue-first": {
    what: "100 Continue, and the answer a while later",
    play: (socket) => {
      socket.write(CONTINUE);
      setTimeout(() => socket.write(OK), 50);
    },
  },
  "continue-with-headers": says(
    "100 Continue with headers of its own",
    `HTTP/1.1 100 Continue\r\nDate: Tue, 24 Nov 2026 12:00:00 GMT\r\nServer: x\r\n\r\n${OK}`,
  ),
  "continue-old": says("100 Continue in HTTP/1.0's name", `HTTP/1.0 100 Continue\r\n\r\n${OK}`),
  "continue-among-hints": says(
    "several kinds of interim answers",
    `HTTP/1.1 102 Processing\r\n\r\n${CONTINUE}HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${CONTINUE}${OK}`,
  ),
  "continue-only": says("100 Continue, and then nothing", CONTINUE),
  "continue-and-ends": saysAndEnds("100 Continue, and then the end", CONTINUE),
  "continue-without-end": floods(
    "one 100 Continue whose headers do not end",
    "HTTP/1.1 100 Continue\r\n",
    "a: b\r\n",
  ),
  "floods-continue": floods("100 Continue without end", "", CONTINUE),
  "continue-in-body": says(
    "a body that looks like 100 Continue",
    answer([`Content-Length: ${CONTINUE.length + 2}`]),
    CONTINUE,
    "ok",
  ),
  processing: says("102 Processing, and then the answer", `HTTP/1.1 102 Processing\r\n\r\n${OK}`),
  "early-hints": says(
    "early hints, and then the answer",
    `HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n${OK}`,
  ),
  "switches-protocols": says(
    "another protocol without having been asked",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nxyz",
  ),
  "upgrade-with-200": says(
    "an upgrade in an ordinary answer",
    answer(["Connection: upgrade", "Upgrade: h2c", "Content-Length: 2"], "ok"),
  ),

  // Headers that ask for something.
  "keep-alive-lie": saysAndEnds(
    "promises to keep the connection and ends it",
    answer(["Keep-Alive: timeout=999999999", "Content-Length: 2"], "ok"),
  ),
  "keep-alive-nonsense": says(
    "a keep-alive time that is none",
    answer(["Keep-Alive: timeout=-1, max=x", "Content-Length: 2"], "ok"),
  ),
  "retry-for-ever": says(
    "asks to wait for a million years",
    "HTTP/1.1 503 No\r\nRetry-After: 31556952000000\r\nContent-Length: 0\r\n\r\n",
  ),
  "redirects-to-itself": says(
    "redirects in a circle",
    "HTTP/1.1 307 Again\r\nLocation: /redirects-to-itself\r\nContent-Length: 0\r\n\r\n",
  ),
  "redirects-to-file": says(
    "redirects to a file",
    "HTTP/1.1 302 There\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n",
  ),
  "redirects-far": says(
    "redirects to a URL of 15 KB",
    `HTTP/1.1 302 There\r\nLocation: /${"x".repeat(15_000)}\r\nContent-Length: 0\r\n\r\n`,
  ),
  "redirects-nowhere": says(
    "redirects without a Location",
    "HTTP/1.1 302 There\r\nContent-Length: 0\r\n\r\n",
  ),
  "invalid-utf8": says(
    "a body that is no text",
    answer(["Content-Length: 4"]),
    Buffer.from([0xff, 0xfe, 0xc0, 0x80]),
  ),
};
