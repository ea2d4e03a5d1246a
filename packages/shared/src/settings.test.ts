import { expect, test } from "vitest";
import { readSettings, settingsSchema, toEnvironmentName } from "./settings.ts";

test("every setting has a default and a description", () => {
  expect(readSettings({})).toMatchObject({
    concurrency: 100,
    lanes: ["transactional", "bulk"],
    metricsPort: 9464,
  });
  for (const [name, schema] of Object.entries(settingsSchema.shape))
    expect(schema.description, name).toBeTypeOf("string");
});

test("names follow from the settings", () => {
  expect(["redisUrl", "lockMs", "shutdownGraceMs"].map(toEnvironmentName)).toEqual([
    "POSTRIDER_REDIS_URL",
    "POSTRIDER_LOCK_MS",
    "POSTRIDER_SHUTDOWN_GRACE_MS",
  ]);
});

test("all problems are told at once, and an unknown name gets the nearest known one", () => {
  const read = () =>
    readSettings({
      POSTRIDER_CONCURENCY: "5",
      POSTRIDER_LOCK_MS: "soon",
      POSTRIDER_LANES: "Bulk!",
      OTHER: "x",
    });

  expect(read).toThrow(/POSTRIDER_CONCURENCY: .*did you mean POSTRIDER_CONCURRENCY\?/);
  expect(read).toThrow(/POSTRIDER_LOCK_MS: must be a whole number/);
  expect(read).toThrow(/POSTRIDER_LANES: .*Bulk!/);
});

test("an empty variable means the default", () => {
  expect(readSettings({ POSTRIDER_CONCURRENCY: "" }).concurrency).toBe(100);
});
