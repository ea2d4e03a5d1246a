// Node's diagnostic report of a running worker, which writes down the environment: none of what the process
// was given in confidence.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startPostrider } from "../support/processes.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { newKey } from "../support/secret-keys.ts";

test("a diagnostic report holds no keys, tokens or passwords of the settings", async () => {
  const directory = await mkdtemp(join(tmpdir(), "postrider-report-"));
  const key = newKey("k1");
  await using worker = startPostrider(["worker"], {
    POSTRIDER_REDIS_URL: (await isolatedRedisUrl()).replace("://", "://:pl4nted-redis@"),
    POSTRIDER_EGRESS_PROXY: "http://user:pl4nted-proxy@127.0.0.1:9",
    POSTRIDER_SECRET_KEYS: key,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_LOG_LEVEL: "info",
    NODE_OPTIONS: `--report-on-signal --report-directory=${directory}`,
  });
  await worker.waitForOutput(/"metricsPort":(\d+)/);

  worker.kill("SIGUSR2");
  const report = await eventually(async () => {
    const [name] = await readdir(directory);
    const text = await readFile(join(directory, name ?? ""), "utf8");
    JSON.parse(text);
    return text;
  });
  await rm(directory, { recursive: true });

  expect(report).toContain("POSTRIDER_LOG_LEVEL");
  expect(report).not.toContain("pl4nted");
  expect(report).not.toContain(key.slice(3));
});
