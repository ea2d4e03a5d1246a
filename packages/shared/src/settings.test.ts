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

test.each(["99999", "-1", "0x10", "1e3", "1.5", " 80", "65536", "Infinity"])(
  "%j is no port, and the message says what is",
  (text) => {
    expect(() => readSettings({ POSTRIDER_METRICS_PORT: text })).toThrow(
      /^the settings are not valid:\nPOSTRIDER_METRICS_PORT: must be a whole number from 0 to 65535$/,
    );
  },
);

test.each(["localhost:6379", "http://127.0.0.1", "redis://a b", "redis://host:99999"])(
  "%j is no Redis URL",
  (text) => {
    expect(() => readSettings({ POSTRIDER_REDIS_URL: text })).toThrow(/POSTRIDER_REDIS_URL: must be a URL/);
  },
);
