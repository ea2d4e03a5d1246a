import { inLongForm, inShortForm } from "../support/forms.ts";
import { soak } from "./soak.ts";

inShortForm(
  "workers and Redis killed, destinations flapping, producers coming and going: nothing lost, all counted",
  () =>
    soak({
      servers: 1,
      seconds: 20,
      deliveries: 5_000,
      workerEveryMs: 6_000,
      redisEveryMs: 9_000,
      seed: Number(process.env["SEED"] ?? Date.now() % 1_000_000),
      limitMs: 300_000,
    }),
);

inLongForm("ten minutes and 100,000 deliveries of everything going wrong: nothing lost, all counted", () =>
  soak({
    servers: 1,
    seconds: Number(process.env["SOAK_SECONDS"] ?? 600),
    deliveries: 100_000,
    workerEveryMs: 8_000,
    redisEveryMs: 60_000,
    seed: Number(process.env["SEED"] ?? Date.now() % 1_000_000),
    limitMs: 600_000,
  }),
);

inShortForm(
  "the same over four Redis servers, of which one after the other dies and comes back: nothing lost, all counted",
  () =>
    soak({
      servers: 4,
      seconds: 20,
      deliveries: 4_000,
      workerEveryMs: 6_000,
      redisEveryMs: 6_000,
      seed: Number(process.env["SEED"] ?? Date.now() % 1_000_000),
      limitMs: 300_000,
    }),
);

inLongForm(
  "ten minutes and 100,000 deliveries of it over four Redis servers: nothing lost, all counted",
  () =>
    soak({
      servers: 4,
      seconds: Number(process.env["SOAK_SECONDS"] ?? 600),
      deliveries: 100_000,
      workerEveryMs: 8_000,
      redisEveryMs: 30_000,
      seed: Number(process.env["SEED"] ?? Date.now() % 1_000_000),
      limitMs: 600_000,
    }),
);
