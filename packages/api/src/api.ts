// `postrider api`: the HTTP API over a producer. Puts the parts together and owns their lifetime.

import { readFile } from "node:fs/promises";
import { createComposer } from "@postrider/compose/apart/composer";
import { findOpenTelemetry, traceOne } from "@postrider/producer/enqueue/trace-enqueue";
import type { Producer } from "@postrider/producer/producer";
import { createAnswers } from "@postrider/redis/answers";
import { createBinArrivals } from "@postrider/redis/bin-arrivals";
import { FIGURES_MS } from "@postrider/redis/figures";
import { repeat } from "@postrider/redis/periodic";
import { probeRedis } from "@postrider/redis/probe";
import { createLeaseRequests } from "@postrider/redis/scripts/lease-requests";
import { WHOLE_RUNS_MS } from "@postrider/redis/whole-runs";
import { within } from "@postrider/redis/within";
import { PostriderError } from "@postrider/shared/errors";
import type { Logger } from "@postrider/shared/log";
import { createSealer } from "@postrider/shared/seal";
import type { Settings } from "@postrider/shared/settings/settings";
import type { Tracing } from "@postrider/shared/tracing/tracing";
import { createApiMetrics } from "./api-metrics.ts";
import { createBatchedEnqueue } from "./batched-enqueue.ts";
import { createCanary } from "./canary/canary.ts";
import { createIdempotency } from "./idempotency.ts";
import { createAnswering } from "./route/answering.ts";
import type { Tools } from "./route/tools.ts";
import { ROUTES } from "./routes.ts";
import { readConsole } from "./server/console-files.ts";
import { createServer } from "./server/server.ts";
import type { RequestTracing } from "./server/trace-requests.ts";
import { createCarrierDuty } from "./subscriptions/carrier-duty.ts";
import { createTaskRunner } from "./tasks/runner.ts";
import { createTokenDirectory } from "./tokens/directory.ts";
import { createRateLimit } from "./tokens/rate-limit.ts";
import { createDoor } from "./tokens/token-door.ts";

export interface ApiOptions {
  readonly producer: Producer;
  readonly settings: Settings;
  readonly log: Logger;
  /** Where traces are on and registered: requests have spans then. */
  readonly tracing?: Tracing | null;
}

export interface Api {
  /** @throws `port_taken`, `settings_invalid` for TLS files that cannot be read. */
  listen(): Promise<void>;
  /** Such as `http://127.0.0.1:8080`; null before it listens. */
  readonly address: string | null;
  /** Takes no more, answers what is in flight (POSTRIDER_SHUTDOWN_GRACE_MS at most), and resolves then. */
  close(): Promise<void>;
}

const LOOPBACK = "127.0.0.1";

export async function createApi({ producer, settings, log, tracing = null }: ApiOptions): Promise<Api> {
  const metrics = createApiMetrics(ROUTES, () => producer.watching.takenIn, tracing);
  const composer = createComposer();
  const tools: Tools = {
    ...{ producer, composer, metrics },
    // The span is the request's own, whatever else enters Redis together with it.
    enqueueOne: traceOne(createBatchedEnqueue(producer.enqueueAll), await findOpenTelemetry()),
    arrivals: createBinArrivals(producer.store, createSealer(settings.secretKeys)),
    streamSilenceMs: settings.apiStreamSilenceMs,
    now: Date.now,
    isOpen: () => server.isOpen(),
    pingRedis: async (limitMs) => (await within(limitMs, producer.store.redis.ping())) === "PONG",
  };
  const directory = createTokenDirectory(producer.tokens, settings.apiTokens, Date.now);
  let isLoopbackOnly = false;
  const server = createServer({
    routes: ROUTES,
    door: createDoor({
      directory,
      rateLimit: createRateLimit({
        perSecond: settings.apiRequestsPerSecond,
        lease: createLeaseRequests(producer.store),
        now: Date.now,
      }),
      isLoopbackOnly: () => isLoopbackOnly,
    }),
    answer: createAnswering({
      tools,
      idempotency: createIdempotency(createAnswers(producer.store, settings.apiIdempotencyMs)),
      log,
    }),
    readConsole,
    bodyBytesMax: settings.apiBodyBytesMax,
    bodyMs: settings.apiBodyMs,
    inFlightMax: settings.apiInFlightMax,
    tls: await readTls(settings),
    tracing: await findRequestTracing(tracing),
    metrics,
    log,
  });
  metrics.redis.watchShards(() => producer.shardsAway().length);
  const tasks = createTaskRunner({ producer: producer.as(null), metrics, log });
  const subscriptions = createCarrierDuty(producer, log);
  const canary = createCanary({ producer: producer.as(null), settings, metrics: metrics.canary, log });
  const startWatching = () => [
    probeRedis(producer.store.redis, metrics.redis, log),
    repeat("figures", FIGURES_MS, producer.watching.figures.gather, log),
    repeat("whole-runs", WHOLE_RUNS_MS, producer.watching.tellWholeRuns, log),
  ];
  let watching: ReturnType<typeof startWatching> = [];
  let address: string | null = null;
  return {
    get address() {
      return address;
    },
    async listen() {
      isLoopbackOnly = await directory.isEmpty();
      await canary.check(isLoopbackOnly);
      const host = isLoopbackOnly ? LOOPBACK : settings.apiHost;
      const port = settings.apiPort;
      address = await server.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
        throw error.code === "EADDRINUSE" ? toPortTaken(host, port, error) : error;
      });
      log.info({ address, console: `${address}/console/` }, "API ready");
      tasks.start();
      subscriptions.start();
      watching = startWatching();
      canary.start(address);
      if (isLoopbackOnly)
        log.info(
          "no token is there, so the API listens on loopback only and needs none; make one with postrider tokens create, and start the API again",
        );
    },
    async close() {
      const duties = [tasks.close(), subscriptions.close(), canary.close()];
      const watches = watching.map((duty) => duty.stop());
      await Promise.all([server.close(settings.shutdownGraceMs), ...duties, ...watches]);
      await composer.close();
    },
  };
}

/** Loaded where there is something to trace for. */
async function findRequestTracing(tracing: Tracing | null): Promise<RequestTracing | null> {
  if (tracing === null) return null;
  const { createRequestTracing } = await import("./server/trace-requests.ts");
  return createRequestTracing();
}

function toPortTaken(host: string, port: number, cause: Error): PostriderError {
  return new PostriderError(
    "port_taken",
    `POSTRIDER_API_PORT: port ${port} of ${host} is taken (EADDRINUSE); choose another, or 0 for any free one`,
    { cause },
  );
}

async function readTls({ apiTlsCert, apiTlsKey }: Settings): Promise<{ cert: string; key: string } | null> {
  if (apiTlsCert === "") return null;
  const read = (setting: string, path: string): Promise<string> =>
    readFile(path, "utf8").catch((error: Error) => {
      throw new PostriderError("settings_invalid", `${setting}: ${error.message}`, { cause: error });
    });
  return {
    cert: await read("POSTRIDER_API_TLS_CERT", apiTlsCert),
    key: await read("POSTRIDER_API_TLS_KEY", apiTlsKey),
  };
}
