// How deliveries ended, over HTTP.

import { setTimeout } from "node:timers/promises";
import { createLogger } from "@postrider/shared/log";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { createWorker, type PostriderWorker } from "@postrider/worker/worker";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem, type RunningApi, startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { LOOPBACK } from "../support/network.ts";
import { type Receiver, reply, startReceiver } from "../support/receiver.ts";
import { customers } from "../support/system.ts";

let api: RunningApi;
let receiver: Receiver;
let worker: PostriderWorker;
beforeAll(async () => {
  api = await startApi({ POSTRIDER_API_TOKENS: "" });
  receiver = await startReceiver(() => reply(200, {}, '{"id":9007199254740993}'));
  const settings = readSettings({
    ...LOOPBACK,
    POSTRIDER_REDIS_URL: api.redisUrl,
    POSTRIDER_METRICS_PORT: "0",
    POSTRIDER_METRICS_HOST: "127.0.0.1",
  });
  worker = await createWorker(settings, createLogger({ level: "silent", format: "json" }).log);
  void worker.run();
  for (const id of ["a", "b"])
    await api.producer.actions.apply({
      id,
      url: `${receiver.url}/x`,
      body: "{{ customer }}",
      capture: { order: "/id" },
    });
});
afterAll(async () => {
  await worker.close();
  await api[Symbol.asyncDispose]();
  await receiver.close();
});

async function deliver(action: string, run: string, count: number): Promise<void> {
  await api.producer.enqueueMany({ action, customers: customers(count), run, labels: [run] });
  await eventually(async () => expect((await api.producer.runs.get(run)).delivered).toBe(count));
}

test("pages go on from a cursor, and integers keep their digits", async () => {
  const before = (await api.request("GET", "/v1/outcomes?limit=1000")).json.after;
  await deliver("a", "pages", 5);

  const one = await api.request("GET", `/v1/outcomes?after=${before}&limit=3`);
  const two = await api.request("GET", `/v1/outcomes?after=${one.json.after}&limit=3`);

  expect(one.json.outcomes).toHaveLength(3);
  expect(two.json).toMatchObject({ missed: 0, outcomes: [{ run: "pages", labels: ["pages"] }, {}] });
  expect(one.text).toContain('"order":9007199254740993');
});

test("waits for the first one where there is none yet", async () => {
  const { after } = (await api.request("GET", "/v1/outcomes?limit=1000")).json;
  const waiting = api.request("GET", `/v1/outcomes?after=${after}&wait=60`);
  await deliver("a", "wait", 1);

  expect((await waiting).json.outcomes).toMatchObject([{ run: "wait" }]);
});

test("a group goes on where it is, and is done with what a cursor says", async () => {
  await deliver("a", "group", 2);
  const one = await api.request("GET", "/v1/outcomes?group=crm&limit=1");
  const again = await api.request("GET", "/v1/outcomes?group=crm&limit=1");
  const two = await api.request("GET", `/v1/outcomes?group=crm&limit=1&after=${one.json.after}`);

  expect(again.json.outcomes).toEqual(one.json.outcomes);
  expect(two.json.outcomes[0].cursor).not.toBe(one.json.outcomes[0].cursor);
  expect((await api.request("GET", "/v1/outcomes/groups")).json.groups).toMatchObject([{ group: "crm" }]);
  expect((await api.request("DELETE", "/v1/outcomes/groups/crm")).status).toBe(204);
  expectProblem(await api.request("DELETE", "/v1/outcomes/groups/crm"), "outcomes_unknown");
});

interface Event {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly run: string; readonly cursor: string };
}

/** Reads events until there are so many, then leaves. */
async function readEvents(
  path: string,
  count: number,
  headers: Record<string, string> = {},
): Promise<Event[]> {
  const response = await fetch(`${api.url}${path}`, { headers });
  expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const read = (): Event[] =>
    text
      .split("\n\n")
      .slice(0, -1)
      .filter((block) => block.includes("data: "))
      .map((block) => {
        const field = (name: string): string => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? "";
        return { id: field("id"), event: field("event"), data: JSON.parse(field("data")) };
      });
  while (read().length < count) text += (await reader?.read())?.value ?? "";
  await reader?.cancel();
  return read();
}

test("a stream of events goes on behind the last one that its reader has seen", async () => {
  const { after } = (await api.request("GET", "/v1/outcomes?limit=1000")).json;
  const reading = readEvents(`/v1/outcomes/stream?after=${after}`, 3);
  await setTimeout(50);
  await deliver("a", "events", 5);
  const events = await reading;

  expect(events[0]).toMatchObject({ event: "outcome", data: { run: "events" } });
  expect(events.map(({ id, data }) => id === data.cursor)).not.toContain(false);
  const rest = await readEvents("/v1/outcomes/stream", 5 - events.length + 0, {
    "last-event-id": events.at(-1)?.id ?? "",
  });
  expect(new Set([...events, ...rest].map(({ id }) => id)).size).toBe(5);
});

test("a wrong cursor is a problem, before any event", async () => {
  expectProblem(await api.request("GET", "/v1/outcomes?after=x"), "outcomes_invalid");
  expectProblem(await api.request("GET", "/v1/outcomes/stream?after=x"), "outcomes_invalid");
});

test("a customer's deliveries are shown with their outcomes", async () => {
  await deliver("b", "customers", 3);

  const { json } = await api.request("GET", "/v1/customers/c2/deliveries?limit=1");
  expect(json).toMatchObject({
    deliveries: [{ action: "b@1", run: "customers", state: "ended", outcome: { outcome: "delivered" } }],
  });
});
