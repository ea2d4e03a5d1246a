// The client against servers that misbehave as networks and overloaded APIs do: what is tried again, when,
// and under which key; and what it tells of everything else.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiError } from "@postrider/client/api-error";
import { createClient } from "@postrider/client/create-client";
import { afterEach, expect, test } from "vitest";
import { startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { collectGarbage } from "../support/held-bytes.ts";
import { closedPort } from "../support/network.ts";

type Behaviour = (response: ServerResponse, request: IncomingMessage) => void;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

/** A server that behaves differently from request to request; the last behaviour stays. */
async function startScript(...behaviours: readonly Behaviour[]) {
  const seen: { method: string; url: string; headers: IncomingMessage["headers"]; atMs: number }[] = [];
  const server = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    const behave = behaviours[Math.min(seen.length, behaviours.length - 1)];
    seen.push({ method, url, headers, atMs: performance.now() });
    request.resume();
    behave?.(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  open.push({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, seen, client: createClient({ url, token: TOKEN, timeoutMs: 60_000 }) };
}

const TOKEN = "prt_secret_token";

const json =
  (value: unknown, status = 200, headers: Record<string, string> = {}): Behaviour =>
  (response) =>
    void response
      .writeHead(status, { "content-type": "application/json", ...headers })
      .end(JSON.stringify(value));

const problem = (code: string, status: number, headers: Record<string, string> = {}): Behaviour =>
  json(
    {
      type: `/docs#${code}`,
      title: "t",
      status,
      code,
      detail: `it is ${code}`,
      requestId: "r1",
      problems: [],
    },
    status,
    { "content-type": "application/problem+json", ...headers },
  );

const reset: Behaviour = (_, request) => request.socket.resetAndDestroy();
const cutShort: Behaviour = (response, request) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "100" }).write('{"a":');
  setImmediate(() => request.socket.resetAndDestroy());
};

const RUN = { run: "r", state: "running" };

test("what may pass is tried again under the same Idempotency-Key, after what Retry-After asks for", async () => {
  const { client, seen } = await startScript(
    reset,
    problem("redis_unavailable", 503, { "retry-after": "1" }),
    problem("rate_limited", 429),
    cutShort,
    json(RUN),
  );

  expect(await client.call("pauseRun", { params: { id: "r/1" } })).toEqual(RUN);

  expect(seen).toHaveLength(5);
  expect(new Set(seen.map(({ url }) => url))).toEqual(new Set(["/v1/runs/r%2F1/pause"]));
  const [key, ...others] = new Set(seen.map(({ headers }) => headers["idempotency-key"]));
  expect(key).toMatch(/^"[0-9a-f-]{36}"$/);
  expect(others).toEqual([]);
  expect(seen.every(({ headers }) => headers.authorization === `Bearer ${TOKEN}`)).toBe(true);
  expect((seen[2]?.atMs ?? 0) - (seen[1]?.atMs ?? 0)).toBeGreaterThan(990);
});

test("two calls have two keys, and a key of the caller's own is kept", async () => {
  const { client, seen } = await startScript(json(RUN));

  await client.call("pauseRun", { params: { id: "r" } });
  await client.call("pauseRun", { params: { id: "r" } });
  await client.call("pauseRun", { params: { id: "r" }, headers: { "Idempotency-Key": "mine" } });
  await client.call("getRun", { params: { id: "r" } });

  const keys = seen.map(({ headers }) => headers["idempotency-key"]);
  expect(keys[0]).not.toBe(keys[1]);
  expect(keys.slice(2)).toEqual(["mine", undefined]);
});

test.each([
  ["what the caller did wrong", problem("delivery_invalid", 422)],
  ["a test send that may have been sent", problem("worker_unavailable", 503, { "retry-after": "5" })],
  ["a wait of more than a minute", problem("rate_limited", 429, { "retry-after": "61" })],
  ["a bug", problem("internal", 500)],
])("%s is not tried again", async (_, behaviour) => {
  const { client, seen } = await startScript(behaviour, json(RUN));

  await expect(client.call("pauseRun", { params: { id: "r" } })).rejects.toBeInstanceOf(ApiError);

  expect(seen).toHaveLength(1);
});

test("a request that is under way by an earlier try is waited for", async () => {
  const { client, seen } = await startScript(problem("idempotency_under_way", 409), json(RUN));

  expect(await client.call("pauseRun", { params: { id: "r" } })).toEqual(RUN);
  expect(seen).toHaveLength(2);
});

test("an API that does not answer in time is given up after some tries, and no error shows the token", async () => {
  // While the client waits garbage is collected, which must not take its time-out.
  const { url, seen } = await startScript(() => collectGarbage());
  const hasty = createClient({ url, token: TOKEN, timeoutMs: 1_000, tries: 2 });
  const lost = createClient({ url: `http://127.0.0.1:${await closedPort()}`, token: TOKEN, tries: 2 });

  for (const [client, why] of [
    [hasty, "no answer in time"],
    [lost, "ECONNREFUSED"],
  ] as const) {
    const error = await client.call("listRuns").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "api_unreachable", status: null, isTemporary: true });
    expect(String(error)).toContain(why);
    expect(JSON.stringify(error) + String(error) + (error as Error).stack).not.toContain(TOKEN);
  }
  expect(seen).toHaveLength(2);
});

test("what is no Postrider API is told as such, and a token follows no redirect", async () => {
  const page: Behaviour = (response) =>
    void response.writeHead(200, { "content-type": "text/html" }).end("<p>");
  const { client: ofPage } = await startScript(page);
  const { url: elsewhere, seen: seenElsewhere } = await startScript(json(RUN));
  const { client: ofRedirect } = await startScript(
    (response) => void response.writeHead(307, { location: elsewhere }).end(),
  );

  for (const client of [ofPage, ofRedirect])
    await expect(client.call("getRun", { params: { id: "r" } })).rejects.toMatchObject({
      code: "api_foreign",
    });
  expect(seenElsewhere).toHaveLength(0);
});

test.each([
  ["http://user:secret-word@host"],
  ["ftp://host"],
  ["host:8080"],
  ["http://host/?token=secret-word"],
])("%s is refused as the URL of an API, and not shown", (url) => {
  expect(() => createClient({ url })).toThrow(TypeError);
  expect(() => createClient({ url })).not.toThrow(/secret-word/);
  expect(() => createClient({ url: "http://host", token: "secret-word\n" })).toThrow(/^token: (?!.*secret)/);
});

test("against the API: problems with their fields, exact integers, pages as one sequence, a signal", async () => {
  await using api = await startApi();
  const client = createClient({ url: `${api.url}/` });
  await client.call("saveAction", {
    params: { id: "a" },
    body: { url: "https://a.example/", body: "{}" } as never,
  });
  const refused = client.call("enqueueDeliveries", { body: { action: "a", customer: {} } as never });
  await expect(refused).rejects.toMatchObject({
    code: "delivery_invalid",
    status: 422,
    requestId: expect.any(String),
    problems: [{ pointer: "/customer/id", message: "must be a text or a number" }],
  });
  await expect(client.call("getRun", { params: { id: ".." } })).rejects.toMatchObject({
    code: "request_invalid",
  });

  const big = 12_345_678_901_234_567_890n;
  const { ids } = await client.call("enqueueDeliveries", { body: { action: "a", customer: { id: big } } });
  const shown = await client.call("getDelivery", { params: { id: ids[0] ?? "" } });
  expect(shown.customerId).toBe(String(big));
  const preview = await client.call("previewAction", {
    params: { id: "a" },
    body: { customer: { id: big } },
  });
  expect(preview.previews[0]?.customerId).toBe(big);

  for (let index = 0; index < 5; index++)
    await api.producer.enqueueMany({ action: "a", run: `r${index}`, customers: [], open: true });
  const runs: string[] = [];
  for await (const { run } of client.each("listRuns", { query: { limit: 2 } })) runs.push(run);
  expect(runs.sort()).toEqual(["r0", "r1", "r2", "r3", "r4"]);

  const signal = AbortSignal.abort(new Error("no more"));
  await expect(client.call("listRuns", { signal })).rejects.toThrow("no more");
});

test("outcomes as they come, over a cut connection, begin behind the last one that was read", async () => {
  const outcome = (n: number) =>
    `event: outcome\nid: 0.${n}-1\ndata: {"cursor":"0.${n}-1","id":"d${n}","customer":9007199254740993}\n\n`;
  const events =
    (text: string, then: "cut" | "end" | "stay"): Behaviour =>
    (response, request) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).write(text);
      if (then === "end") response.end();
      if (then === "cut") setTimeout(() => request.socket.resetAndDestroy(), 50);
    };
  const { client, seen } = await startScript(
    json({ outcomes: [], after: "0.4-0", missed: 0 }),
    reset,
    events(`retry: 1\n\n${outcome(5)}:\n\n${outcome(6)}event: outc`, "cut"),
    events(`event: missed\ndata: {"missed":3}\n\n${outcome(10)}`, "end"),
    problem("overloaded", 503),
    events(outcome(11), "stay"),
  );
  const abort = new AbortController();
  const missed: (number | null)[] = [];
  const read: unknown[] = [];
  for await (const { id, customer } of client.outcomes({
    onMissed: (n) => missed.push(n),
    signal: abort.signal,
  })) {
    read.push(id, customer);
    if (id === "d11") abort.abort();
  }

  const exact = 9_007_199_254_740_993n;
  expect(read).toEqual(["d5", exact, "d6", exact, "d10", exact, "d11", exact]);
  expect(missed).toEqual([3]);
  expect(seen.map(({ headers }) => headers["last-event-id"])).toEqual([
    undefined,
    "0.4-0",
    "0.4-0",
    "0.6-1",
    "0.10-1",
    "0.10-1",
  ]);
});

test("a group's outcomes: each once while all goes well, and its next reader goes on behind them", async () => {
  await using api = await startApi();
  await api.producer.actions.apply({ id: "a", url: "https://a.example/", body: "{}" });
  const end = async () => {
    const { id } = await api.producer.enqueue({ action: "a", customer: { id: 1 } });
    await api.producer.deliveries.cancel(id);
    return id;
  };
  const ids = [await end(), await end(), await end()];
  const client = createClient({ url: api.url });
  const readSome = async (count: number) => {
    const read: string[] = [];
    for await (const { id } of client.outcomes({ group: "g", start: "oldest" })) {
      read.push(id);
      if (read.length === count) break;
    }
    return read;
  };

  // The one that its loop has left at counts as unread.
  expect(await readSome(2)).toEqual(ids.slice(0, 2));
  await eventually(async () => expect(await api.producer.outcomes.groups()).toMatchObject([{ unread: 2 }]));
  expect(await readSome(2)).toEqual(ids.slice(1));
});
