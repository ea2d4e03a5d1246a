// An attempt has one deadline, over the token, the request and its repetition after a 401: a real token
// endpoint and a real API that take their time.

import type { Action } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { testAction } from "@postrider/worker/test-send";
import { expect, test } from "vitest";
import { LOOPBACK } from "../support/network.ts";
import { type Behaviour, drip, ok, type Receiver, reply, slow, startReceiver } from "../support/receiver.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const TIMEOUT_MS = 3_000;
/** Two of these are more than one deadline; one leaves a machine with other work room to be late. */
const MOST_OF_IT_MS = 1_800;

const token = reply(200, {}, JSON.stringify({ access_token: "t", token_type: "Bearer", expires_in: 3600 }));

function startApi(script: (path: string, nth: number) => Behaviour): Promise<Receiver> {
  const counts = new Map<string, number>();
  return startReceiver(({ path }) => {
    const nth = (counts.get(path) ?? 0) + 1;
    counts.set(path, nth);
    return script(path, nth);
  });
}

function action(url: string, more: Record<string, unknown>): Action {
  return parseAction({
    ...more,
    id: "a",
    url: `${url}/api`,
    body: "{}",
    timeoutMs: TIMEOUT_MS,
    auth: { oauth2: { tokenUrl: `${url}/token`, clientId: "c", clientSecret: "s" } },
  });
}

async function sendTo(api: Receiver, more: Record<string, unknown> = {}) {
  const settings = readSettings({ ...LOOPBACK, POSTRIDER_REDIS_URL: await isolatedRedisUrl() });
  const {
    fault,
    reply: answer,
    reason,
    problems,
  } = await testAction(action(api.url, more), { customer: { id: "1" } }, settings);
  const paths = api.requests.map(({ path }) => path);
  return { fault: fault?.code, status: answer?.status, reason, problems, paths };
}

test("a request that would have less time than its token took waits for the next attempt, which has the token", async () => {
  await using api = await startApi((path) => slow(MOST_OF_IT_MS, path === "/token" ? token : ok()));

  expect(await sendTo(api)).toMatchObject({ reason: "auth_unavailable", paths: ["/token"] });
});

test("a token endpoint that drips is waited for no longer than the attempt may take", async () => {
  await using api = await startApi((path) => (path === "/token" ? drip(1, 50) : ok()));

  expect(await sendTo(api)).toMatchObject({ reason: "auth_unavailable", paths: ["/token"] });
});

test("a renewal after a 401 that takes the rest of the time leaves the request for the next attempt", async () => {
  await using api = await startApi((path, nth) => {
    if (path === "/token") return nth === 1 ? token : drip(1, 50);
    return slow(500, reply(401));
  });

  expect(await sendTo(api)).toMatchObject({
    reason: "auth_unavailable",
    paths: ["/token", "/api", "/token"],
  });
});

test("a request that would have less time than its refusal took is not repeated: the 401 stands", async () => {
  await using api = await startApi((path) => (path === "/token" ? token : slow(MOST_OF_IT_MS, reply(401))));

  expect(await sendTo(api)).toEqual({
    fault: undefined,
    status: 401,
    reason: "reply_4xx",
    problems: [],
    paths: ["/token", "/api"],
  });
});

test("a repetition gets what is left, not a deadline of its own", async () => {
  await using api = await startApi((path, nth) => {
    if (path === "/token") return token;
    return nth === 1 ? slow(500, reply(401)) : slow(TIMEOUT_MS - 250, ok());
  });

  expect(await sendTo(api)).toMatchObject({ fault: "timeout", paths: ["/token", "/api", "/token", "/api"] });
});

test("a 401 that only the body tells leads to a new token, too", async () => {
  const refusal = reply(200, {}, '{"ok":false,"error":"token_expired"}');
  await using api = await startApi((path, nth) => {
    if (path === "/token") return token;
    return nth === 1 ? refusal : ok('{"ok":true}');
  });
  const success = { json: "/ok", is: true, otherwise: 401 };

  expect(await sendTo(api, { success })).toMatchObject({
    reason: "reply_2xx",
    paths: ["/token", "/api", "/token", "/api"],
  });
});

test("where no other token is to be had, the reason tells that the destination refused the first one", async () => {
  await using api = await startApi((path, nth) => {
    if (path !== "/token") return reply(401);
    return nth === 1 ? token : reply(503);
  });

  expect(await sendTo(api)).toMatchObject({
    reason: "auth_unavailable",
    problems: [{ message: "the destination answered 401 to its token, and the token endpoint answered 503" }],
    paths: ["/token", "/api", "/token"],
  });
});
