// Runs that are streamed through the client: connections are cut and the API goes away, and each customer is
// enqueued exactly once.

import { ApiError } from "@postrider/client/api-error";
import { createClient } from "@postrider/client/create-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApi, startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { startProxy, type Proxy as Way } from "../support/proxy.ts";

let api: RunningApi;
let proxy: Way;

beforeAll(async () => {
  api = await startApi();
  await api.producer.actions.apply({ id: "a", url: "https://example.com/", body: "{{ customer }}" });
  proxy = await startProxy(Number(new URL(api.url).port));
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

const connect = (url = api.url) => createClient({ url, tries: 8 });
const throughProxy = () => connect(proxy.url.replace("redis:", "http:"));

/** Customers, with a look at how far it is before each. */
async function* customers(count: number, before: (index: number) => Promise<void> | void = () => undefined) {
  for (let index = 0; index < count; index++) {
    await before(index);
    yield { id: `c${index}`, big: 9_007_199_254_740_993n };
  }
}

test("a connection that is cut again and again, before and after acknowledgements: each customer exactly once", async () => {
  let acknowledged = 0;
  const sent = await throughProxy().sendCustomers({
    action: "a",
    run: "cut",
    event: { e: 12_345_678_901_234_567_890n },
    labels: ["one", "two"],
    customers: customers(5_000, async (index) => {
      if (index % 1_000 !== 500) return;
      // Now with all of it acknowledged, now in the middle of what is under way.
      if (index % 2_000 === 500) await eventually(() => expect(acknowledged).toBe(index));
      proxy.cut();
    }),
    onProgress: (progress) => {
      acknowledged = progress.acknowledged;
    },
  });

  expect(sent).toMatchObject({ run: "cut", action: "a@1", rejected: 0, rejectedLines: [] });
  expect(sent.enqueued + sent.duplicates).toBe(5_000);
  expect(acknowledged).toBe(5_000);
  expect(await api.producer.runs.get("cut")).toMatchObject({
    enqueued: 5_000,
    waiting: 5_000,
    closedAt: expect.any(Number),
  });
  const [first] = await api.producer.customers.deliveries("c0");
  expect(first).toMatchObject({ run: "cut", labels: ["one", "two"] });
});

test("an API that stops and comes back, at another place, is gone on with", async () => {
  const first = await startApi({ POSTRIDER_REDIS_URL: api.redisUrl });
  await using way = await startProxy(Number(new URL(first.url).port));
  let acknowledged = 0;
  const sending = connect(way.url.replace("redis:", "http:")).sendCustomers({
    action: "a",
    run: "restarted",
    customers: customers(1_000, async (index) => {
      if (index !== 400) return;
      await eventually(() => expect(acknowledged).toBe(400));
      way.leadTo(Number(new URL(api.url).port));
      await first[Symbol.asyncDispose]();
    }),
    onProgress: (progress) => {
      acknowledged = progress.acknowledged;
    },
  });

  expect(await sending).toMatchObject({ enqueued: 1_000, duplicates: 0 });
  expect(await api.producer.runs.get("restarted")).toMatchObject({ enqueued: 1_000 });
});

test("what the customers' source throws ends the run there: all before is enqueued, and the run stays open", async () => {
  const failing = connect().sendCustomers({
    action: "a",
    run: "failing",
    customers: customers(500, (index) => {
      if (index === 321) throw new Error("the cursor is gone");
    }),
  });

  await expect(failing).rejects.toThrow("the cursor is gone");
  expect(await api.producer.runs.get("failing")).toMatchObject({ enqueued: 321, closedAt: null });
});

test("a signal ends it with its reason, also while the source is silent; the same run goes on", async () => {
  const abort = new AbortController();
  const sending = connect().sendCustomers({
    action: "a",
    run: "aborted",
    customers: customers(500, async (index) => {
      if (index === 200) await new Promise(() => undefined);
    }),
    onProgress: ({ acknowledged }) => {
      if (acknowledged === 200) abort.abort(new Error("enough"));
    },
    signal: abort.signal,
  });

  await expect(sending).rejects.toThrow("enough");
  expect(await api.producer.runs.get("aborted")).toMatchObject({ enqueued: 200, closedAt: null });
  const again = await connect().sendCustomers({ action: "a", run: "aborted", customers: customers(500) });
  expect(again).toMatchObject({ enqueued: 300, duplicates: 200 });
});

test("what keeps a run from being begun is told at once, and nothing is read of its customers but the first", async () => {
  let pulled = 0;
  const refused = connect().sendCustomers({
    action: "none",
    customers: customers(10, (index) => {
      pulled = index;
    }),
  });

  await expect(refused).rejects.toMatchObject({ code: "action_unknown", status: 404 });
  expect(pulled).toBeLessThan(10);
  await expect(connect().sendCustomers({ action: "a", customers: [] })).rejects.toMatchObject({
    code: "customers_empty",
  });
  await expect(
    connect().sendCustomers({ action: "a", customers: [], labels: ["a,b"] }),
  ).rejects.toBeInstanceOf(ApiError);
});

test("customers that the API does not take are told with their place, and the others are enqueued", async () => {
  const given = [{ id: "good" }, { id: "" }, { id: "large", text: "x".repeat(600_000) }, { id: "fine" }];

  const sent = await connect().sendCustomers({ action: "a", run: "some", customers: given });

  expect(sent).toMatchObject({ enqueued: 2, rejected: 2 });
  expect(sent.rejectedLines.map(({ line }) => line)).toEqual([2, 3]);
});
