// The test double is a real HTTP server with a script of behaviours.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listenOnLoopback } from "./listen.ts";

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
  readonly key: string;
  readonly atMs: number;
}

/** What the receiver does with one request. */
export type Behaviour = (response: ServerResponse) => void;

/** `nth` counts the requests of one Idempotency-Key, from 1. */
export type Script = (request: ReceivedRequest, context: { readonly nth: number }) => Behaviour;

export interface Receiver {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Requests by Idempotency-Key. */
  byKey(): Map<string, ReceivedRequest[]>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export function reply(status: number, headers: Record<string, string> = {}, body = ""): Behaviour {
  return (response) => void response.writeHead(status, headers).end(body);
}

export function ok(body = "ok"): Behaviour {
  return reply(200, {}, body);
}

export function hang(): Behaviour {
  return () => undefined;
}

export function slow(ms: number, then: Behaviour): Behaviour {
  return (response) => void setTimeout(() => then(response), ms);
}

/** Accepts everything, so many milliseconds late, and counts the requests that are open at the same time. */
export function acceptLate(ms: number): { readonly script: Script; mostOpen(): number } {
  let open = 0;
  let most = 0;
  const script: Script = () => (response) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open -= 1;
      response.end("ok");
    }, ms);
  };
  return { script, mostOpen: () => most };
}

/** Headers at once, then a body that never ends. */
export function drip(bytes: number, intervalMs: number): Behaviour {
  return (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write("x".repeat(bytes)), intervalMs);
    response.on("close", () => clearInterval(timer));
  };
}

export function reset(): Behaviour {
  return (response) => void response.destroy();
}

export function resetMidBody(): Behaviour {
  return (response) => {
    response.writeHead(200, { "content-length": "1000" });
    response.write("half", () => response.destroy());
  };
}

export function huge(bytes: number): Behaviour {
  return (response) => {
    response.on("error", () => undefined);
    response.writeHead(200).end(Buffer.alloc(bytes, "x"));
  };
}

/** Starts a receiver on loopback; without a script everything is accepted. */
export async function startReceiver(script: Script = () => ok()): Promise<Receiver> {
  const requests: ReceivedRequest[] = [];
  const keys = new Map<string, ReceivedRequest[]>();
  const server = createServer((message, response) => {
    receive(message).then(
      (request) => {
        requests.push(request);
        const same = keys.get(request.key) ?? [];
        same.push(request);
        keys.set(request.key, same);
        script(request, { nth: same.length })(response);
      },
      // The sender gave up while it wrote: nothing was received.
      () => response.destroy(),
    );
  });
  const { url, close } = await listenOnLoopback(server);
  return {
    url,
    requests,
    byKey: () => keys,
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function receive(message: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value]) => [name, String(value)]),
  );
  return {
    method: message.method ?? "",
    path: message.url ?? "",
    headers,
    rawHeaders: message.rawHeaders,
    body: Buffer.concat(chunks).toString("utf8"),
    key: headers["idempotency-key"] ?? "",
    atMs: Date.now(),
  };
}
