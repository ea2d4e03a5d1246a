// The receiver of a load: an HTTP server in this process that answers after a given time, and tells of each
// request when it came. It keeps no request, so that it stays faster than what is measured.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { PostriderError } from "@postrider/shared/errors";

export interface ReceiverFigures {
  /** The most sockets that were open at once. */
  readonly sockets: number;
  /** How long requests were being answered, all together; by the time that it took, how many at once. */
  readonly answeringMs: number;
  readonly requestBytes: number;
  readonly answerBytes: number;
}

export interface LoadReceiver {
  /** Where it listens, with no path. */
  readonly url: string;
  figures(): ReceiverFigures;
  close(): Promise<void>;
}

export interface LoadReceiverOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** How long every answer takes. */
  readonly latencyMs: number;
  /** Told of each request as it comes, by its path. @returns whether it is accepted. */
  readonly came: (path: string) => boolean;
}

/** A worker keeps its sockets for longer; it must be the one that closes them. */
const KEEP_ALIVE_MS = 60_000;
const BACKLOG = 4_096;

/** @throws PostriderError `port_taken`, `settings_invalid` for an address that is not this machine's. */
export async function startLoadReceiver(options: LoadReceiverOptions): Promise<LoadReceiver> {
  const { host, port, latencyMs, came } = options;
  const traffic = createTraffic();
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const isAccepted = came(request.url ?? "");
    traffic.begin();
    // A body must be read to its end, or the socket is of no more use.
    request.resume();
    const end = (): void => {
      traffic.end();
      response.statusCode = isAccepted ? 200 : 503;
      response.end();
    };
    if (latencyMs > 0) setTimeout(end, latencyMs);
    else if (request.complete) end();
    else request.once("end", end);
  };
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }, answer);
  server.on("connection", traffic.opened);
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(toListenError(error, host, port)));
    server.listen({ host, port, backlog: BACKLOG }, resolve);
  });
  const { address, port: taken, family } = server.address() as AddressInfo;
  return {
    url: `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`,
    figures: traffic.figures,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createTraffic() {
  const open = new Set<Socket>();
  const closed = { requestBytes: 0, answerBytes: 0 };
  let sockets = 0;
  let inFlight = 0;
  let changedAt = performance.now();
  let answeringMs = 0;
  const change = (by: number): void => {
    const now = performance.now();
    answeringMs += inFlight * (now - changedAt);
    changedAt = now;
    inFlight += by;
  };
  const add = (socket: Socket, name: "bytesRead" | "bytesWritten"): number => socket[name] ?? 0;
  return {
    begin: () => change(1),
    end: () => change(-1),
    opened(socket: Socket) {
      open.add(socket);
      sockets = Math.max(sockets, open.size);
      socket.once("close", () => {
        open.delete(socket);
        closed.requestBytes += add(socket, "bytesRead");
        closed.answerBytes += add(socket, "bytesWritten");
      });
      // What a worker cuts off is sent again, and told where it is missing.
      socket.on("error", () => undefined);
    },
    figures(): ReceiverFigures {
      const all = [...open];
      return {
        sockets,
        answeringMs,
        requestBytes: all.reduce((sum, socket) => sum + add(socket, "bytesRead"), closed.requestBytes),
        answerBytes: all.reduce((sum, socket) => sum + add(socket, "bytesWritten"), closed.answerBytes),
      };
    },
  };
}

function toListenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === "EADDRINUSE")
    return new PostriderError("port_taken", `--listen: port ${port} is taken; write another, or 0 for any`, {
      cause: error,
    });
  return new PostriderError(
    "settings_invalid",
    `--listen: ${host} is no address of this machine that can be listened on (${error.message}); write one that is, such as 127.0.0.1:0 or 0.0.0.0:9000`,
    { cause: error },
  );
}
