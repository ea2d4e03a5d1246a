// A Cluster that knows its slots and takes no commands yet, as for moments after all of its servers have been
// away: whoever connects in that moment is connected once it does.

import { workerOptions } from "@postrider/redis/connect";
import { HomeCluster } from "@postrider/redis/home-cluster";
import { openClient } from "@postrider/redis/open-client";
import { expect, onTestFinished, test } from "vitest";
import { type RedisCluster, startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";

const SLOT_ELSEWHERE = 1;
const { tls: _, ...OPTIONS } = workerOptions;

/** Takes a slot from all servers, again where one of them hears of it from another once more. */
async function takeSlot({ nodes }: RedisCluster): Promise<void> {
  await eventually(async () => {
    for (const { redis } of nodes) await redis.cluster("DELSLOTS", SLOT_ELSEWHERE).catch(() => "it has none");
    const states = await Promise.all(nodes.map(({ redis }) => redis.cluster("INFO")));
    expect(String(states)).not.toContain("cluster_state:ok");
  });
}

/** A client that connects, and has tried more than once. */
async function beginToConnect(url: string) {
  const client = openClient(url, OPTIONS, "tag");
  onTestFinished(() => client.disconnect());
  client.on("error", () => undefined);
  expect(client).toBeInstanceOf(HomeCluster);
  let attempts = 0;
  client.on("connecting", () => (attempts += 1));
  const connected = client.connect();
  connected.catch(() => undefined);
  await eventually(() => expect(attempts).toBeGreaterThan(3));
  return { client, connected };
}

test("a client that connects before the Cluster takes commands is connected when it does", async () => {
  await using cluster = await startCluster({ masters: 3, replicas: 0 });
  await takeSlot(cluster);
  const { client, connected } = await beginToConnect(cluster.url);

  await cluster.nodes[0]?.redis.cluster("ADDSLOTS", SLOT_ELSEWHERE);
  await connected;
  expect(await client.set("{tag}:key", "value")).toBe("OK");
  client.disconnect();
});

test("one that is disconnected meanwhile says so, and may connect again in the same turn", async () => {
  await using cluster = await startCluster({ masters: 3, replicas: 0 });
  await takeSlot(cluster);
  const { client, connected } = await beginToConnect(cluster.url);

  client.disconnect();
  const again = client.connect();
  await expect(connected).rejects.toThrow("closed");
  await cluster.nodes[0]?.redis.cluster("ADDSLOTS", SLOT_ELSEWHERE);
  await again;
  client.disconnect();
});
