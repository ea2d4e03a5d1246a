import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { acceptLate, hang, ok, reply, startReceiver } from "../support/receiver.ts";
import { customers, SOON, startSystem } from "../support/system.ts";

test("a paused destination's deliveries wait in its own lane, spend no attempt, and flow when it is resumed", async () => {
  await using system = await startSystem();
  await system.apply();
  // Enqueued before anybody knows: they lie in the shared lane, and move when they are claimed.
  await system.producer.enqueueMany({ action: "a", customers: customers(50), run: "before" });
  await system.producer.destinations.pause(system.receiver.url);
  await system.startWorker();
  await eventually(async () =>
    expect(await system.producer.destinations.show(system.receiver.url)).toMatchObject({
      isPaused: true,
      waiting: 50,
      inFlight: 0,
    }),
  );
  // Known by now: straight into the own lane.
  await system.producer.enqueueMany({ action: "a", customers: customers(10), run: "after" });
  expect(await system.producer.destinations.show(system.receiver.url)).toMatchObject({ waiting: 60 });
  expect(await system.producer.runs.get("before")).toMatchObject({ waiting: 50, inFlight: 0, delivered: 0 });
  expect(
    await system.producer.enqueueMany({ action: "a", customers: customers(50), run: "before" }),
  ).toMatchObject({
    enqueued: 0,
    duplicates: 50,
  });
  expect(system.receiver.requests).toHaveLength(0);

  await system.producer.destinations.resume(system.receiver.url);
  await system.untilEnded("before");
  await system.untilEnded("after");

  expect(await system.producer.runs.get("before")).toMatchObject({ delivered: 50, failed: 0, retries: 0 });
  expect(system.receiver.byKey().size).toBe(60);
  expect(system.receiver.requests).toHaveLength(60);
});

test("a circuit opens, nothing is sent while it is open, a probe closes it, and no waiting delivery has spent an attempt", async () => {
  let isDown = true;
  await using system = await startSystem(() => (isDown ? reply(503) : ok()));
  await system.startWorker({
    POSTRIDER_CIRCUIT_PAUSE_MS: "500",
    POSTRIDER_CONCURRENCY: "10",
  });
  // However often chance lets one of them be retried before it opens, attempts are left.
  await system.apply({ retry: { ...SOON, attempts: 100, baseMs: 2_000, maxMs: 2_000 } });
  await system.producer.enqueueMany({ action: "a", customers: customers(500), run: "r" });
  await eventually(async () =>
    expect(await system.producer.destinations.show(system.receiver.url)).toMatchObject({ circuit: "open" }),
  );
  const atOpening = system.receiver.requests.length;
  await eventually(async () =>
    expect(await system.producer.lanes.backlog("bulk")).toMatchObject({
      waiting: 0,
      delayed: 0,
      inFlight: 0,
    }),
  );
  // In flight when it opened, and a probe or two.
  expect(system.receiver.requests.length - atOpening).toBeLessThan(20);
  const { waiting, delayed } = await system.producer.destinations.show(system.receiver.url);
  expect(waiting + delayed).toBeGreaterThan(480);

  isDown = false;
  await system.untilEnded("r");
  expect(await system.producer.runs.get("r")).toMatchObject({ delivered: 500, failed: 0 });
  expect(await system.producer.destinations.show(system.receiver.url)).toMatchObject({ circuit: "closed" });
  const { outcomes } = await system.producer.outcomes.read({ limit: 500 });
  const spent = outcomes.map(({ id, attempts }) => [id, attempts]);
  const sent = [...system.receiver.byKey()].map(([key, requests]) => [key, requests.length]);
  expect(Object.fromEntries(spent)).toEqual(Object.fromEntries(sent));
});

test("a destination that refuses everything and says until when is left alone as a whole until then", async () => {
  let isRefusing = true;
  await using system = await startSystem(() => (isRefusing ? reply(429, { "retry-after": "6" }) : ok()));
  await system.startWorker({ POSTRIDER_CONCURRENCY: "10" });
  await system.apply();
  await system.producer.enqueueMany({ action: "a", customers: customers(500), run: "r" });
  const coolsUntil = await eventually(async () => {
    const { coolsUntil: until } = await system.producer.destinations.show(system.receiver.url);
    expect(until).toBeGreaterThan(Date.now());
    return until ?? 0;
  });
  isRefusing = false;
  // Those that were on their way when it was seen.
  await eventually(async () => {
    expect(await system.producer.destinations.show(system.receiver.url)).toMatchObject({ inFlight: 0 });
    expect(await system.producer.lanes.backlog("bulk")).toMatchObject({ inFlight: 0 });
  });
  const refused = system.receiver.requests.length;
  await system.untilEnded("r");

  const first = system.receiver.requests[refused];
  expect(first?.atMs).toBeGreaterThanOrEqual(coolsUntil - 50);
  expect(await system.producer.runs.get("r")).toMatchObject({ delivered: 500, failed: 0 });
});

test("a destination that hangs gets a lane of its own, and the others go on", async () => {
  await using system = await startSystem();
  await using dead = await startReceiver(() => hang());
  await system.startWorker({ POSTRIDER_CONCURRENCY: "20" });
  await system.apply();
  await system.apply({ id: "dead", url: `${dead.url}/{{ customer.id }}`, timeoutMs: 60_000 });
  await system.producer.enqueueMany({ action: "dead", customers: customers(300), run: "dead" });
  await system.producer.enqueueMany({ action: "a", customers: customers(300), run: "alive" });

  await system.untilEnded("alive");
  expect(await system.producer.runs.get("alive")).toMatchObject({ delivered: 300 });
  expect(await system.producer.destinations.show(dead.url)).toMatchObject({ lane: expect.any(String) });
});

test("a run is paused, resumed, held, released one by one and whole, and cancelled", async () => {
  await using system = await startSystem();
  await system.apply();
  const { runs } = system.producer;
  await system.producer.enqueueMany({ action: "a", customers: customers(20), run: "held", hold: true });
  await system.producer.enqueueMany({ action: "a", customers: customers(1_500), run: "large" });
  await system.producer.enqueueMany({
    action: "a",
    customers: customers(1_200),
    run: "late",
    sendAt: new Date(Date.now() + 3_600_000),
  });
  await runs.pause("large");
  await system.startWorker();
  await eventually(async () =>
    expect(await system.producer.lanes.backlog("bulk")).toMatchObject({ waiting: 0, inFlight: 0 }),
  );
  expect(await runs.get("large")).toMatchObject({ state: "paused", waiting: 1_500, inFlight: 0 });
  expect(await runs.get("held")).toMatchObject({ state: "held", waiting: 20 });
  expect(system.receiver.requests).toHaveLength(0);

  const [first] = await system.producer.lanes.queue("run.held").getWaiting(0, 0);
  await runs.release("held", first?.id ?? "");
  await eventually(() => expect([...system.receiver.byKey().keys()]).toEqual([first?.id]));
  await expect(runs.release("held", first?.id ?? "")).rejects.toMatchObject({ code: "delivery_unknown" });
  await runs.release("held");
  await system.untilEnded("held");
  expect(await runs.get("held")).toMatchObject({ state: "completed", delivered: 20 });

  await runs.resume("large");
  await system.untilEnded("large");
  expect(await runs.get("large")).toMatchObject({ delivered: 1_500, cancelled: 0 });

  await runs.cancel("late");
  await eventually(async () => expect((await runs.get("late")).cancelled).toBeGreaterThanOrEqual(200));
  expect(await runs.get("late")).toMatchObject({ state: "cancelled", delivered: 0 });
  await expect(
    system.producer.enqueueMany({ action: "a", customers: customers(1), run: "late" }),
  ).rejects.toMatchObject({ code: "run_cancelled" });
  expect(system.receiver.requests).toHaveLength(1_520);
});

test("what was released by itself while its run was paused goes when the run is resumed, and the rest stays held", async () => {
  await using system = await startSystem();
  await system.apply();
  const { runs, lanes } = system.producer;
  await system.producer.enqueueMany({ action: "a", customers: customers(4), run: "r", hold: true });
  await runs.pause("r");
  await system.startWorker();
  const waiting = await lanes.queue("run.r").getWaiting();
  const released = waiting.slice(0, 2).map(({ id = "" }) => id);
  for (const id of released) await runs.release("r", id);
  await eventually(async () => expect(await lanes.queue("run.r").getWaitingCount()).toBe(4));
  expect(system.receiver.requests).toHaveLength(0);

  await runs.resume("r");
  await eventually(() => expect([...system.receiver.byKey().keys()].sort()).toEqual(released.sort()));
  expect(await runs.get("r")).toMatchObject({ state: "held", waiting: 2, delivered: 2 });
  await runs.release("r");
  await system.untilEnded("r");
});

test("a destination's limits hold over several workers: so many a second, so many at once", async () => {
  const { script, mostOpen } = acceptLate(20);
  await using system = await startSystem(script);
  await system.apply({ limits: { ratePerSecond: 50, concurrency: 2 } });
  await Promise.all([system.startWorker(), system.startWorker()]);
  await system.producer.enqueueMany({ action: "a", customers: customers(150), run: "r" });
  await system.untilEnded("r");

  const times = system.receiver.requests.map(({ atMs }) => atMs);
  const inAnySecond = times.map((from) => times.filter((at) => at >= from && at < from + 1_000).length);
  expect(Math.max(...inAnySecond)).toBeLessThanOrEqual(55);
  expect(mostOpen()).toBeLessThanOrEqual(2);
});

test("a run that is cancelled while its customers still come takes nothing more in, also after its lane is forgotten", async () => {
  await using system = await startSystem();
  await system.apply();
  let goOn: () => void = () => undefined;
  const cancelled = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  async function* slowly() {
    yield* customers(1_300);
    await cancelled;
    yield* customers(1_310).slice(1_300);
  }
  const enqueued = system.producer.enqueueMany({ action: "a", customers: slowly(), run: "r" });
  enqueued.catch(() => undefined);
  await eventually(async () => expect((await system.producer.runs.get("r")).enqueued).toBe(1_300));
  await system.producer.runs.cancel("r");
  goOn();

  await expect(enqueued).rejects.toMatchObject({ code: "run_cancelled" });
  expect(await system.producer.runs.get("r")).toMatchObject({ enqueued: 1_300, state: "cancelled" });
  expect((await system.producer.lanes.backlog("run.r")).waiting).toBe(300);
});

test("a run that was resumed and forgotten is not brought back as it stood before", async () => {
  await using system = await startSystem();
  await system.apply();
  let goOn: () => void = () => undefined;
  const forgotten = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  async function* slowly() {
    yield* customers(1_300);
    await forgotten;
    yield* customers(1_310).slice(1_300);
  }
  const { runs } = system.producer;
  const enqueued = system.producer.enqueueMany({ action: "a", customers: slowly(), run: "r" });
  await eventually(async () => expect((await runs.get("r")).enqueued).toBe(1_300));
  await runs.pause("r");
  await system.startWorker();
  await runs.resume("r");
  await system.untilEnded("r");
  // The audit dissolves what is calm and empty.
  await eventually(async () =>
    expect((await system.producer.ownLanes.top(10)).lanes.map(({ lane }) => lane)).not.toContain("run.r"),
  );
  goOn();
  await enqueued;
  await system.untilEnded("r");

  expect(await runs.get("r")).toMatchObject({ state: "completed", delivered: 1_310 });
});

test("one delivery of a held run that is released keeps its time", async () => {
  await using system = await startSystem();
  await system.apply();
  const sendAt = new Date(Date.now() + 3_600_000);
  await system.producer.enqueueMany({ action: "a", customers: customers(2), run: "r", hold: true, sendAt });
  const [first] = await system.producer.lanes.queue("run.r").getDelayed(0, 0);
  await system.producer.runs.release("r", first?.id ?? "");

  const [moved] = await system.producer.lanes.queue("bulk").getDelayed(0, 0);
  expect(moved?.id).toBe(first?.id);
  expect(await system.producer.lanes.backlog("bulk")).toMatchObject({ waiting: 0, delayed: 1 });
});
