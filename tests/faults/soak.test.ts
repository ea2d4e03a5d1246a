import { test } from "vitest";
import { soak } from "../scenarios/soak.ts";

test("workers and Redis killed, destinations flapping, producers coming and going: nothing lost, all counted", () =>
  soak({
    seconds: 20,
    deliveries: 5_000,
    workerEveryMs: 6_000,
    redisEveryMs: 9_000,
    seed: Number(process.env["SEED"] ?? Date.now() % 1_000_000),
    limitMs: 120_000,
  }));
