// What Redis holds after a million deliveries, by kind of key, and whether it is back to where it was once
// what is kept for a time is gone. Run by `npm run test:leftovers -- [COUNT]`.

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { provideRedis } from "@postrider/cli/redis/provide-redis";
import { createProducer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { startChild, stopChildren } from "../../bench/child.ts";
import { describeLeftovers, letGo, readLeftovers } from "./leftovers.ts";

const COUNT = Number(process.argv[2] ?? 1_000_000);
/** Redis' own tables, the latest outcomes and events, and what an allocator keeps. */
const GROWTH_MAX = 8 * 1_048_576;
const OUTCOMES_KEPT = "10000";
const POLL_MS = 1_000;
const COMMAND = fileURLToPath(new URL("../../packages/cli/dist/main.js", import.meta.url));

function* customers(count: number) {
  for (let index = 0; index < count; index++) yield { id: `customer/${index}`, plan: "gold" };
}

async function dataBytes(redis: Redis): Promise<number> {
  const info = await redis.info("memory");
  const read = (name: string): number => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
  return read("used_memory") - read("mem_clients_normal") - read("mem_aof_buffer");
}

const server = createServer((request, response) => {
  request.resume();
  request.once("end", () => response.end());
});
await new Promise<void>((resolve) => server.listen({ host: "127.0.0.1", port: 0 }, resolve));
const { port } = server.address() as AddressInfo;
const started = await provideRedis({ url: undefined, say: console.log, path: process.env["PATH"] ?? "" });
const redis = new Redis(started.url);
const producer = await createProducer({ redis: started.url, backlogMax: 2 * COUNT });

async function deliver(run: string, count: number): Promise<void> {
  await producer.enqueueMany({ action: "million", customers: customers(count), run });
  for (;;) {
    const { waiting, inFlight, delivered } = await producer.runs.get(run);
    console.log(`${run}: ${delivered} of ${count} delivered`);
    if (waiting + inFlight === 0) return;
    await sleep(POLL_MS);
  }
}

let exitCode = 1;
try {
  await producer.actions.apply({
    id: "million",
    url: `http://127.0.0.1:${port}/`,
    body: "{{ customer }}",
  });
  const worker = startChild([process.execPath, COMMAND, "worker"], {
    env: {
      POSTRIDER_REDIS_URL: started.url,
      POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8",
      POSTRIDER_METRICS_HOST: "127.0.0.1",
      POSTRIDER_METRICS_PORT: "0",
      POSTRIDER_OUTCOMES_KEPT: OUTCOMES_KEPT,
    },
    log: "/dev/null",
  });
  // What is made once is there before.
  await deliver("before", 2_000);
  await letGo(redis);
  const before = await dataBytes(redis);
  await deliver("all", COUNT);
  await worker.stop();
  const left = await readLeftovers(redis);
  const kept = await dataBytes(redis);
  console.log(`\n${describeLeftovers(left)}\n`);
  console.log(`Redis' data: ${before} bytes before, ${kept} after ${COUNT} deliveries`);
  await letGo(redis);
  const after = await dataBytes(redis);
  console.log(`${after} once what is kept for a time is gone: ${after - before} more than before`);
  const lost = [...left.unknown, ...left.staying];
  if (lost.length > 0) console.log(`FAILED: nothing takes these away: ${lost.join(", ")}`);
  if (after - before > GROWTH_MAX) console.log(`FAILED: at most ${GROWTH_MAX} bytes may stay`);
  exitCode = lost.length === 0 && after - before <= GROWTH_MAX ? 0 : 1;
} finally {
  await stopChildren();
  await producer.close();
  redis.disconnect();
  await started.stop();
  server.closeAllConnections();
  server.close();
}
process.exitCode = exitCode;
