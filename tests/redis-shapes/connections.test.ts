// How many connections to Redis a worker holds, by lanes and shards: what plans of large installations count
// with (docs/scaling.md).

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { startFleet } from "../support/fleet.ts";
import { redisBinary } from "../support/redis.ts";

let servers: Awaited<ReturnType<typeof startRedisServer>>[];

beforeAll(async () => {
  servers = await Promise.all([1, 2].map(() => startRedisServer({ binary: redisBinary() })));
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
});

interface Counted {
  readonly all: number;
  /** Those that wait for deliveries of a lane. */
  readonly waiting: number;
}

/** Settings, and how many lanes the worker should wait in. */
type Counting = Readonly<Record<string, string>> & { readonly lanes: string };

/** What one worker holds with this environment, once it waits in all lanes that it should serve. */
async function countOf(
  url: string,
  ports: readonly number[],
  { lanes, ...environment }: Counting,
): Promise<Counted> {
  const lookers = ports.map(
    (port) => new Redis(port, { connectionName: "looker", replyMapping: "legacy", lazyConnect: false }),
  );
  await using _fleet = startFleet(url, 1, environment);
  try {
    return await eventually(async () => {
      const texts = await Promise.all(lookers.map((redis) => redis.client("LIST") as Promise<string>));
      // The test's own, and those of a Cluster's servers to each other.
      const lines = texts
        .flatMap((text) => text.trim().split("\n"))
        .filter((line) => !/name=looker|flags=[MSO]/.test(line));
      const waiting = lines.filter((line) => line.includes("cmd=bzpopmin")).length;
      expect(waiting).toBe(Number(lanes));
      return { all: lines.length, waiting };
    });
  } finally {
    for (const looker of lookers) looker.disconnect();
  }
}

test.each([
  { what: "two lanes", servers: 1, lanes: "2", all: 3 },
  { what: "one lane", servers: 1, lanes: "1", all: 2, POSTRIDER_LANES: "bulk" },
  { what: "three shards on one server", servers: 1, lanes: "6", all: 7, POSTRIDER_SHARDS: "3" },
  { what: "four shards on two servers", servers: 2, lanes: "8", all: 10, POSTRIDER_SHARDS: "4" },
  {
    what: "one of four shards on two servers, and the store on the other",
    servers: 2,
    lanes: "2",
    all: 4,
    POSTRIDER_SHARDS: "4",
    POSTRIDER_SERVE_SHARDS: "1",
  },
])("$what: one connection to each server, and one for each lane of each shard", async (given) => {
  const { what: _, servers: count, all, ...environment } = given;
  const some = servers.slice(0, count);
  const counted = await countOf(
    some.map(({ url }) => url).join(" "),
    some.map(({ port }) => port),
    // An installation of its own: each has another number of them.
    { ...environment, POSTRIDER_KEY_PREFIX: `connections-${all}` } as Counting,
  );

  expect(counted.all).toBe(all);
});

test("on a Cluster each shard and the store have connections of their own", async () => {
  await using cluster = await startCluster({ masters: 3, replicas: 0 });
  const ports = cluster.nodes.map(({ port }) => port);

  const { all } = await countOf(cluster.url, ports, { lanes: "6", POSTRIDER_SHARDS: "3" });

  // One of each lane, one of each shard and the store, and some by which these learn where slots are.
  expect(all).toBeGreaterThanOrEqual(6 + 4);
  expect(all).toBeLessThanOrEqual(2 * (6 + 4));
});
