// A server that plays hostile answers over raw sockets, for any sender: http://127.0.0.1:PORT/<behaviour>.
// `/fine?<token>` answers the token, so that a sender can be held to never taking one answer for another's.
// Run it: npx tsx tests/hostile/server.ts [port]

import { type AddressInfo, createServer, type Socket } from "node:net";
import { BEHAVIOURS } from "./behaviours.ts";

/** Reads requests one by one; the rest of a pipeline waits until the behaviour has answered. */
function serve(socket: Socket): void {
  let received = Buffer.alloc(0);
  // The other end closes when it has had enough, which is what it is meant to do.
  socket.on("error", () => undefined);
  socket.on("data", (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    for (;;) {
      const request = readRequest(received);
      if (request === null) return;
      received = received.subarray(request.length);
      answer(request.path, socket);
    }
  });
}

function readRequest(received: Buffer): { readonly path: string; readonly length: number } | null {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const head = received.toString("latin1", 0, end);
  const bodyLength = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  const path = head.split(" ")[1] ?? "/";
  // One behaviour wants the body left unread.
  const length = path.startsWith("/stops-reading") ? end + 4 : end + 4 + bodyLength;
  return received.length < length ? null : { path, length };
}

function answer(path: string, socket: Socket): void {
  const [name = "", token = ""] = path.slice(1).split("?");
  if (name === "fine") {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${token.length}\r\n\r\n${token}`);
    return;
  }
  const behaviour = BEHAVIOURS[name];
  if (behaviour !== undefined) {
    behaviour.play(socket);
    return;
  }
  const list = Object.entries(BEHAVIOURS).map(([known, { what }]) => `/${known}  ${what}\n`);
  const text = list.join("");
  socket.end(
    `HTTP/1.1 404 Not Found\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}

// `allowHalfOpen`: a behaviour decides itself when its side ends.
const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.setNoDelay(true);
  serve(socket);
  socket.on("end", () => void socket.end());
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  console.log(
    `${Object.keys(BEHAVIOURS).length} behaviours at http://127.0.0.1:${port}/ (ask for / to see them)`,
  );
});
