// Where the curves' deliveries go: one server at as many addresses of this machine's loopback network as
// there are to be destinations. It knows each delivery by its number, so that one that is lost and one that
// comes twice do not make up for each other.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

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
  /** Of each answer's body (0). */
  readonly answerBytes?: number;
  /** Told of each request as its head has come, by its Idempotency-Key. */
  readonly came?: (key: string) => void;
}

/** The four numbers of a destination's address: every address that begins with 127 is this machine's own. */
export function toAddress(destination: number): readonly [127, number, number, number] {
  const place = destination + 1;
  return [127, Math.floor(place / 62_500) % 250, Math.floor(place / 250) % 250, (place % 250) + 1];
}

const KEEP_ALIVE_MS = 60_000;
const BACKLOG = 4_096;

export async function startCurveReceiver(options: CurveReceiverOptions): Promise<CurveReceiver> {
  const { destinations, failures, came } = options;
  const toAnswer = createAnswer(options);
  const account = createAccount(failures);
  const http = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, (request, response) => {
    came?.(String(request.headers["idempotency-key"]));
    toAnswer(request, response, account.came(Number(/\d+/.exec(request.url ?? "")?.[0])));
  });
  // A socket that listens for each of thousands of addresses would take the files that connections need. So
  // one takes all, and has nothing to say to who comes from elsewhere.
  http.on("connection", (socket) => {
    if (!socket.localAddress?.startsWith("127.")) socket.destroy();
  });
  const host = destinations === 1 ? toAddress(0).join(".") : "0.0.0.0";
  await new Promise<void>((resolve, reject) => {
    http.once("error", reject);
    http.listen({ host, port: 0, backlog: BACKLOG }, resolve);
  });
  return {
    port: (http.address() as AddressInfo).port,
    ...account,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse, isAccepted: boolean) => void;

function createAnswer({ latencyMs, answerBytes = 0 }: CurveReceiverOptions): Answer {
  const body = Buffer.alloc(answerBytes, "x");
  return (request, response, isAccepted) => {
    // A body must be read to its end, or the socket is of no more use.
    request.resume();
    const end = (): void => {
      response.statusCode = isAccepted ? 200 : 500;
      response.end(body);
    };
    if (latencyMs > 0) setTimeout(end, latencyMs);
    else request.once("end", end);
  };
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
