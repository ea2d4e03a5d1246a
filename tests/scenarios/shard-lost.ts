// One of several Redis servers, each a shard, is killed under load: what the other shards deliver meanwhile,
// beside what they delivered before. Then it is back, and what lay in it is delivered as well.

import { setTimeout } from "node:timers/promises";
import { createProducer, type Producer } from "@postrider/producer/producer";
import { createRendezvous } from "@postrider/redis/rendezvous";
import { toDeliveryId } from "@postrider/shared/delivery";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { countRequests, SHORT_CLAIMS, startFleet } from "../support/fleet.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { ok, type ReceivedRequest, slow, startReceiver } from "../support/receiver.ts";
import { shardNames, startShardServers } from "../support/shards.ts";

const SHARDS = 4;
/** Not the first, which holds the store. */
const LOST = 2;
const WORKERS = 2;
const CONCURRENCY = 50;
/** So long that slots are the limit, and not this machine's cores. */
const ANSWER_MS = 100;
const CHUNK = 1_000;

export interface ShardLost {
  readonly count: number;
  /** What is delivered is counted for so long before, and again later. */
  readonly windowMs: number;
  /** And for so long from the moment of the death on. */
  readonly firstMs: number;
  readonly limitMs: number;
}

/** What the shards that stay deliver a second. */
export interface RatesOfOthers {
  readonly before: number;
  readonly first: number;
  readonly after: number;
}

export async function loseOneShard({ count, windowMs, firstMs, limitMs }: ShardLost): Promise<RatesOfOthers> {
  await using servers = await startShardServers(SHARDS, { appendFsync: "always" });
  const [redis = ""] = servers.urls;
  await using receiver = await startReceiver(() => slow(ANSWER_MS, ok()));
  const producer = await createProducer({ redis, servers: servers.urls, shards: SHARDS, keyPrefix });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await enqueue(producer, count);
  const homeOf = createRendezvous(await shardNames(producer.store));
  const isOfOthers = ({ body }: ReceivedRequest): boolean => {
    const { id } = JSON.parse(body) as { id: string };
    return homeOf(toDeliveryId({ key: id })) !== LOST;
  };
  const countFrom = (from: number, ms: number): number => {
    const within = receiver.requests.filter(({ atMs }) => atMs >= from && atMs < from + ms);
    return Math.round((within.filter(isOfOthers).length * 1_000) / ms);
  };
  await using _ = startFleet(redis, WORKERS, {
    POSTRIDER_REDIS_URL: servers.urls.join(" "),
    POSTRIDER_CONCURRENCY: String(CONCURRENCY),
    ...SHORT_CLAIMS,
  });
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(count / 15));
  await setTimeout(windowMs);
  const killedAt = Date.now();
  await servers.kill(LOST);
  await setTimeout(killedAt + firstMs + windowMs - Date.now());
  const rates = {
    before: countFrom(killedAt - windowMs, windowMs),
    first: countFrom(killedAt, firstMs),
    after: countFrom(killedAt + firstMs, windowMs),
  };
  // Something must have been left to deliver, or the figures say nothing.
  expect(receiver.byKey().size).toBeLessThan(count);
  await servers.restart(LOST);
  await eventually(() => expect(receiver.byKey().size).toBe(count), limitMs);
  const { doubled } = countRequests([receiver]);
  const percent = (rate: number): string => `${Math.round((rate * 100) / rates.before)} %`;
  console.log("one of four shards lost: a second by the others", {
    ...rates,
    kept: [percent(rates.first), percent(rates.after)],
    doubled,
  });
  expect(doubled).toBeLessThanOrEqual(WORKERS * CONCURRENCY * 2);
  await producer.close();
  return rates;
}

async function enqueue(producer: Producer, count: number): Promise<void> {
  for (let from = 0; from < count; from += CHUNK) {
    const ids = Array.from({ length: Math.min(CHUNK, count - from) }, (_, nth) => `c${from + nth}`);
    await producer.enqueueAll(
      ids.map((id) => ({ action: "a", customer: { id }, key: id, lane: "bulk" as const })),
    );
  }
}
