// A load through a whole installation, at rates that any machine can carry.

import { expect, test } from "vitest";
import { run } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { closedPort } from "../support/network.ts";
import { startPostrider } from "../support/processes.ts";
import { startSystem } from "../support/system.ts";

const REPORT = ["load", "--rate", "100", "--for", "2s", "--json"];

test("a load arrives as it was due, and the report accounts for each delivery", async () => {
  await using system = await startSystem();
  await system.startWorker();

  const { code, stdout } = await run([...REPORT, "--latency", "5"], env(system));

  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ count: 200, enqueued: 200, arrived: 200, lost: 0, doubled: 0, refused: 0 });
  expect(report.dueToArrivalMs.p50).toBeGreaterThan(0);
  expect(report.dueToArrivalMs.max).toBeGreaterThanOrEqual(report.dueToArrivalMs.p999);
  expect(report.receiver.sockets).toBeGreaterThan(0);
  expect(report.receiver.requestBytes).toBeGreaterThan(200 * 200);
  expect(code).toBe(0);
  // Its action is not one to enqueue for by mistake.
  expect(await system.producer.actions.list()).toEqual([]);
});

test("loads at the same time have an action and a count each", async () => {
  await using system = await startSystem();
  await system.startWorker();

  const both = await Promise.all([run(REPORT, env(system)), run(REPORT, env(system))]);

  for (const { code, stdout } of both) {
    expect(JSON.parse(stdout)).toMatchObject({ enqueued: 200, arrived: 200, lost: 0, doubled: 0 });
    expect(code).toBe(0);
  }
});

test("what an interrupted load left behind is not the next one's on the same port, and its action is archived", async () => {
  await using system = await startSystem();
  const worker = await system.startWorker();
  const listen = ["--listen", `127.0.0.1:${await closedPort()}`];
  await using first = startPostrider([...REPORT, ...listen, "--for", "10m"], env(system));
  await first.waitForOutput(/[1-9]\d* have arrived/);
  await worker.close();
  await eventually(async () =>
    expect((await system.producer.lanes.backlog("transactional")).waiting).toBeGreaterThan(20),
  );
  first.kill("SIGINT");
  await first.exited;

  expect(await system.producer.actions.list()).toEqual([]);
  const next = run([...REPORT, ...listen], env(system));
  await system.startWorker();

  expect(JSON.parse((await next).stdout)).toMatchObject({ arrived: 200, lost: 0, doubled: 0 });
});

test("what the receiver refuses comes again, and counts neither as lost nor as doubled", async () => {
  await using system = await startSystem();
  await system.startWorker();

  const { code, stdout } = await run([...REPORT, "--failures", "0.2", "--wait", "5m"], env(system));

  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ arrived: 200, lost: 0, doubled: 0 });
  expect(report.refused).toBeGreaterThan(10);
  expect(code).toBe(0);
});

test("a worker that may not send to the receiver is told before a load is enqueued, with what to set", async () => {
  await using system = await startSystem();
  await system.startWorker({ POSTRIDER_ALLOW_NETWORKS: "" });

  const { code, stderr } = await run(REPORT, env(system));

  expect(stderr).toContain("did not reach the receiver");
  expect(stderr).toContain("POSTRIDER_ALLOW_NETWORKS=127.0.0.0/8");
  expect(code).toBe(1);
  const [waiting] = await Promise.all(["transactional"].map((lane) => system.producer.lanes.backlog(lane)));
  expect(waiting).toMatchObject({ waiting: 0 });
});

test("options that cannot be meant are refused, with what to write", async () => {
  const port = await closedPort();
  for (const [option, value, told] of [
    ["--rate", "0", "must be a number above 0"],
    ["--for", "soon", "must be a duration such as 90s"],
    ["--failures", "95", "must be a share from 0 to 0.9"],
    ["--payload", "10", "must be a whole number from 200"],
    ["--listen", `localhost`, "must be an address and a port"],
    ["--receiver", `http://127.0.0.1:${port}/path`, "must be a URL without a path"],
  ] as const) {
    const { code, stderr } = await run(["load", "--rate", "1", option, value]);
    expect(stderr).toContain(told);
    expect(stderr).toContain(option);
    expect(code).toBe(2);
  }
  const { code, stderr } = await run(["load", "--rate", "1000000", "--for", "1h"]);
  expect(stderr).toContain("write a shorter --for");
  expect(code).toBe(2);
});

function env({ redisUrl }: { readonly redisUrl: string }): Record<string, string> {
  return { POSTRIDER_REDIS_URL: redisUrl };
}
