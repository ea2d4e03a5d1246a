import { test } from "vitest";
import { soak } from "../scenarios/soak.ts";

test("ten minutes and 100,000 deliveries of everything going wrong: nothing lost, all counted", () =>
  soak({
    seconds: Number(process.env["SOAK_SECONDS"] ?? 600),
    deliveries: 100_000,
    workerEveryMs: 8_000,
    redisEveryMs: 60_000,
    seed: Number(process.env["SEED"] ?? Date.now() % 1_000_000),
    limitMs: 600_000,
  }));
