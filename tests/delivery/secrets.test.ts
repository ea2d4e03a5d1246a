// No credential appears in any output: planted in the URL, looked for everywhere.

import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { postrider, startPostrider } from "../support/processes.ts";
import { reply } from "../support/receiver.ts";
import { SOON, startSystem } from "../support/system.ts";

const PASSWORD = "pl4nted-s3cret";

test("the password of a URL is in no log, metric, dead letter, preview or error", async () => {
  await using system = await startSystem(() => reply(500, {}, "no"));
  const url = system.receiver.url.replace("//", `//user:${PASSWORD}@`);
  await system.apply({ url: `${url}/x`, retry: { ...SOON, attempts: 2 } });
  const environment = {
    POSTRIDER_REDIS_URL: system.redisUrl,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_LOG_LEVEL: "debug",
  };
  await using worker = startPostrider(["worker"], environment);
  const [, port = ""] = await worker.waitForOutput(/"metricsPort":(\d+)/);
  const { id } = await system.producer.enqueue({ action: "a", customer: { id: 1 } });
  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({ outcome: "failed" }),
  );
  await eventually(async () => expect((await system.producer.deadLetters.list({ limit: 1 })).total).toBe(1));

  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const shown = await postrider(["dead-letters", "show", id, "--json"], environment);
  const listed = await postrider(["dead-letters", "list"], environment);
  worker.kill("SIGTERM");
  await worker.exited;

  expect(worker.stdout).toContain(id);
  const outputs = [worker.stdout, worker.stderr, metrics, shown.stdout, listed.stdout].join("\n");
  const encoded = Buffer.from(`user:${PASSWORD}`).toString("base64");
  expect(system.receiver.requests[0]?.headers["authorization"]).toBe(`Basic ${encoded}`);
  for (const secret of [PASSWORD, encoded, encodeURIComponent(PASSWORD)])
    expect(outputs).not.toContain(secret);
});
