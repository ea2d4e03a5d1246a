import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { seeded, startWorld } from "../scenarios/disturbances.ts";
import { startFleet } from "../support/fleet.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const STEPS = 15;
const PAUSE_MS = 150;
const CONCURRENCY = 10;

test.each([false, true])(
  "lanes that come and go at random strand nothing and send nothing twice; workers killed: %s",
  async (withDeaths) => {
    const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
    const redisUrl = await isolatedRedisUrl();
    const producer = await createProducer({ redis: redisUrl });
    await using fleet = startFleet(redisUrl, 2, {
      POSTRIDER_CONCURRENCY: String(CONCURRENCY),
      POSTRIDER_LOCK_MS: withDeaths ? "4000" : "30000",
      POSTRIDER_CIRCUIT_PAUSE_MS: "500",
      POSTRIDER_CIRCUIT_PAUSE_MAX_MS: "1000",
    });
    await fleet.untilServing();
    const random = seeded(seed);
    await using world = await startWorld({
      producer,
      fleet,
      random,
      destinations: 4,
      runMax: 2_000,
      withDeaths,
    });
    const story: string[] = [];

    try {
      for (let step = 0; step < STEPS; step++) {
        story.push(await world.disturb());
        expect(await world.countMissing(), "in no lane").toBe(0);
        await new Promise((resolve) => setTimeout(resolve, random() * PAUSE_MS));
      }
      const { delivered, doubled } = await world.settle(90_000);
      const deaths = story.filter((name) => name === "kill").length;
      expect(delivered, "the test does something").toBeGreaterThan(0);
      // In flight in the shared lane and in own ones, when a worker died.
      expect(doubled).toBeLessThanOrEqual(deaths * CONCURRENCY * 8);
    } catch (error) {
      throw new Error(`SEED=${seed}: ${story.join(" ")}`, { cause: error });
    }
    await producer.close();
  },
  300_000,
);
