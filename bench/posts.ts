// Single deliveries by POST: what one costs in `postrider api`, against a bare Fastify with `addBulk` behind
// it. What their sender spends is counted for neither.

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createProducer } from "@postrider/producer/producer";
import { Pool } from "undici";
import { API_COMMAND, freePort, untilReady } from "./api-child.ts";
import { type Child, cpuMicros, startChild } from "./child.ts";
import type { Bench, Size } from "./measure.ts";
import { customers, toAction } from "./workload.ts";

export interface PostsMeasurement {
  /** CPU time per delivery, node's and Redis' together. */
  readonly bareMicrosPerDelivery: number;
  readonly apiMicrosPerDelivery: number;
}

const BARE = fileURLToPath(new URL("cases/bare-api.ts", import.meta.url));
const ACTION = toAction("http://127.0.0.1:1");
/** Requests under way at once: fewer than the API takes. */
const CONNECTIONS = 100;

/** @param isBareFirst which of them comes first, since a machine may slow down meanwhile. */
export async function measurePosts(
  bench: Bench,
  size: Size,
  isBareFirst: boolean,
): Promise<PostsMeasurement> {
  const measured = { "bare-api": 0, api: 0 };
  for (const name of isBareFirst ? (["bare-api", "api"] as const) : (["api", "bare-api"] as const))
    measured[name] = await measureServer(name, bench, size);
  return { bareMicrosPerDelivery: measured["bare-api"], apiMicrosPerDelivery: measured.api };
}

async function measureServer(name: "api" | "bare-api", bench: Bench, size: Size): Promise<number> {
  const { world, lane, folder } = bench;
  const { deliveries, warmUp } = size;
  await lane.clear();
  const producer = await createProducer({ redis: world.redisUrl });
  await producer.actions.apply(ACTION);
  await producer.close();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = start(name, world.redisUrl, port, join(folder, `${name}-posts.log`));
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
  try {
    await untilReady(url, server);
    await post(pool, 0, warmUp);
    const spent = async (): Promise<number> => (await cpuMicros(server)) + (await lane.cpuMicros());
    const before = await spent();
    await post(pool, warmUp, deliveries);
    return ((await spent()) - before) / deliveries;
  } finally {
    await pool.close();
    await server.stop();
  }
}

function start(name: "api" | "bare-api", redisUrl: string, port: number, log: string): Child {
  if (name === "bare-api")
    return startChild(
      [process.execPath, "--import", import.meta.resolve("tsx"), BARE, redisUrl, String(port)],
      { log },
    );
  const env = {
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_API_PORT: String(port),
    POSTRIDER_API_REQUESTS_PER_SECOND: "1000000",
  };
  return startChild([process.execPath, API_COMMAND, "api"], { env, log });
}

/** @throws when one is not taken in. */
async function post(pool: Pool, first: number, count: number): Promise<void> {
  const all = customers(first, count);
  const send = async (): Promise<void> => {
    // The connections share what is left.
    for (const customer of all) {
      const { statusCode, body } = await pool.request({
        method: "POST",
        path: "/v1/deliveries",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ action: ACTION.id, customer }),
      });
      const text = await body.text();
      if (statusCode !== 202) throw new Error(`posts: answered ${statusCode}: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, send));
}
