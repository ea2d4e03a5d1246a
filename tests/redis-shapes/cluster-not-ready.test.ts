// A Cluster that knows its slots and takes no commands yet, as for moments after all of its servers have been
// away: whoever connects in that moment is connected once it does.

import { workerOptions } from "@postrider/redis/connect";
import { HomeCluster } from "@postrider/redis/home-cluster";
import { openClient } from "@postrider/redis/open-client";
import { expect, test } from "vitest";
import { startCluster } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";

const SLOT_ELSEWHERE = 1;
const { tls: _, ...OPTIONS } = workerOptions;

test("a client that connects before the Cluster takes commands is connected when it does", async () => {
  await using cluster = await startCluster({ masters: 3, replicas: 0 });
  const states = () => Promise.all(cluster.nodes.map(({ redis }) => redis.cluster("INFO")));
  await Promise.all(cluster.nodes.map(({ redis }) => redis.cluster("DELSLOTS", SLOT_ELSEWHERE)));
  await eventually(async () => expect(String(await states())).not.toContain("cluster_state:ok"));

  const client = openClient(cluster.url, OPTIONS, "tag");
  expect(client).toBeInstanceOf(HomeCluster);
  let attempts = 0;
  client.on("connecting", () => (attempts += 1));
  const connected = client.connect();
  await eventually(() => expect(attempts).toBeGreaterThan(3));
  expect(client.listenerCount("ready")).toBe(1);

  await cluster.nodes[0]?.redis.cluster("ADDSLOTS", SLOT_ELSEWHERE);
  await connected;
  expect(await client.set("{tag}:key", "value")).toBe("OK");
  client.disconnect();
});

test("one that is disconnected meanwhile says so", async () => {
  await using cluster = await startCluster({ masters: 3, replicas: 0 });
  await Promise.all(cluster.nodes.map(({ redis }) => redis.cluster("DELSLOTS", SLOT_ELSEWHERE)));
  const client = openClient(cluster.url, OPTIONS, "tag");
  let attempts = 0;
  client.on("connecting", () => (attempts += 1));
  const connected = client.connect();
  connected.catch(() => undefined);
  await eventually(() => expect(attempts).toBeGreaterThan(1));
  client.disconnect();
  await expect(connected).rejects.toThrow("closed");
  await eventually(() =>
    expect([client.listenerCount("ready"), client.listenerCount("end")]).toEqual([0, 0]),
  );
});
