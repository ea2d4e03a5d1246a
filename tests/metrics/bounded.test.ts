// However many destinations, actions and lanes there are, what Prometheus is told stays small.

import { createFigures } from "@postrider/redis/figures";
import { createLaneDirectory } from "@postrider/redis/lane-directory";
import { createShard, createStore } from "@postrider/redis/shard";
import { ownLaneName } from "@postrider/shared/lanes";
import type { OwnLane } from "@postrider/shared/own-lane";
import { LazyText } from "@postrider/worker/lazy-text";
import { createMetrics } from "@postrider/worker/record/metrics";
import { expect, test } from "vitest";
import { keyPrefix } from "../support/key-prefix.ts";
import { openRedis } from "../support/open-redis.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

/** Series of one worker, at most; docs/metrics.md says it. */
const SERIES_MAX = 5_000;
const DESTINATIONS = 10_000;
const ACTIONS = 1_000;

const origins = Array.from({ length: DESTINATIONS }, (_, nth) => `https://api-${nth}.example.com`);
const entries = origins.map(
  (of, nth): OwnLane => ({
    lane: ownLaneName("destination", of),
    kind: "destination",
    of,
    createdAt: 1,
    adaptiveRate: { perSecond: nth + 1, slowedAt: 1 } as NonNullable<OwnLane["adaptiveRate"]>,
  }),
);
const reply = (status: number) =>
  ({ kind: "reply", status, headers: {}, body: LazyText.of(""), isCut: false }) as const;
const TIMINGS = { dnsMs: 1, connectMs: 2, tlsMs: 3, firstByteMs: 9, totalMs: 10 };

test("10,000 destinations and 1,000 actions make no more series than are stated", async () => {
  const redis = openRedis(await isolatedRedisUrl());
  try {
    const shard = createShard(redis, keyPrefix);
    const { keys } = shard;
    const pipeline = redis.pipeline().set(keys.ownLaneVersion(), 1);
    for (const entry of entries) pipeline.hset(keys.ownLanes(), entry.lane, `1 ${JSON.stringify(entry)}`);
    for (const { lane } of entries.slice(0, 300)) pipeline.lpush(keys.ofLane(lane, "wait"), "d");
    // Whoever enqueues names lanes, and readers name their groups.
    for (let nth = 0; nth < 300; nth++) {
      pipeline.hset(keys.totals(), `lane:lane-${nth}`, 1);
      pipeline.lpush(keys.ofLane(`lane-${nth}`, "wait"), "d");
      pipeline.sadd(keys.outcomeGroups(), `group-${nth}`);
      pipeline.hset(keys.outcomeGroup(`group-${nth}`), "place", `${nth}-0`);
    }
    pipeline.hset(keys.totals(), "outcomes", 1_000);
    await pipeline.exec();
    const store = createStore(redis, keyPrefix);
    const parts = { shard, store, directory: createLaneDirectory(shard), lanes: ["transactional", "bulk"] };
    const figures = createFigures(parts);
    await Promise.all([figures.gather(), createFigures(parts).gather()]);
    const read = await figures.read();
    expect(read?.kinds.destination).toEqual({ waiting: 300, delayed: 0 });
    expect(Object.values(read?.lanes ?? {}).reduce((sum, { waiting }) => sum + waiting, 0)).toBe(300);
    expect(read?.outcomeReaders).toMatchObject({ "group-0": 1_000, other: 950 });
    expect(await redis.strlen(keys.figures())).toBeLessThan(20_000);

    const metrics = createMetrics(["transactional", "bulk"]);
    metrics.installation(read);
    metrics.ownLanes(entries, { served: 1, servedMax: 1, unserved: 0, heldUp: 0 });
    for (const status of [200, 302, 404, 429, 500])
      for (const { lane, of } of entries) metrics.exchanged(lane, of, reply(status), TIMINGS);
    for (const { lane, of } of entries)
      metrics.exchanged(lane, of, { kind: "fault", code: "timeout", message: "" }, TIMINGS);
    for (let nth = 0; nth < ACTIONS; nth++)
      for (const version of [1, 2]) metrics.actionEnded(`action-${nth}@${version}`, "delivered");
    const page = await metrics.registry.metrics();
    expect(page.split("\n").filter((line) => line.startsWith("postrider_")).length).toBeLessThan(SERIES_MAX);
    // Nothing is lost that has no series of its own.
    const sum = (name: string) =>
      [...page.matchAll(new RegExp(`^${name}\\{.*\\} (\\d+)$`, "gm"))].reduce(
        (all, [, n]) => all + Number(n),
        0,
      );
    expect(sum("postrider_action_deliveries_total")).toBe(2 * ACTIONS);
    expect(sum("postrider_destination_attempts_total")).toBe(6 * DESTINATIONS);
    expect(page).toContain('postrider_action_deliveries_total{action="action-0",outcome="delivered"} 2\n');
    expect(page).toContain('postrider_action_deliveries_total{action="other",outcome="delivered"} 1800\n');
  } finally {
    redis.disconnect();
  }
});
