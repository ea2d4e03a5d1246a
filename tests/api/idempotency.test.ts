// Idempotency-Key: what a request that is sent again gets, also after the process that had it was killed.

import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { type Answered, expectProblem, request, startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { shardKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { startPostrider } from "../support/processes.ts";
import { oneServerUrl } from "../support/redis.ts";
import { findKeys } from "../support/redis-keys.ts";

const ACTION = { url: "https://api.example.com/", body: "{}" };
const ORDERS = [
  { action: "a", customer: { id: 1 } },
  { action: "a", customer: { id: 2 } },
];

test("the same request again is answered as it was, and not carried out twice", async () => {
  await using api = await startApi();
  await api.request("PUT", "/v1/actions/a", { body: ACTION });
  const send = (key: string, body: unknown = ORDERS) =>
    api.request("POST", "/v1/deliveries", { body, headers: { "idempotency-key": key } });

  const first = await send('"key-1"');
  const again = await send("key-1");
  const third = await send("key-2");

  expect([first.status, first.json.enqueued]).toEqual([202, 2]);
  expect([again.status, again.json]).toEqual([202, first.json]);
  expect(again.headers.get("idempotency-replayed")).toBe("true");
  expect(third.json.enqueued).toBe(2);
  expectProblem(await send("key-1", ORDERS.slice(1)), "idempotency_mismatch");
  const elsewhere = { body: ORDERS, headers: { "idempotency-key": "key-1" } };
  expectProblem(
    await api.request("POST", "/v1/deliveries?onInvalid=skip", elsewhere),
    "idempotency_mismatch",
  );
});

test("a refusal is not kept: the same key carries the request out once it can be", async () => {
  await using api = await startApi();
  const send = () =>
    api.request("POST", "/v1/deliveries", { body: ORDERS[0], headers: { "idempotency-key": "k" } });

  expectProblem(await send(), "action_unknown");
  await api.request("PUT", "/v1/actions/a", { body: ACTION });
  expect((await send()).json.enqueued).toBe(1);
});

test.each(["", '""', "a b", '"open', "a,b", "ä", "x".repeat(256)])("%j is no key", async (key) => {
  await using api = await startApi();
  const headers = { "idempotency-key": Buffer.from(key, "utf8").toString("latin1") };

  expectProblem(await api.request("POST", "/v1/runs/x/close", { headers }), "idempotency_key_invalid");
});

test("two callers' keys are two keys", async () => {
  const [one, two] = ["one", "two"].map((name) => ({ name, scopes: ["manage"], token: name.repeat(12) }));
  await using api = await startApi({ POSTRIDER_API_TOKENS: JSON.stringify([one, two]) });
  await api.request("PUT", "/v1/actions/a", { body: ACTION, token: one?.token ?? "" });
  const send = (token = "") =>
    api.request("POST", "/v1/deliveries", { body: ORDERS, token, headers: { "idempotency-key": "k" } });

  expect((await send(one?.token)).json.enqueued).toBe(2);
  expect((await send(two?.token)).json.enqueued).toBe(2);
});

test("of requests at the same time under one key one is carried out", async () => {
  await using api = await startApi();
  await api.request("PUT", "/v1/actions/a", { body: ACTION });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      api.request("POST", "/v1/deliveries", { body: ORDERS, headers: { "idempotency-key": "k" } }),
    ),
  );

  const taken = answers.filter(({ status }) => status === 202);
  expect(new Set(taken.map(({ text }) => text)).size).toBe(1);
  for (const answer of answers.filter(({ status }) => status !== 202)) {
    expectProblem(answer, "idempotency_under_way");
    expect(answer.headers.get("retry-after")).toBe("1");
  }
  const totals = await readTotals(api.redisUrl);
  expect(totals).toBe(2);
});

test("a token's text is kept nowhere, also not as an answer", async () => {
  await using api = await startApi();
  const send = () =>
    api.request("POST", "/v1/tokens", {
      body: { name: "a", scopes: ["admin"] },
      headers: { "idempotency-key": "k" },
    });
  const made = await send();
  const redis = openRedis(api.redisUrl);
  const kept = await findKeys(redis, ":api-answer:*");
  const stored = JSON.stringify(await Promise.all(kept.map((key) => redis.hgetall(key))));
  redis.disconnect();

  expect(kept).toHaveLength(1);
  expect(stored).not.toContain(made.json.token);
});

async function readTotals(redisUrl: string): Promise<number> {
  const redis = openRedis(redisUrl);
  const enqueued = await redis.hget(shardKeys.totals(), "enqueued");
  redis.disconnect();
  return Number(enqueued);
}

const TRIES = 100;

test("an API killed between accepting and answering: the same request again makes no second delivery", async () => {
  const redisUrl = await oneServerUrl();
  const environment = {
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_API_PORT: "0",
    POSTRIDER_LOG_FORMAT: "json",
  };
  // It may have answered before the signal reaches it: then another one is killed.
  let tries = 0;
  let answer: unknown = 202;
  while (answer === 202 && tries < TRIES) answer = await killWhileTaking(environment, `k${++tries}`);
  expect(answer).toBe("none");
  expect(await readTotals(redisUrl)).toBe(tries * ORDERS.length);

  await using next = startPostrider(["api"], environment);
  const [, url = ""] = await next.waitForOutput(/"address":"(http[^"]+)"/);
  const again = await eventually(async () => {
    const answered = await send(url, `k${tries}`);
    expect(answered.status, answered.text).toBe(202);
    return answered;
  });
  expect(again.json.ids).toHaveLength(ORDERS.length);
  expect(await readTotals(redisUrl)).toBe(tries * ORDERS.length);
  next.kill("SIGTERM");
  expect((await next.exited).code).toBe(0);
});

function send(url: string, key: string): Promise<Answered> {
  return request(url, "POST", "/v1/deliveries", { body: ORDERS, headers: { "idempotency-key": key } });
}

/**
 * Kills an API once Redis carries out the transaction by which the deliveries are taken in: it marks each of
 * them.
 * @returns what the request was answered.
 */
async function killWhileTaking(environment: Record<string, string>, key: string): Promise<unknown> {
  await using killed = startPostrider(["api"], environment);
  const [, url = ""] = await killed.waitForOutput(/"address":"(http[^"]+)"/);
  await request(url, "PUT", "/v1/actions/a", { body: ACTION });
  const watching = watchMarks(environment["POSTRIDER_REDIS_URL"] ?? "", () => killed.kill("SIGKILL"));
  await watching.begun;
  const answer = await send(url, key).then(
    ({ status }) => status,
    () => "none",
  );
  await killed.exited;
  watching.stop();
  return answer;
}

/**
 * Watches Redis for a script that marks a delivery of this file. By a connection of its own: other tests use
 * the same server, and ioredis' monitor takes what comes with its own first answer for a fault.
 */
function watchMarks(redisUrl: string, onMark: () => void): { begun: Promise<unknown>; stop(): void } {
  const { hostname, port } = new URL(redisUrl);
  const marks = ["set", "mset"].map((command) => `lua] "${command}" "${shardKeys.outcome("")}`);
  const socket = connect(Number(port), hostname);
  let text = "";
  socket.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    if (marks.some((mark) => text.toLowerCase().includes(mark))) onMark();
    text = text.slice(text.lastIndexOf("\n") + 1);
  });
  socket.write("MONITOR\r\n");
  return { begun: once(socket, "data"), stop: () => void socket.destroy() };
}
