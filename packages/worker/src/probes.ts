// /metrics, /healthz and /readyz on a port of their own, so that a busy API or lane cannot hide them.

import { within } from "@postrider/redis/within";
import { PostriderError } from "@postrider/shared/errors";
import { fastify } from "fastify";
import type { Metrics } from "./record/metrics.ts";
import type { ServedShards } from "./served-shards.ts";

export interface ProbeOptions {
  readonly shards: Pick<ServedShards, "ping" | "readFigures" | "stuckIn">;
  readonly metrics: Metrics;
  readonly host: string;
  readonly port: number;
  /** Whether this process claims deliveries. */
  readonly isServing: () => boolean;
}

export interface Probes {
  readonly port: number;
  close(): Promise<void>;
}

/** An answer that takes longer tells the prober nothing. */
const REDIS_ANSWER_MS = 1_000;

/** Serves the probes. @throws `port_taken`. */
export async function serveProbes({ shards, metrics, host, port, isServing }: ProbeOptions): Promise<Probes> {
  const server = fastify({ logger: false, forceCloseConnections: true });
  server.get("/healthz", (_, reply) => {
    const lane = shards.stuckIn();
    return lane === null ? { status: "ok" } : reply.code(503).send({ status: "stuck", lane });
  });
  server.get("/readyz", async (_, reply) => {
    const isReady = isServing() && (await within(REDIS_ANSWER_MS, shards.ping())) === "PONG";
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? "ok" : "not ready" });
  });
  server.get("/metrics", async (_, reply) => {
    // What was read before Redis went away says nothing about now: no gauge is better than an old one.
    metrics.installation(await within(REDIS_ANSWER_MS, shards.readFigures()));
    return reply.type(metrics.registry.contentType).send(await metrics.registry.metrics());
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
