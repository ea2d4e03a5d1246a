// A real Sentinel over the Redis servers of a test.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect } from "vitest";
import { type TlsFiles, toTlsSettings } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { closedPort } from "./network.ts";
import { redisBinary } from "./redis.ts";

/** So soon it takes a primary that does not answer for dead. */
const DOWN_MS = 1_000;

export interface Sentinel {
  /** As a setting names it. */
  readonly url: string;
  /** Waits until it knows so many replicas, one of which it could make primary. */
  untilReplicas(count: number): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * A Sentinel that watches over the Redis on a port of this machine, and decides alone.
 * @param tls with which it listens, and speaks to Redis.
 */
export async function startSentinel(redisPort: number, tls?: TlsFiles): Promise<Sentinel> {
  const directory = await mkdtemp(join(tmpdir(), "postrider-sentinel-"));
  const port = await closedPort();
  const file = join(directory, "sentinel.conf");
  const tlsPort = tls === undefined ? null : await closedPort();
  const lines = [
    "bind 127.0.0.1",
    `port ${port}`,
    `dir ${directory}`,
    `sentinel monitor mymaster 127.0.0.1 ${redisPort} 1`,
    `sentinel down-after-milliseconds mymaster ${DOWN_MS}`,
    "sentinel failover-timeout mymaster 5000",
    ...(tls === undefined || tlsPort === null ? [] : toTlsLines(tlsPort, tls)),
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const child = spawn(redisBinary(), [file, "--sentinel"], { stdio: "ignore" });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  return {
    url: `${tlsPort === null ? "redis" : "rediss"}+sentinel://127.0.0.1:${tlsPort ?? port}/mymaster`,
    async untilReplicas(count) {
      const redis = new Redis({ port, host: "127.0.0.1", replyMapping: "legacy" });
      redis.on("error", () => undefined);
      try {
        await eventually(async () => {
          const replicas = (await redis.call("SENTINEL", "REPLICAS", "mymaster")) as string[][];
          const linked = replicas.filter((facts) => facts[facts.indexOf("master-link-status") + 1] === "ok");
          expect(linked).toHaveLength(count);
        });
      } finally {
        redis.disconnect();
      }
    },
    async [Symbol.asyncDispose]() {
      process.off("exit", kill);
      const exited = once(child, "exit");
      child.kill();
      await exited;
      await rm(directory, { recursive: true });
    },
  };
}

function toTlsLines(port: number, tls: TlsFiles): string[] {
  const settings = toTlsSettings(port, tls);
  const lines = settings.flatMap((name, index) =>
    index % 2 === 0 ? [`${name.slice("--".length)} ${settings[index + 1]}`] : [],
  );
  return [...lines, "tls-auth-clients no", "tls-replication yes"];
}
