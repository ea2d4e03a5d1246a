// Destinations on this machine that do as the path says: /ok, /slow (200 ms), /late (3 s), /hang, /gone
// (404), /busy (429), /down (503), /token (refused). Each address 127.0.0.x is one of them.

import { once } from "node:events";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Does = (response: ServerResponse) => void;

const after =
  (ms: number): Does =>
  (response) =>
    void setTimeout(() => response.end("ok"), ms);
const answer =
  (status: number, headers: Record<string, string> = {}): Does =>
  (response) =>
    void response.writeHead(status, headers).end("{}");

const BY_PATH: Readonly<Record<string, Does>> = {
  ok: answer(200),
  slow: after(200),
  late: after(3_000),
  hang: () => undefined,
  gone: answer(404),
  busy: answer(429, { "retry-after": "1" }),
  down: answer(503),
  token: answer(401),
};

const COUNT = 60;
/** From here on each is met by one fault alone, so that none has a lane of its own from another one. */
export const UNTOUCHED = 50;

export interface Destinations {
  readonly count: number;
  /** The host of the nth destination, from 0. */
  host(nth: number): string;
  /** Its origin. */
  origin(nth: number): string;
  close(): void;
}

export async function startDestinations(): Promise<Destinations> {
  const does: RequestListener = (request, response) => {
    const [, what = ""] = (request.url ?? "").split("/");
    request.resume();
    (BY_PATH[what] ?? answer(404))(response);
  };
  const host = (nth: number): string => `127.0.0.${nth + 1}`;
  const servers: Server[] = [];
  let port = 0;
  for (let nth = 0; nth < COUNT; nth++) {
    const server = createServer(does).listen(port, host(nth));
    await once(server, "listening");
    port = (server.address() as AddressInfo).port;
    servers.push(server);
  }
  return {
    count: COUNT,
    host,
    origin: (nth) => `http://${host(nth)}:${port}`,
    close() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
}
