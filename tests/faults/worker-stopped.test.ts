// A worker that stands still, or dies at the worst moment: SIGSTOP is an event loop that is blocked, whoever
// blocks it.

import { setTimeout as sleep } from "node:timers/promises";
import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { SHORT_CLAIMS, startFleet, untilOver } from "../support/fleet.ts";
import type { StartedProcess } from "../support/processes.ts";
import { type Behaviour, hang, ok, reply, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";
import { customers } from "../support/system.ts";

test("a worker that stood still for longer than its claim holds writes nothing over its successor", async () => {
  const redisUrl = await isolatedRedisUrl();
  let victim: StartedProcess | undefined;
  // The first attempt is answered when another worker has taken the delivery up, and with another answer than
  // the second one.
  let answerFirst: () => void = () => undefined;
  const first: Behaviour = (response) => {
    answerFirst = () => reply(422)(response);
    victim?.kill("SIGSTOP");
  };
  await using receiver = await startReceiver((_, { nth }) => (nth === 1 ? first : ok()));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(redisUrl, 1, { ...SHORT_CLAIMS, POSTRIDER_LOG_LEVEL: "info" });
  victim = fleet.running[0];
  await fleet.untilServing();

  await producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  await eventually(() => expect(receiver.requests).toHaveLength(1));
  fleet.start();
  const run = await untilOver(producer, "r");
  answerFirst();
  victim?.kill("SIGCONT");
  await victim?.waitForOutput(/"verdict":"lost"|verdict: "lost"/);

  expect(run).toMatchObject({ enqueued: 1, delivered: 1, failed: 0 });
  expect(await producer.runs.get("r")).toMatchObject({ enqueued: 1, delivered: 1, failed: 0, waiting: 0 });
  expect((await producer.deadLetters.list({ limit: 1 })).total).toBe(0);
  expect([...receiver.byKey().values()].map((requests) => requests.length)).toEqual([2]);
  await producer.close();
});

test("an answer that came while a worker stood still counts, although its deadline has passed meanwhile", async () => {
  const redisUrl = await isolatedRedisUrl();
  let victim: StartedProcess | undefined;
  let told: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (told = resolve));
  const first: Behaviour = (response) => {
    victim?.kill("SIGSTOP");
    response.once("finish", told);
    ok()(response);
  };
  await using receiver = await startReceiver((_, { nth }) => (nth === 1 ? first : ok()));
  const producer = await createProducer({ redis: redisUrl });
  const timeoutMs = 1_000;
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}", timeoutMs });
  await using fleet = startFleet(redisUrl, 1);
  victim = fleet.running[0];
  await fleet.untilServing();

  await producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  await answered;
  await sleep(2 * timeoutMs);
  victim?.kill("SIGCONT");

  expect(await untilOver(producer, "r")).toMatchObject({ delivered: 1, failed: 0 });
  expect(receiver.requests).toHaveLength(1);
  await producer.close();
});

test("a worker that stood still after its outcome was recorded has it stand, and nothing is sent again", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver();
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(redisUrl, 1, SHORT_CLAIMS);
  const [victim] = fleet.running;
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(2_000), run: "r" });
  await eventually(() => expect(receiver.requests.length).toBeGreaterThan(100));

  // Wherever it is caught: between claim, exchange, record and settle of a hundred deliveries at once.
  victim?.kill("SIGSTOP");
  fleet.start();
  const run = await untilOver(producer, "r");
  const before = receiver.requests.length;
  victim?.kill("SIGCONT");
  await producer.enqueueMany({ action: "a", customers: customers(500), run: "next" });
  await untilOver(producer, "next");

  expect(run).toMatchObject({ enqueued: 2_000, delivered: 2_000, failed: 0 });
  expect(await producer.runs.get("r")).toMatchObject({ enqueued: 2_000, delivered: 2_000, failed: 0 });
  const ofRun = [...receiver.byKey().values()];
  expect(ofRun).toHaveLength(2_500);
  // In flight in the shared lane and in the run's own when it was stopped, and no more.
  expect(before - 2_000).toBeLessThanOrEqual(200);
  expect(receiver.requests.length - before).toBeLessThanOrEqual(500 + 200);
  await producer.close();
});

test("a crash between the answer and its record sends once more, under the same key: the documented window", async () => {
  const redisUrl = await isolatedRedisUrl();
  let victim: StartedProcess | undefined;
  const answerAndKill: Behaviour = (response) => {
    // Stopped first, so that the answer is there and cannot be read before the end.
    victim?.kill("SIGSTOP");
    ok()(response);
    response.on("finish", () => victim?.kill("SIGKILL"));
  };
  await using receiver = await startReceiver((_, { nth }) => (nth === 1 ? answerAndKill : ok()));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await using fleet = startFleet(redisUrl, 1, SHORT_CLAIMS);
  victim = fleet.running[0];
  await fleet.untilServing();
  await producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  await victim?.exited;
  fleet.start();

  expect(await untilOver(producer, "r")).toMatchObject({ enqueued: 1, delivered: 1, failed: 0, retries: 0 });
  const [requests = []] = [...receiver.byKey().values()];
  expect(requests).toHaveLength(2);
  expect(new Set(requests.map(({ key, body }) => `${key} ${body}`)).size).toBe(1);
  await producer.close();
});

test("a delivery outlives two workers that die with it, and is set aside as the cause after the third", async () => {
  const redisUrl = await isolatedRedisUrl();
  await using receiver = await startReceiver(() => hang());
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({ id: "a", url: `${receiver.url}/x`, body: "{{ customer }}" });
  await producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });
  await using fleet = startFleet(redisUrl, 0, SHORT_CLAIMS);
  for (let deaths = 1; deaths <= 3; deaths++) {
    const worker = fleet.start();
    await eventually(() => expect(receiver.requests).toHaveLength(deaths));
    expect(await producer.runs.get("r")).toMatchObject({ failed: 0 });
    worker.kill("SIGKILL");
    await worker.exited;
  }
  fleet.start();

  expect(await untilOver(producer, "r")).toMatchObject({ failed: 1, failedByReason: { crash: 1 } });
  expect(receiver.requests).toHaveLength(3);
  // Set aside once its outcome is recorded.
  await eventually(async () =>
    expect(await producer.deadLetters.list({ limit: 1 })).toMatchObject({
      total: 1,
      deadLetters: [{ reason: "crash" }],
    }),
  );
  await producer.close();
});

test("workers that stood still are no crashes, however often: a slow machine fails no delivery", async () => {
  const redisUrl = await isolatedRedisUrl();
  const stops = 4;
  let workers: readonly StartedProcess[] = [];
  /** The one that sent it stands still; the other one goes on, and finds that its claim is lost. */
  const takeTurns = (nth: number): Behaviour => {
    return () => {
      workers[(nth - 1) % 2]?.kill("SIGSTOP");
      workers[nth % 2]?.kill("SIGCONT");
    };
  };
  await using receiver = await startReceiver((_, { nth }) => (nth <= stops ? takeTurns(nth) : ok()));
  const producer = await createProducer({ redis: redisUrl });
  await producer.actions.apply({
    id: "a",
    url: `${receiver.url}/x`,
    body: "{{ customer }}",
    // Over by the time that a claim has run out, so that the answer that never came is noticed on waking.
    timeoutMs: 1_000,
  });
  await using fleet = startFleet(redisUrl, 2, SHORT_CLAIMS);
  await fleet.untilServing();
  workers = fleet.running;
  workers[1]?.kill("SIGSTOP");

  await producer.enqueueMany({ action: "a", customers: customers(1), run: "r" });

  expect(await untilOver(producer, "r")).toMatchObject({ delivered: 1, failed: 0 });
  expect(receiver.requests).toHaveLength(stops + 1);
  await producer.close();
});
