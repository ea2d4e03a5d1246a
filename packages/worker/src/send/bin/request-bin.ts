// The request bin: takes a test send instead of its destination, and shows what arrived as a receiver sees
// it. The request is written and parsed by the very code that speaks to destinations, over a pair of streams
// within this process: nothing listens anywhere, no address is allowed for it, nobody else can send to it.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { duplexPair } from "node:stream";
import type { Arrived } from "@postrider/shared/bin-arrived";
import { Client } from "undici";
import type { Connections } from "../pool/connections.ts";
import { createConnections } from "../pool/connections.ts";
import type { Route } from "../pool/pool.ts";
import type { Pools } from "../pool/pools.ts";

export interface RequestBin {
  /** Every destination is the bin. */
  readonly pools: Pick<Pools, "get">;
  /** The latest request; null: none came. */
  arrived(): Arrived | null;
  close(): Promise<void>;
}

/** A composed request is far smaller; what comes beyond is no request of ours. */
const ARRIVED_BYTES_MAX = 16 * 1_024 * 1_024;
const HEADER_BYTES_MAX = 1_024 * 1_024;

/** @param status that it answers with. */
export function createRequestBin(status: number): RequestBin {
  let latest: Arrived | null = null;
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
    void readAll(request).then(
      (body) => {
        latest = toArrived(request, body);
        answer(response, status);
      },
      () => request.destroy(),
    );
  });
  const sockets = { max: 1, open: 0, refused: 0, makeRoom: () => false, short: new Set<() => void>() };
  const opened: Connections[] = [];
  return {
    pools: {
      get(origin) {
        const connections = createConnections(1, sockets);
        opened.push(connections);
        return toRoute(origin, connections, (socket) => server.emit("connection", socket));
      },
    },
    arrived: () => latest,
    async close() {
      for (const connections of opened) connections.renew();
      await Promise.all(opened.map((connections) => connections.quiet()));
      server.closeAllConnections();
    },
  };
}

/** A route of no rules: nothing leaves this process on it. */
function toRoute(origin: string, connections: Connections, accept: (socket: unknown) => void): Route {
  return {
    connections,
    levels: [{ allowNetworks: [], denyNetworks: [], allowHosts: null, allowPorts: null, httpsOnly: false }],
    group: {
      open: (state) =>
        new Client(origin, {
          pipelining: 1,
          headersTimeout: 0,
          bodyTimeout: 0,
          allowH2: false,
          connect: (_, callback) => {
            const [ours, theirs] = duplexPair();
            state.phases = { dnsMs: null, connectMs: 0, tlsMs: null };
            accept(theirs);
            state.socket = ours as Socket;
            // undici needs no more of a socket than a stream has, and hears no call that comes at once.
            setImmediate(callback, null, ours as Socket);
          },
        }),
    },
  };
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > ARRIVED_BYTES_MAX) throw new Error("more than any request of ours");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function toArrived({ method, url, httpVersion, rawHeaders }: IncomingMessage, body: Buffer): Arrived {
  const headers = [];
  for (let index = 0; index < rawHeaders.length; index += 2)
    headers.push({ name: rawHeaders[index] ?? "", value: rawHeaders[index + 1] ?? "" });
  return {
    method: method ?? "",
    path: url ?? "",
    httpVersion,
    headers,
    body: body.toString("utf8"),
    bodyBytes: body.length,
  };
}

/** These statuses have no body. */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(BODILESS.has(status) ? undefined : '{"received":true}');
}
