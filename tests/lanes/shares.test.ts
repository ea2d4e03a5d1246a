// How slots are shared: between first attempts and a storm of retries, and between own lanes.

import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { hang, ok, type Receiver, reply, slow, startReceiver } from "../support/receiver.ts";
import { customers, startSystem } from "../support/system.ts";

const CONCURRENCY = 8;

/** Destinations enough that none of them holds so many slots that it is set apart. */
async function startReceivers(script: Parameters<typeof startReceiver>[0]): Promise<Receiver[]> {
  const receivers: Receiver[] = [];
  for (let count = 0; count < CONCURRENCY; count++) receivers.push(await startReceiver(script));
  return receivers;
}

test("first attempts keep a share of the slots while retries come in a storm", async () => {
  await using system = await startSystem();
  const receivers = await startReceivers(({ path }, { nth }) => {
    if (path === "/fresh") return ok();
    return nth === 1 ? reply(500) : slow(1_000, ok());
  });
  const ports = receivers.map(({ url }) => new URL(url).port);
  const document = { retry: { attempts: 3, baseMs: 20, factor: 1, maxMs: 20 } } as const;
  await system.apply({ id: "storm", url: "http://127.0.0.1:{{ customer.port }}/storm", ...document });
  await system.apply({ id: "fresh", url: "http://127.0.0.1:{{ customer.port }}/fresh" });
  await system.startWorker({ POSTRIDER_CONCURRENCY: String(CONCURRENCY) });
  const withPorts = customers(120).map((customer, nth) => ({ ...customer, port: ports[nth % ports.length] }));
  const seen = () => receivers.flatMap(({ requests }) => requests);

  await system.producer.enqueueMany({ action: "storm", customers: withPorts, run: "storm" });
  await eventually(async () => expect((await system.producer.runs.get("storm")).retries).toBe(120));
  await system.producer.enqueueMany({ action: "fresh", customers: withPorts.slice(0, 40), run: "fresh" });
  await system.untilEnded("fresh");

  // Behind the retries they would have come last.
  expect((await system.producer.runs.get("storm")).delivered).toBeLessThan(90);
  await system.untilEnded("storm");
  expect(seen()).toHaveLength(2 * 120 + 40);
  for (const receiver of receivers) await receiver.close();
});

test("own lanes share the slots that a process has for them", async () => {
  await using system = await startSystem();
  const dead: Receiver[] = [];
  for (const id of ["x", "y", "z"]) {
    const receiver = await startReceiver(() => hang());
    dead.push(receiver);
    await system.apply({ id, url: `${receiver.url}/x`, limits: { ratePerSecond: 1_000 }, timeoutMs: 60_000 });
    await system.producer.enqueueMany({ action: id, customers: customers(20), run: id });
  }

  await system.startWorker({ POSTRIDER_CONCURRENCY: "10", POSTRIDER_IN_FLIGHT_MAX: "6" });

  await eventually(() => expect(dead.map(({ requests }) => requests.length)).toEqual([2, 2, 2]));
  // And no more, while the slots are taken.
  await eventually(async () => {
    const inFlight = await Promise.all(
      dead.map(async ({ url }) => (await system.producer.destinations.show(url)).inFlight),
    );
    expect(inFlight).toEqual([2, 2, 2]);
  });
  for (const receiver of dead) await receiver.close();
});
