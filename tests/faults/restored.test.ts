// The drill of docs/backup.md: Redis is lost and an older copy of its append-only file takes its place.

import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { createGate } from "../support/gate.ts";
import { closedPort } from "../support/network.ts";
import { ok, startReceiver } from "../support/receiver.ts";
import { redisBinary } from "../support/redis.ts";
import { customers, startSystem } from "../support/system.ts";

/** Enqueued before the copy was made, and in all. */
const [BEFORE, ALL] = [300, 500] as const;
/** Delivered before the copy was made, and before Redis was lost. */
const [DELIVERED_BEFORE, DELIVERED] = [100, 250] as const;

test("a restored copy is in balance, the run enqueued again makes it whole, and what is sent twice carries the same key", async () => {
  const folder = await mkdtemp(join(tmpdir(), "postrider-test-restored-"));
  const [live, copy] = [join(folder, "live"), join(folder, "copy")];
  const start = (directory: string, port = 0) =>
    startRedisServer({ binary: redisBinary(), directory, port, appendFsync: "always" });
  const first = await start(live, await closedPort());
  const gate = createGate();
  gate.open(DELIVERED_BEFORE);
  await using receiver = await startReceiver(() => gate.behind(ok()));
  const producer = await createProducer({ redis: first.url });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  const delivered = async (): Promise<number> => (await producer.runs.get("r")).delivered;
  let lost: Awaited<ReturnType<typeof start>>;
  {
    await using system = await startSystem(undefined, { redis: first.url });
    await system.startWorker({ POSTRIDER_CONCURRENCY: "20", POSTRIDER_SHUTDOWN_GRACE_MS: "100" });
    await producer.enqueueMany({ action: "a", customers: customers(BEFORE), run: "r" });
    await eventually(async () => expect(await delivered()).toBe(DELIVERED_BEFORE));
    await cp(live, copy, { recursive: true });

    // What comes after it is in no copy.
    await producer.enqueueMany({ action: "a", customers: customers(ALL), run: "r" });
    gate.open(DELIVERED - DELIVERED_BEFORE);
    await eventually(async () => expect(await delivered()).toBe(DELIVERED));
    gate.open();
    lost = first;
  }
  const sentBefore = new Set(receiver.byKey().keys());
  await lost.kill();

  const second = await start(copy, first.port);
  await eventually(async () => expect((await producer.runs.get("r")).enqueued).toBe(BEFORE));
  const restored = await producer.runs.get("r");
  expect(restored.delivered).toBe(DELIVERED_BEFORE);
  expect(restored.waiting + restored.inFlight).toBe(BEFORE - DELIVERED_BEFORE);

  const again = await producer.enqueueMany({ action: "a", customers: customers(ALL), run: "r" });
  expect(again).toMatchObject({ enqueued: ALL - BEFORE, duplicates: BEFORE });
  {
    await using system = await startSystem(undefined, { redis: second.url });
    await system.startWorker({ POSTRIDER_LOCK_MS: "5000", POSTRIDER_STALLED_CHECK_MS: "500" });
    await system.untilEnded("r");
  }

  expect(await producer.runs.get("r")).toMatchObject({ enqueued: ALL, delivered: ALL, failed: 0 });
  const times = [...receiver.byKey()].map(
    ([key, requests]) => [sentBefore.has(key), requests.length] as const,
  );
  expect(times).toHaveLength(ALL);
  // Nobody is left out, and twice got only what had been sent after the copy was made, under the same key.
  expect(times.filter(([wasSent, count]) => count > (wasSent ? 2 : 1))).toEqual([]);
  await producer.close();
  await second.stop();
  await rm(folder, { recursive: true, force: true });
});
