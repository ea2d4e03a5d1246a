// Moves into an own lane, many at about the same time: each by itself, whatever has become of the others.

import { openLaneClaims } from "@postrider/redis/lane-claims";
import { createMove, type Move } from "@postrider/redis/scripts/move";
import { IN_LANE, RELEASED } from "@postrider/shared/outcome";
import type { OwnLane } from "@postrider/shared/own-lane";
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { afterEach, beforeEach, expect, test } from "vitest";
import { shardKeys, toShard } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const FROM = "bulk";
const DESTINATION: OwnLane = {
  lane: "destination.one",
  kind: "destination",
  of: "https://one.example.com",
  createdAt: 1,
};
const RUN: OwnLane = { lane: "run.spring", kind: "run", of: "spring", createdAt: 1 };

let redis: Redis;
let queues: Record<string, Queue>;
let move: Move;
beforeEach(async () => {
  redis = openRedis(await isolatedRedisUrl(), { maxRetriesPerRequest: null });
  const lanes = [FROM, DESTINATION.lane, RUN.lane];
  const toQueue = (lane: string) => new Queue(lane, { connection: redis, prefix: shardKeys.prefix });
  queues = Object.fromEntries(lanes.map((lane) => [lane, toQueue(lane)]));
  move = createMove(toShard(redis));
});
afterEach(async () => {
  for (const queue of Object.values(queues)) await queue.close();
  redis.disconnect();
});

/** Claims so many, with marks as admission writes them. */
async function claim(count: number) {
  const ids = Array.from({ length: count }, (_, index) => `d-${index}`);
  await queues[FROM]?.addBulk(ids.map((jobId) => ({ name: "delivery", data: {}, opts: { jobId } })));
  for (const id of ids) await redis.set(shardKeys.outcome(id), IN_LANE + FROM);
  const trouble = (error: Error): void => expect.unreachable(error.message);
  const claims = openLaneClaims(FROM, {
    shard: toShard(redis),
    lockMs: 60_000,
    stalledCheckMs: 60_000,
    trouble,
  });
  const tokens = ids.map((id) => `token of ${id}`);
  const { jobs } = await claims.claim(tokens, Date.now());
  await claims.close();
  expect(jobs.map(({ id }) => id)).toEqual(ids);
  return ids.map((id, index) => ({ id, lane: FROM, token: tokens[index] ?? "" }));
}

const waiting = async (lane: string) => (await queues[lane]?.getWaiting())?.map(({ id }) => id);
const markOf = (id: string) => redis.get(shardKeys.outcome(id));

test("all of them arrive in their order, and nothing is left where they were", async () => {
  const claimed = await claim(40);
  const [logged = claimed[0]] = claimed;
  await redis.rpush(`${shardKeys.job(FROM, logged?.id ?? "")}:logs`, "an attempt");
  const moved = await Promise.all(claimed.map((one) => move(one, DESTINATION)));

  expect(new Set(moved)).toEqual(new Set([true]));
  expect(await waiting(DESTINATION.lane)).toEqual(claimed.map(({ id }) => id));
  expect(await queues[FROM]?.getJobCounts("wait", "active")).toEqual({ wait: 0, active: 0 });
  expect(await redis.keys(`${shardKeys.prefix}:${FROM}:d-*`)).toEqual([]);
  expect(await redis.lrange(`${shardKeys.job(DESTINATION.lane, "d-0")}:logs`, 0, -1)).toEqual(["an attempt"]);
  expect(await markOf("d-39")).toBe(IN_LANE + DESTINATION.lane);
  expect(await redis.hexists(shardKeys.ownLanes(), DESTINATION.lane)).toBe(1);
});

test("a claim that is lost, a job that is gone and an end that is recorded change nothing for the others", async () => {
  const claimed = await claim(5);
  await redis.set(`${shardKeys.job(FROM, "d-1")}:lock`, "another worker's");
  await redis.del(shardKeys.job(FROM, "d-2"));
  await redis.set(shardKeys.outcome("d-3"), "delivered ok 200 1 1");
  const moved = await Promise.all(claimed.map((one) => move(one, DESTINATION)));

  expect(moved).toEqual([true, false, false, true, true]);
  expect(await waiting(DESTINATION.lane)).toEqual(["d-0", "d-3", "d-4"]);
  expect(await queues[FROM]?.getActiveCount()).toBe(2);
  expect(await markOf("d-1")).toBe(IN_LANE + FROM);
  expect(await markOf("d-3")).toBe("delivered ok 200 1 1");
});

test("each goes to its own lane, and those that were released by themselves are noted for their run", async () => {
  const claimed = await claim(6);
  for (const id of ["d-0", "d-1"]) await redis.set(shardKeys.outcome(id), IN_LANE + FROM + RELEASED);
  const moved = await Promise.all(
    claimed.map((one, index) => move(one, index % 2 === 0 ? RUN : DESTINATION)),
  );

  expect(moved).not.toContain(false);
  expect(await waiting(RUN.lane)).toEqual(["d-0", "d-2", "d-4"]);
  expect(await waiting(DESTINATION.lane)).toEqual(["d-1", "d-3", "d-5"]);
  expect(await redis.smembers(shardKeys.released(RUN.lane))).toEqual(["d-0"]);
  expect(await redis.exists(shardKeys.released(DESTINATION.lane))).toBe(0);
  expect(await markOf("d-0")).toBe(IN_LANE + RUN.lane + RELEASED);
});

test("one lane's moves that Redis refuses say nothing of another lane's, and are as if nobody had tried", async () => {
  const claimed = await claim(2);
  const [first = expect.unreachable(), second = expect.unreachable()] = claimed;
  await redis.set(shardKeys.ofLane(RUN.lane, "wait"), "no list");
  const [broken, whole] = await Promise.allSettled([move(first, RUN), move(second, DESTINATION)]);

  expect(broken).toMatchObject({
    status: "rejected",
    reason: { message: expect.stringContaining("WRONGTYPE") },
  });
  expect(whole).toEqual({ status: "fulfilled", value: true });
  expect((await queues[FROM]?.getActive())?.map(({ id }) => id)).toEqual([first.id]);
  expect(await redis.get(`${shardKeys.job(FROM, first.id)}:lock`)).toBe(first.token);
  expect(await markOf(first.id)).toBe(IN_LANE + FROM);
});

test("what is asked for twice moves once, and takes nothing else with it", async () => {
  const [first = expect.unreachable(), second = expect.unreachable()] = await claim(2);
  const moved = await Promise.all([first, second, first].map((one) => move(one, DESTINATION)));

  expect(moved).toEqual([true, true, false]);
  expect(await waiting(DESTINATION.lane)).toEqual([first.id, second.id]);
});

test("more than one step holds go all the same, and wake nobody where their lane is paused", async () => {
  const [first = expect.unreachable(), ...others] = await claim(51);
  // The lane is known from then on; what nobody knows is not paused.
  expect(await move(first, DESTINATION)).toBe(true);
  await queues[DESTINATION.lane]?.pause();
  const strange = others.map((one) => ({ ...one, token: "another's" }));
  const moved = await Promise.all([...strange, ...others].map((one) => move(one, DESTINATION)));

  expect(moved.filter((one) => one)).toHaveLength(50);
  expect(await redis.llen(shardKeys.ofLane(DESTINATION.lane, "wait"))).toBe(51);
  expect(await redis.exists(shardKeys.ofLane(DESTINATION.lane, "marker"))).toBe(0);
});
