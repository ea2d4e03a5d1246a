// The sink where nginx is not to be had: answers each HTTP/1.1 request with a constant reply, in a process of
// its own. Reads just enough of HTTP for the clients of this bench: a header block, and a body of
// Content-Length bytes.

import { appendFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";

const REPLY = Buffer.from("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok");
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;
const END_OF_HEAD = "\r\n\r\n";

let requests = 0;
let paths: string[] = [];

function serve(socket: Socket): void {
  socket.setNoDelay(true);
  let pending = Buffer.alloc(0);
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const size = requestBytes(pending);
      if (size === null || size > pending.length) return;
      answer(socket, pending);
      pending = pending.subarray(size);
    }
  });
}

/**
 * Length of the request at the start of a buffer, body included; null while its header block is not all
 * there.
 */
function requestBytes(buffer: Buffer): number | null {
  const end = buffer.indexOf(END_OF_HEAD);
  if (end < 0) return null;
  const length = CONTENT_LENGTH.exec(buffer.toString("latin1", 0, end))?.[1] ?? "0";
  return end + END_OF_HEAD.length + Number(length);
}

function answer(socket: Socket, request: Buffer): void {
  requests += 1;
  if (!request.subarray(0, 17).equals(COUNT_REQUEST)) {
    paths.push(request.toString("latin1", 0, request.indexOf("\r\n")).split(" ")[1] ?? "");
    socket.write(REPLY);
    return;
  }
  writePaths();
  // In the words of nginx's stub_status.
  const body = `server accepts handled requests\n 0 0 ${requests}\n`;
  socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`);
}

const COUNT_REQUEST = Buffer.from("GET /sink-status ");

createServer(serve).listen({ host: "127.0.0.1", port: Number(process.argv[2]), backlog: 4_096 });

function writePaths(): void {
  appendFileSync(process.argv[3] ?? "/dev/null", paths.map((path) => `${path}\n`).join(""));
  paths = [];
}
