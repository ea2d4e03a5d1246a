// The README's example of the API, run as it stands beside `postrider up`; and the page of series by
// Prometheus' own rules.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { ROOT, startPostrider, startProcess } from "../support/processes.ts";
import { checkMetrics, providePromtool } from "../support/promtool.ts";
import { startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

test("the README's commands deliver", async () => {
  const readme = await readFile(join(ROOT, "README.md"), "utf8");
  const [, script = ""] = /## By HTTP[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme) ?? [];
  await using receiver = await startReceiver();
  await using up = startPostrider(["up"], {
    POSTRIDER_REDIS_URL: await isolatedRedisUrl(),
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_API_PORT: "0",
    POSTRIDER_LOG_FORMAT: "json",
  });
  const [, url = ""] = await up.waitForOutput(/"address":"(http[^"]+)"/);
  const here = script
    .replaceAll("localhost:8080", new URL(url).host)
    .replace("http://127.0.0.1:9000", receiver.url);
  await using shell = startProcess("sh", ["-ec", here]);

  expect((await shell.exited).code, shell.stderr).toBe(0);
  expect(shell.stdout).toMatch(/"isNew":true.*"ids":\["kkkkkkkk\.[\w-]{22}"\]/s);
  await eventually(() =>
    expect(receiver.requests.map(({ body }) => JSON.parse(body))).toEqual([{ id: "ann" }]),
  );
  const [, id = ""] = /"ids":\["([^"]+)"\]/.exec(shell.stdout) ?? [];
  await eventually(async () => {
    const shown = await fetch(`${url}/v1/deliveries/${id}`);
    expect(await shown.json()).toMatchObject({ state: "ended", outcome: { outcome: "delivered" } });
  });
  up.kill("SIGTERM");
  expect((await up.exited).code).toBe(0);
});

const promtool = providePromtool();

test.skipIf(promtool === null)("promtool has nothing against the API's metrics", async () => {
  await using api = await startApi();
  const { text } = await api.request("GET", "/metrics");

  expect(await checkMetrics(promtool ?? "", text)).toEqual({ code: 0, said: "" });
});
