// /metrics, /healthz and /readyz on a port of their own, so that a busy API or lane cannot hide them.

import { PostriderError } from "@postrider/shared/errors";
import { fastify } from "fastify";

/** What is told of a worker, whether it is one process or several. */
export interface Signs {
  /** What is wrong with it, as it is to be answered; null while it claims as it should. */
  ailment(): Promise<Readonly<Record<string, unknown>> | null>;
  /** Whether it claims deliveries, and Redis answers. */
  isReady(): Promise<boolean>;
  page(): Promise<{ readonly contentType: string; readonly text: string }>;
}

export interface ProbeOptions {
  readonly signs: Signs;
  readonly host: string;
  readonly port: number;
}

export interface Probes {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the probes. @throws `port_taken`. */
export async function serveProbes({ signs, host, port }: ProbeOptions): Promise<Probes> {
  const server = fastify({ logger: false, forceCloseConnections: true });
  server.get("/healthz", async (_, reply) => {
    const ailment = await signs.ailment();
    return ailment === null ? { status: "ok" } : reply.code(503).send(ailment);
  });
  server.get("/readyz", async (_, reply) => {
    const isReady = await signs.isReady();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? "ok" : "not ready" });
  });
  server.get("/metrics", async (_, reply) => {
    const { contentType, text } = await signs.page();
    return reply.type(contentType).send(text);
  });
  const address = await server.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new PostriderError(
      "port_taken",
      `POSTRIDER_METRICS_PORT: port ${port} of ${host} is taken (EADDRINUSE), perhaps by another worker; choose another, or 0 for any free one`,
      { cause: error },
    );
  });
  return { port: Number(new URL(address).port), close: () => server.close() };
}
