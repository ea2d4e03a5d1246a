// For a while nothing passes between workers and Redis, and nobody is told: no reset, no refusal. Does every
// single worker consume again, by itself, and is nothing lost?

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { countRequests, startFleet, untilOver } from "../support/fleet.ts";
import { startProxy } from "../support/proxy.ts";
import { ok, slow, startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";
import { customers } from "../support/system.ts";

const CONCURRENCY = 10;
const BUSY = 600;
/** Each worker serves a lane of its own, so that no other one can hide that it has fallen silent. */
const LANES = ["one", "two", "three"] as const;

/** @param backMs every worker consumes again so soon after packets pass again. */
export async function surviveBlackHole(seconds: number, backMs: number): Promise<void> {
  const server = await startRedisServer({ binary: redisBinary() });
  await using proxy = await startProxy(server.port);
  await using receiver = await startReceiver(() => slow(20, ok()));
  const producer = await createProducer({ redis: server.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(proxy.url, 0, { POSTRIDER_CONCURRENCY: String(CONCURRENCY) });
  for (const lane of LANES) fleet.start({ POSTRIDER_LANES: lane });
  await fleet.untilServing();
  const enqueueEach = async (prefix: string): Promise<string[]> => {
    const ids: string[] = [];
    for (const lane of LANES)
      ids.push((await producer.enqueue({ action: "a", customer: { id: `${prefix}${lane}` }, lane })).id);
    return ids;
  };
  const untilDelivered = (ids: readonly string[], limitMs?: number): Promise<void> =>
    eventually(async () => {
      for (const id of ids) expect(await producer.outcomes.get(id)).toMatchObject({ outcome: "delivered" });
    }, limitMs);
  await untilDelivered(await enqueueEach("before"));
  // One worker is busy when it happens, the others wait. What it has left then is done within a second.
  await producer.enqueueMany({ action: "a", customers: customers(BUSY), run: "r", lane: "one" });
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(BUSY / 2));

  proxy.swallow();
  const meanwhile = await enqueueEach("meanwhile");
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  proxy.pass();
  const passedAt = Date.now();
  await untilDelivered(meanwhile, backMs);
  console.log("black hole", { seconds, backAfterMs: Date.now() - passedAt });

  expect(await untilOver(producer, "r")).toMatchObject({ delivered: BUSY, failed: 0 });
  expect(fleet.running).toHaveLength(LANES.length);
  const { unique, doubled } = countRequests([receiver]);
  expect(unique).toBe(BUSY + 2 * LANES.length);
  // What was in flight, where a claim ran out meanwhile.
  expect(doubled).toBeLessThanOrEqual(CONCURRENCY);
  await producer.close();
  await server.stop();
}
