// A proxy between the browser and the API, as operators have one: under a path of its own, gone at times, and
// with streams that break.

import { request as ask, createServer, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { listenOnLoopback } from "../support/listen.ts";

export interface Between {
  readonly url: string;
  /** Whether whoever asks is cut off; what is open is cut off, too. */
  setAway(isAway: boolean): void;
  /** Streams of events that are open. */
  streams(): number;
  breakStreams(): void;
  /** Whether streams are kept back, as by a proxy that gathers answers. */
  setGathering(isGathering: boolean): void;
  close(): Promise<void>;
}

interface Options {
  /** Of a request that is to be cut off. */
  readonly isCut?: (request: IncomingMessage) => boolean;
  /** Before the API's own paths, such as `/ops`. */
  readonly base?: string;
}

export async function startBetween(apiUrl: string, { isCut, base = "" }: Options = {}): Promise<Between> {
  let isAway = false;
  let isGathering = false;
  const streams = new Set<Socket>();
  const { port } = new URL(apiUrl);
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = "", socket } = incoming;
    if (isAway || !url.startsWith(`${base}/`) || isCut?.(incoming) === true) return void socket.destroy();
    if (url.includes("/stream")) {
      streams.add(socket);
      socket.once("close", () => streams.delete(socket));
    }
    if (url.includes("/stream") && isGathering) return;
    const path = url.slice(base.length);
    const onward = ask({ port, path, method, headers, host: "127.0.0.1" }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => socket.destroy());
    outgoing.once("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  const { url, close } = await listenOnLoopback(server);
  return {
    url: `${url}${base}`,
    setAway(away) {
      isAway = away;
      if (isAway) server.closeAllConnections();
    },
    setGathering(gathering) {
      isGathering = gathering;
    },
    streams: () => streams.size,
    breakStreams() {
      for (const socket of streams) socket.destroy();
    },
    close,
  };
}
