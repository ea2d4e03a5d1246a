// Lanes that come and go at random, under whatever people, destinations and deaths do to them: nothing is
// ever in no lane, and nothing is sent twice by it.

import { setTimeout } from "node:timers/promises";
import { createProducer } from "@postrider/producer/producer";
import { expect } from "vitest";
import { startFleet } from "../support/fleet.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { seeded } from "./chance.ts";
import { startWorld } from "./disturbances.ts";

const CONCURRENCY = 10;

export interface Play {
  readonly steps: number;
  /** Between two steps, at most. */
  readonly pauseMs: number;
  readonly withDeaths: boolean;
  /** See the world's options. */
  readonly isSlow: boolean;
  readonly limitMs: number;
}

export async function strandNothing({ steps, pauseMs, limitMs, ...options }: Play): Promise<void> {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  const redisUrl = await isolatedRedisUrl();
  const producer = await createProducer({ redis: redisUrl });
  await using fleet = startFleet(redisUrl, 2, {
    POSTRIDER_CONCURRENCY: String(CONCURRENCY),
    POSTRIDER_LOCK_MS: options.withDeaths ? "4000" : "30000",
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
    ...options,
  });
  const story: string[] = [];

  try {
    for (let step = 0; step < steps; step++) {
      story.push(await world.disturb());
      expect(await world.countMissing(), "in no lane").toBe(0);
      await setTimeout(random() * pauseMs);
    }
    const calmAt = Date.now();
    const { delivered, doubled } = await world.settle(limitMs);
    // What passes may have waited for long, and only the seed and the story lead there again.
    console.log("lanes", { seed, ...options, settledAfterMs: Date.now() - calmAt, story: story.join(" ") });
    const deaths = story.filter((name) => name === "kill").length;
    expect(delivered, "the test does something").toBeGreaterThan(0);
    // In flight in the shared lane and in own ones, when a worker died.
    expect(doubled).toBeLessThanOrEqual(deaths * CONCURRENCY * 8);
  } catch (error) {
    throw new Error(`SEED=${seed}: ${story.join(" ")}`, { cause: error });
  }
  await producer.close();
}
