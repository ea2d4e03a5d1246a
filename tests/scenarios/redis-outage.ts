// Redis goes away for a while and comes back with what it had: does every single worker consume again?

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedisServer } from "@postrider/cli/redis/server";
import { createProducer } from "@postrider/producer/producer";
import { expect } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startFleet } from "../support/fleet.ts";
import { startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";

/** Of the promise: every worker consumes again so soon after Redis' return. */
const BACK_MS = 15_000;

/** Each worker serves a lane of its own, so that no other one can hide that it has fallen silent. */
const LANES = ["one", "two", "three"] as const;

/** Kills Redis for so long under idle and busy workers, and checks that each consumes again in time, by itself. */
export async function surviveOutage(seconds: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "postrider-test-redis-"));
  const server = { binary: redisBinary(), directory, appendFsync: "always" } as const;
  const first = await startRedisServer(server);
  await using receiver = await startReceiver();
  const producer = await createProducer({ redis: first.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(first.url, 0);
  for (const lane of LANES) fleet.start({ POSTRIDER_LANES: lane });
  await fleet.untilServing();
  const untilEach = async (prefix: string, limitMs: number): Promise<void> => {
    const ids: string[] = [];
    for (const lane of LANES)
      ids.push((await producer.enqueue({ action: "a", customer: { id: `${prefix}${lane}` }, lane })).id);
    await eventually(async () => {
      for (const id of ids) expect(await producer.outcomes.get(id)).toMatchObject({ outcome: "delivered" });
    }, limitMs);
  };
  await untilEach("before", 30_000);

  await first.kill();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
  const second = await startRedisServer({ ...server, port: first.port });
  await eventually(() => producer.runs.list(1), BACK_MS);
  await untilEach("after", BACK_MS);

  expect(fleet.running).toHaveLength(LANES.length);
  await producer.close();
  await second.stop();
  await rm(directory, { recursive: true });
}
