// A whole installation on this machine: Redis, an API with the canary, and two workers, whose processes can
// be stopped and started again at the same ports.

import { createProducer, type Producer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { findOnPath, startRedisServer } from "../../../packages/cli/src/redis/redis-server.ts";
import { keyPrefix } from "../../support/key-prefix.ts";
import { closedPort, LOOPBACK } from "../../support/network.ts";
import { type StartedProcess, startPostrider } from "../../support/processes.ts";
import { type Destinations, startDestinations } from "./destinations.ts";

export interface Role {
  readonly port: number;
  readonly process: StartedProcess;
  /** Starts it anew, after it was ended; waits until it is ready. */
  start(): Promise<void>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

export interface Installation {
  readonly redis: Redis;
  readonly redisPid: () => number;
  readonly producer: Producer;
  readonly destinations: Destinations;
  readonly api: Role;
  readonly workers: readonly [Role, Role];
  readonly apiUrl: string;
  /** Where one more worker would be looked for. */
  readonly sparePort: number;
  /** And one more API. */
  readonly spareApiPort: number;
  readonly environment: Readonly<Record<string, string>>;
  /** SIGKILL, and the same server again. */
  killRedis(): Promise<void>;
  restartRedis(): Promise<void>;
  /** An action of this name that sends to the nth destination. */
  apply(id: string, path: string, more?: Readonly<Record<string, unknown>>): Promise<void>;
  close(): Promise<void>;
}

/** Every four seconds instead of once a minute, as everything here is faster. */
const CANARY = { POSTRIDER_CANARY: "true", POSTRIDER_CANARY_EVERY_MS: "4000" } as const;

/** Short times, so that faults show within seconds. */
const WORKER = {
  POSTRIDER_METRICS_HOST: "127.0.0.1",
  POSTRIDER_LOCK_MS: "5000",
  POSTRIDER_STALLED_CHECK_MS: "500",
  POSTRIDER_SHUTDOWN_GRACE_MS: "1000",
  POSTRIDER_OWN_LANES_MAX: "8",
  POSTRIDER_DEAD_LETTERS_MAX: "500",
} as const;

export async function startInstallation(directory: string): Promise<Installation> {
  const binary = findOnPath(["redis-server", "valkey-server"], process.env["PATH"] ?? "");
  if (binary === null)
    throw new Error("redis-server is needed and not on the PATH (Debian: apt-get install redis-server)");
  let server = await startRedisServer({ binary, directory, port: await closedPort() });
  const { url, port: redisPort } = server;
  const environment = {
    ...LOOPBACK,
    POSTRIDER_REDIS_URL: url,
    POSTRIDER_LOG_FORMAT: "json",
    POSTRIDER_LOG_LEVEL: "warn",
  };
  const destinations = await startDestinations();
  const producer = await createProducer({ redis: url, keyPrefix });
  const redis = new Redis(url, { replyMapping: "legacy", maxRetriesPerRequest: null });
  redis.on("error", () => undefined);
  const role = async (name: "api" | "worker", more: Record<string, string>): Promise<Role> => {
    const port = await closedPort();
    const variables =
      name === "api" ? { POSTRIDER_API_PORT: String(port) } : { POSTRIDER_METRICS_PORT: String(port) };
    const all = { ...environment, ...more, ...variables };
    return startRole(port, () => startPostrider([name], all));
  };
  const workers = [await role("worker", WORKER), await role("worker", WORKER)] as const;
  const api = await role("api", { POSTRIDER_API_HOST: "127.0.0.1", ...CANARY });
  return {
    redis,
    redisPid: () => server.pid,
    producer,
    destinations,
    api,
    workers,
    sparePort: await closedPort(),
    spareApiPort: await closedPort(),
    apiUrl: `http://127.0.0.1:${api.port}`,
    environment,
    killRedis: () => server.kill(),
    async restartRedis() {
      server = await startRedisServer({ binary, directory, port: redisPort });
    },
    async apply(id, path, more = {}) {
      const retry = { attempts: 3, baseMs: 200, factor: 1, maxMs: 200 };
      await producer.actions.apply({
        id,
        url: `${destinations.origin(0)}${path}`,
        body: "{{ customer }}",
        retry,
        ...more,
      });
    },
    async close() {
      for (const one of [api, ...workers]) await one.stop("SIGKILL");
      await producer.close();
      redis.disconnect();
      destinations.close();
      await server.stop();
    },
  };
}

async function startRole(port: number, spawn: () => StartedProcess): Promise<Role> {
  let running: StartedProcess | null = null;
  const role = {
    port,
    get process() {
      if (running === null) throw new Error(`nothing runs on port ${port}`);
      return running;
    },
    async start() {
      running = spawn();
      await untilAnswers(`http://127.0.0.1:${port}/metrics`, running);
    },
    async stop(signal: NodeJS.Signals = "SIGTERM") {
      running?.kill(signal);
      await running?.exited;
      running = null;
    },
  };
  await role.start();
  return role;
}

async function untilAnswers(url: string, process: StartedProcess): Promise<void> {
  let hasEnded = false;
  void process.exited.then(() => (hasEnded = true));
  for (let tries = 0; tries < 600; tries++) {
    if (hasEnded) throw new Error(`it ended at once: ${process.stdout}${process.stderr}`);
    if (
      await fetch(url).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${url} does not answer`);
}
