// A server that has forgotten the scripts which it was sent, as after SCRIPT FLUSH: all goes on, on the same
// connections.

import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { redisBinary } from "../support/redis.ts";
import { customers, startSystem } from "../support/system.ts";

test("deliveries go on entering own lanes, and moving there, when Redis has forgotten its scripts", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  const redis = new Redis(server.url);
  {
    await using system = await startSystem(undefined, { redis: server.url });
    const { producer, receiver } = system;
    const limits = { ratePerSecond: 10_000 };
    await system.apply({ id: "named", limits });
    // Where it goes is known when it is claimed.
    await system.apply({ id: "told", url: "{{ customer.base | raw }}/x", limits });
    await system.startWorker();
    const all = customers(20).map((one) => ({
      ...one,
      base: receiver.url.replace("127.0.0.1", "localhost"),
    }));
    for (const round of ["first", "second"]) {
      for (const action of ["named", "told"])
        await producer.enqueueMany({ action, customers: all, run: `${action}-${round}` });
      for (const action of ["named", "told"]) {
        await system.untilEnded(`${action}-${round}`);
        expect((await producer.runs.get(`${action}-${round}`)).delivered).toBe(20);
      }
      await redis.script("FLUSH");
    }
  }
  redis.disconnect();
  await server.stop();
});
