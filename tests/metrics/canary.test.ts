// The canary goes the way of all deliveries, and tells when it does not arrive.

import { CANARY_ACTION } from "@postrider/shared/canary-action";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { expect, test } from "vitest";
import { checkCanaryPlace } from "../../packages/api/src/canary/canary-place.ts";
import { expectProblem, type RunningApi, startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { LOOPBACK } from "../support/network.ts";
import { startSystem } from "../support/system.ts";

const ON = { ...LOOPBACK, POSTRIDER_CANARY: "true", POSTRIDER_CANARY_EVERY_MS: "500" } as const;

async function count(api: RunningApi, result: string): Promise<number> {
  const { text } = await api.request("GET", "/metrics");
  return Number(
    new RegExp(`postrider_canary_deliveries_total\\{result="${result}"\\} (\\d+)`).exec(text)?.[1],
  );
}

test("a canary is delivered again and again, by one process at a time, until no worker takes it up", async () => {
  await using system = await startSystem();
  const environment = { ...ON, POSTRIDER_REDIS_URL: system.redisUrl };
  await using api = await startApi(environment);
  await using other = await startApi(environment);
  const worker = await system.startWorker();
  await eventually(async () => expect(await count(api, "delivered")).toBeGreaterThan(1));

  const { text } = await other.request("GET", "/metrics");
  expect(text).toMatch(/^postrider_canary_enabled 1$/m);
  // The other one knows when, whoever has sent it.
  const lastAt = Number(/^postrider_canary_last_delivered_timestamp_seconds (\S+)$/m.exec(text)?.[1]);
  expect(Math.abs(Date.now() / 1_000 - lastAt)).toBeLessThan(300);
  const latency = (await api.request("GET", "/metrics")).text;
  expect(latency).toMatch(/^postrider_canary_latency_seconds_count [1-9]/m);
  const turns = system.producer.watching.canary;
  expect(await Promise.all([turns.take(500), turns.take(500)])).toContain(false);

  const large = { body: { id: "x".repeat(5_000) } };
  expectProblem(await api.request("POST", "/canary", large), "body_too_large");

  // It is nobody else's: neither those who read outcomes nor the configuration know of it.
  expect((await system.producer.outcomes.read()).outcomes).toEqual([]);
  expect((await system.producer.actions.list()).map(({ id }) => id)).toEqual([CANARY_ACTION]);
  expect((await system.producer.config.export()).config.actions).toEqual([]);

  await worker.close();
  const late = (await count(api, "late")) + (await count(other, "late"));
  await eventually(async () =>
    expect((await count(api, "late")) + (await count(other, "late"))).toBeGreaterThan(late),
  );
});

test("a canary that is refused by the guard says so, and leaves no dead letter", async () => {
  await using system = await startSystem();
  await using api = await startApi({ ...ON, POSTRIDER_REDIS_URL: system.redisUrl });
  const worker = await system.startWorker({ POSTRIDER_ALLOW_NETWORKS: "" });
  await eventually(async () => expect(await count(api, "failed")).toBeGreaterThan(0));
  expect(api.logged).toContainEqual(
    expect.objectContaining({ level: "error", msg: expect.stringContaining("POSTRIDER_ALLOW_NETWORKS") }),
  );
  await worker.close();
  await eventually(async () => expect((await system.producer.deadLetters.list()).deadLetters).toEqual([]));
});

test.each([
  [{}, false, /where workers reach this API/],
  [{}, true, /127\.0\.0\.1, which is not public.*POSTRIDER_ALLOW_NETWORKS, such as 127\.0\.0\.1\/32/],
  [{ POSTRIDER_CANARY_URL: "http://10.1.2.3:8080" }, false, /10\.1\.2\.3\/32, for workers and API alike/],
  [{ POSTRIDER_CANARY_URL: "http://[fd00::7]:8080" }, false, /fd00::7\/128/],
  [{ POSTRIDER_CANARY_URL: "http://localhost:8080" }, false, /localhost \(.*\), which is not public/],
  [{ POSTRIDER_CANARY_URL: "http://203.0.113.9:9464" }, false, /POSTRIDER_METRICS_PORT/],
  [{ POSTRIDER_CANARY_URL: "http://203.0.113.9", POSTRIDER_HTTPS_ONLY: "true" }, false, /is not https/],
  [
    { POSTRIDER_CANARY_URL: "http://203.0.113.9", POSTRIDER_DENY_NETWORKS: "203.0.113.0/24" },
    false,
    /POSTRIDER_DENY_NETWORKS/,
  ],
])(
  "a canary that cannot arrive is refused at the start: %o",
  async (environment, isLoopbackOnly, message) => {
    const settings = readSettings({ POSTRIDER_CANARY: "true", ...(environment as Record<string, string>) });
    await expect(checkCanaryPlace(settings, isLoopbackOnly, () => undefined)).rejects.toThrow(message);
    const mended = {
      ...settings,
      canaryUrl: settings.canaryUrl.replace(/:9464$/, "") || "http://203.0.113.9",
      allowNetworks: ["10.0.0.0/8", "127.0.0.0/8", "203.0.113.0/24", "::1/128", "fd00::/8"],
      denyNetworks: [],
      httpsOnly: false,
    };
    await checkCanaryPlace(mended, isLoopbackOnly, () => undefined);
    // Port 0 is any free one, and no URL's.
    await checkCanaryPlace({ ...mended, metricsPort: 0 }, isLoopbackOnly, () => undefined);
  },
);
