// The other side: an API with the habits of real ones, in a process of its own. What it does with a delivery
// follows from the delivery's key alone, so a run can be repeated. It writes down what it got, and trusts the
// sender in nothing.

import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One line of the record. */
export interface Received {
  readonly key: string;
  readonly path: string;
  readonly authorization: string | null;
  readonly customerHeader: string | null;
  readonly body: string;
  /** What was answered; 0 for a connection that was reset. */
  readonly status: number;
  readonly at: number;
}

const RESET = 0;

/** What happens to a delivery's n-th request (from 1). Shares are of all deliveries. */
export function behave(key: string, nth: number): { status: number; waitMs: number } {
  const draw = createHash("sha256").update(key).digest().readUInt32BE(0) / 4_294_967_296;
  if (draw < 0.002) return { status: 400, waitMs: 0 };
  if (draw < 0.0025) return { status: 410, waitMs: 0 };
  if (draw < 0.04) return { status: nth <= 2 ? 503 : 200, waitMs: 0 };
  if (draw < 0.06) return { status: nth === 1 ? 429 : 200, waitMs: 0 };
  if (draw < 0.07) return { status: nth === 1 ? RESET : 200, waitMs: 5 };
  if (draw < 0.09) return { status: 200, waitMs: 300 + draw * 5_000 };
  return { status: 200, waitMs: 1 + draw * 9 };
}

function main(recordPath: string): void {
  const record = createWriteStream(recordPath);
  const seen = new Map<string, number>();
  const server = createServer(
    (request, response) => void answer(request, response).catch(() => response.destroy()),
  );

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const key = String(request.headers["idempotency-key"]);
    const nth = (seen.get(key) ?? 0) + 1;
    seen.set(key, nth);
    const { status, waitMs } = behave(key, nth);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    // A reset comes after the work was done, as the nastiest ones do: the receiver knows of the request, the
    // sender does not.
    record.write(`${JSON.stringify(toReceived(request, key, body, status))}\n`);
    if (status === RESET) response.destroy();
    else
      response
        .writeHead(status, status === 429 ? { "retry-after": "1" } : {})
        .end(status === 200 ? '{"ok":true}' : '{"error":"no"}');
  }

  server.listen(0, "127.0.0.1", () =>
    process.stdout.write(`${JSON.stringify({ port: (server.address() as AddressInfo).port })}\n`),
  );
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
    record.end(() => process.exit(0));
  };
  process.once("SIGTERM", stop);
  // The demo's end, however it comes, is this one's too.
  process.stdin.on("end", stop).resume();
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

function toReceived(
  { url = "", headers }: IncomingMessage,
  key: string,
  body: string,
  status: number,
): Received {
  return {
    key,
    path: url,
    authorization: headers.authorization ?? null,
    customerHeader: (headers["x-customer"] as string | undefined) ?? null,
    body,
    status,
    at: Date.now(),
  };
}

const [, script = "", recordPath] = process.argv;
if (recordPath !== undefined && script.endsWith("receiver.ts")) main(recordPath);
