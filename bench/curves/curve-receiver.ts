// Where the curves' deliveries go: one server at as many addresses of this machine's loopback network as
// there are to be destinations. It knows each delivery by its number, so that one that is lost and one that
// comes twice do not make up for each other.

import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";

export interface CurveReceiver {
  readonly port: number;
  /** Begins an account of deliveries numbered from `first`. */
  expect(first: number, count: number): void;
  /** Different ones that were accepted. */
  accepted(): number;
  /** Requests that came although one of the same delivery had been accepted. */
  doubled(): number;
  close(): Promise<void>;
}

export interface CurveReceiverOptions {
  readonly destinations: number;
  readonly latencyMs: number;
  /** Share of the requests that are answered with 500. */
  readonly failures: number;
}

/** The four numbers of a destination's address: every address that begins with 127 is this machine's own. */
export function toAddress(destination: number): readonly [127, number, number, number] {
  const place = destination + 1;
  return [127, Math.floor(place / 62_500) % 250, Math.floor(place / 250) % 250, (place % 250) + 1];
}

const KEEP_ALIVE_MS = 60_000;
const BACKLOG = 4_096;

export async function startCurveReceiver(options: CurveReceiverOptions): Promise<CurveReceiver> {
  const { destinations, latencyMs, failures } = options;
  const account = createAccount(failures);
  const http = createHttpServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) =>
    answer(request, response, latencyMs, account.came(Number(/\d+/.exec(request.url ?? "")?.[0]))),
  );
  const servers: Server[] = [];
  let port = 0;
  for (let destination = 0; destination < destinations; destination++) {
    const server = createServer((socket) => http.emit("connection", socket));
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host: toAddress(destination).join("."), port, backlog: BACKLOG }, resolve);
    });
    port = (server.address() as AddressInfo).port;
    servers.push(server);
  }
  return {
    port,
    ...account,
    async close() {
      http.closeAllConnections();
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  latencyMs: number,
  isAccepted: boolean,
): void {
  // A body must be read to its end, or the socket is of no more use.
  request.resume();
  const end = (): void => {
    response.statusCode = isAccepted ? 200 : 500;
    response.end();
  };
  if (latencyMs > 0) setTimeout(end, latencyMs);
  else request.once("end", end);
}

function createAccount(failures: number) {
  let from = 0;
  let isAccepted = new Uint8Array();
  let requests = 0;
  let accepted = 0;
  let doubled = 0;
  return {
    expect(first: number, count: number): void {
      from = first;
      isAccepted = new Uint8Array(count);
      accepted = 0;
      doubled = 0;
    },
    came(index: number): boolean {
      const place = index - from;
      if (isAccepted[place] === undefined) return true;
      if (isAccepted[place] === 1) {
        doubled += 1;
        return true;
      }
      requests += 1;
      // Evenly spread, so that each run fails alike.
      if (Math.floor(requests * failures) > Math.floor((requests - 1) * failures)) return false;
      isAccepted[place] = 1;
      accepted += 1;
      return true;
    },
    accepted: () => accepted,
    doubled: () => doubled,
  };
}
