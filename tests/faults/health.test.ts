// /healthz tells a worker that makes no progress from one that has nothing to do, and from one whose Redis is
// away.

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { shardKeys } from "../support/keys.ts";
import { closedPort, LOOPBACK } from "../support/network.ts";
import { startPostrider } from "../support/processes.ts";
import { startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";

/** All that a worker needs but BullMQ's keys of the lane "bulk" that it claims with. */
const WITHOUT_CLAIMS = [
  `{${keyPrefix}}*`,
  `${shardKeys.prefix}:[^b]*`,
  shardKeys.ofLane("bulk", "[^a]*"),
].map((glob) => `~${glob}`);

test("a worker that takes nothing although deliveries are due turns red, and green again once it does", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  const admin = new Redis(server.url, { replyMapping: "legacy" });
  await admin.call("ACL", "SETUSER", "worker", "on", ">password", "allkeys", "allchannels", "allcommands");
  await using receiver = await startReceiver();
  const producer = await createProducer({ redis: server.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x` });
  const port = await closedPort();
  await using _worker = startPostrider(["worker"], {
    ...LOOPBACK,
    POSTRIDER_REDIS_URL: `redis://worker:password@127.0.0.1:${server.port}`,
    POSTRIDER_METRICS_PORT: String(port),
    POSTRIDER_METRICS_HOST: "127.0.0.1",
    POSTRIDER_LOG_LEVEL: "silent",
  });
  const health = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`);
    return { code: response.status, ...((await response.json()) as object) };
  };
  const first = await producer.enqueue({ action: "a", customer: { id: 1 }, lane: "bulk" });
  await eventually(async () => expect(await producer.outcomes.get(first.id)).not.toBeNull());
  expect(await health()).toEqual({ code: 200, status: "ok" });

  // As after a mistake in Redis' access rules: it answers all but the claims.
  await admin.call("ACL", "SETUSER", "worker", "resetkeys", ...WITHOUT_CLAIMS);
  const second = await producer.enqueue({ action: "a", customer: { id: 2 }, lane: "bulk" });
  await eventually(async () => expect(await health()).toEqual({ code: 503, status: "stuck", lane: "bulk" }));
  expect(await producer.outcomes.get(second.id)).toBeNull();

  await admin.call("ACL", "SETUSER", "worker", "allkeys");
  await eventually(async () => expect(await producer.outcomes.get(second.id)).not.toBeNull());
  await eventually(async () => expect(await health()).toEqual({ code: 200, status: "ok" }));
  admin.disconnect();
  await producer.close();
  await server.stop();
});
