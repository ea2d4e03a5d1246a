// Authentication and signing through the whole system: real workers, a receiver that is API and token
// endpoint at once.

import { createHmac, randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { type Behaviour, ok, type ReceivedRequest, reply } from "../support/receiver.ts";
import { newKey } from "../support/secret-keys.ts";
import { customers, SOON, startSystem } from "../support/system.ts";

const KEYS = newKey("k1");
const environment = { POSTRIDER_SECRET_KEYS: KEYS };

/** An API that takes the latest token of its endpoint only. */
function protectedApi(tokenAnswer?: (nth: number) => Behaviour | null) {
  const state = { issued: 0, valid: "" };
  const script = (request: ReceivedRequest): Behaviour => {
    if (request.path === "/token") {
      state.issued += 1;
      const special = tokenAnswer?.(state.issued) ?? null;
      if (special !== null) return special;
      state.valid = `token-${state.issued}`;
      return reply(
        200,
        {},
        JSON.stringify({ access_token: state.valid, token_type: "Bearer", expires_in: 3600 }),
      );
    }
    return request.headers["authorization"] === `Bearer ${state.valid}`
      ? ok()
      : reply(401, {}, "who are you?");
  };
  return { state, script };
}

function oauth2(url: string) {
  return {
    secrets: ["CLIENT_SECRET"],
    auth: {
      oauth2: { tokenUrl: `${url}/token`, clientId: "client", clientSecret: "{{ secrets.CLIENT_SECRET }}" },
    },
  };
}

const isCall = ({ path }: ReceivedRequest) => path !== "/token";

test("many deliveries by several workers fetch one token", async () => {
  const { state, script } = protectedApi();
  await using system = await startSystem(script, { secretKeys: KEYS });
  await system.producer.secrets.set("CLIENT_SECRET", "the client's secret");
  await system.apply(oauth2(system.receiver.url));
  await Promise.all([1, 2, 3].map(() => system.startWorker(environment)));

  await system.producer.enqueueMany({ action: "a", run: "r", customers: customers(60) });
  await system.untilEnded("r");

  expect(await system.producer.runs.get("r")).toMatchObject({ delivered: 60, retries: 0 });
  expect(state.issued).toBe(1);
  const [asked] = system.receiver.requests.filter(({ path }) => path === "/token");
  expect(asked?.headers["authorization"]).toBe(
    `Basic ${Buffer.from("client:the+client%27s+secret").toString("base64")}`,
  );
});

test("a 401 leads to one new token and one more request, also on the only attempt", async () => {
  const { state, script } = protectedApi();
  await using system = await startSystem(script, { secretKeys: KEYS });
  await system.producer.secrets.set("CLIENT_SECRET", "the client's secret");
  await system.apply({ ...oauth2(system.receiver.url), retry: { ...SOON, attempts: 1 } });
  await system.startWorker(environment);
  await system.producer.enqueueMany({ action: "a", run: "first", customers: customers(1) });
  await system.untilEnded("first");
  state.valid = "revoked on the server";

  await system.producer.enqueueMany({ action: "a", run: "second", customers: customers(1) });
  await system.untilEnded("second");

  expect(await system.producer.runs.get("second")).toMatchObject({ delivered: 1, retries: 0 });
  expect(state.issued).toBe(2);
  const [, refused, repeated] = system.receiver.requests.filter(isCall);
  expect(repeated?.body).toBe(refused?.body);
  expect(repeated?.key).toBe(refused?.key);
});

test("a destination that refuses every token gets two requests and makes nobody fetch a token each time", async () => {
  const { state, script } = protectedApi();
  await using system = await startSystem((request) => (isCall(request) ? reply(401) : script(request)), {
    secretKeys: KEYS,
  });
  await system.producer.secrets.set("CLIENT_SECRET", "the client's secret");
  await system.apply(oauth2(system.receiver.url));
  await system.startWorker(environment);

  await system.producer.enqueueMany({ action: "a", run: "r", customers: customers(50) });
  await system.untilEnded("r");

  expect(await system.producer.runs.get("r")).toMatchObject({
    failed: 50,
    failedByReason: { reply_4xx: 50 },
  });
  expect(state.issued).toBe(2);
});

test("a token endpoint that is down costs no attempt; one that refuses the client fails the delivery", async () => {
  const { state, script } = protectedApi((nth) => (nth === 1 ? reply(503) : null));
  await using system = await startSystem(script, { secretKeys: KEYS });
  await system.producer.secrets.set("CLIENT_SECRET", "the client's secret");
  await system.apply({ ...oauth2(system.receiver.url), retry: { ...SOON, attempts: 1 } });
  await system.startWorker(environment);
  await system.producer.enqueueMany({ action: "a", run: "r", customers: customers(1) });
  await system.untilEnded("r");
  expect(await system.producer.runs.get("r")).toMatchObject({ delivered: 1, failed: 0 });
  expect(state.issued).toBe(2);

  await system.apply({
    ...oauth2(system.receiver.url),
    id: "refused",
    auth: { oauth2: { tokenUrl: `${system.receiver.url}/none`, clientId: "c", clientSecret: "written-in" } },
  });
  await system.producer.enqueueMany({ action: "refused", run: "r2", customers: customers(1) });
  await system.untilEnded("r2");
  expect(await system.producer.runs.get("r2")).toMatchObject({ failedByReason: { auth_failed: 1 } });
});

test("a token endpoint that redirects is not followed with the client's secret", async () => {
  const { script } = protectedApi(() => reply(307, { location: "/elsewhere" }));
  await using system = await startSystem(script, { secretKeys: KEYS });
  await system.producer.secrets.set("CLIENT_SECRET", "the client's secret");
  await system.apply({ ...oauth2(system.receiver.url), redirects: 3 });
  await system.startWorker(environment);

  await system.producer.enqueueMany({ action: "a", run: "r", customers: customers(1) });
  await system.untilEnded("r");

  expect(await system.producer.runs.get("r")).toMatchObject({ failedByReason: { auth_failed: 1 } });
  expect(system.receiver.requests.map(({ path }) => path)).toEqual(["/token"]);
});

test("requests are signed over the very bytes that arrive, anew at each attempt, under the delivery's id", async () => {
  const [first = "", second = ""] = [1, 2].map(() => `whsec_${randomBytes(32).toString("base64")}`);
  await using system = await startSystem((_, { nth }) => (nth === 1 ? reply(500) : ok()), {
    secretKeys: KEYS,
  });
  await system.producer.secrets.set("SIGNING", first);
  await system.apply({
    body: '{"name": {{ customer.name }}, "odd": "\\ud83d\\ude00 é {{ customer.odd }}"}',
    secrets: ["SIGNING"],
    signing: { scheme: "standard-webhooks", secrets: ["{{ secrets.SIGNING }}", second] },
    idempotencyHeader: "X-CIO-Idempotency-Key",
  });
  await system.startWorker(environment);
  const { id } = await system.producer.enqueue({
    action: "a",
    customer: { id: 1, name: 'Zoë "\u2028" 😀', odd: "\ud800 lone" },
  });
  await eventually(async () =>
    expect(await system.producer.outcomes.get(id)).toMatchObject({ outcome: "delivered", attempts: 2 }),
  );

  expect(system.receiver.requests).toHaveLength(2);
  for (const { body, headers } of system.receiver.requests) {
    expect(headers["webhook-id"]).toBe(id);
    expect(headers["x-cio-idempotency-key"]).toBe(id);
    for (const secret of [first, second]) new Webhook(secret).verify(body, headers);
  }
});

test("Customer.io's receivers find what they check", async () => {
  await using system = await startSystem(undefined, { secretKeys: KEYS });
  await system.apply({
    signing: { scheme: "customerio", secrets: ["the workspace's key"] },
    idempotencyHeader: "webhook-id",
  });
  await system.startWorker(environment);
  const { id } = await system.producer.enqueue({ action: "a", customer: { id: "ü" } });
  const request = await eventually(() => {
    const [only] = system.receiver.requests;
    if (only === undefined) throw new Error("nothing came");
    return only;
  });

  const { "x-cio-timestamp": timestamp = "", "x-cio-signature": signature } = request.headers;
  expect(Math.abs(Number(timestamp) - Date.now() / 1_000)).toBeLessThan(60);
  expect(signature).toBe(
    createHmac("sha256", "the workspace's key").update(`v0:${timestamp}:${request.body}`).digest("hex"),
  );
  expect(request.headers["webhook-id"]).toBe(id);
  expect(request.headers["idempotency-key"]).toBeUndefined();
});

test("a secret that is set anew is used within seconds; one that is removed makes deliveries wait, not fail", async () => {
  await using system = await startSystem(undefined, { secretKeys: KEYS });
  const { secrets } = system.producer;
  await secrets.set("TOKEN", "first-value");
  await system.apply({ secrets: ["TOKEN"], auth: { bearer: { token: "{{ secrets.TOKEN }}" } } });
  await system.startWorker(environment);
  const send = async (value: string) => {
    const known = system.receiver.requests.length;
    await eventually(async () => {
      await system.producer.enqueue({ action: "a", customer: { id: 1 } });
      expect(system.receiver.requests.slice(known).map(({ headers }) => headers["authorization"])).toContain(
        `Bearer ${value}`,
      );
    });
  };

  await send("first-value");
  await secrets.set("TOKEN", "second-value");
  await send("second-value");
  await secrets.remove("TOKEN");
  await eventually(async () => {
    await system.producer.enqueue({ action: "a", customer: { id: 1 } });
    expect((await system.producer.lanes.backlog("transactional")).delayed).toBeGreaterThan(0);
  });
  await secrets.set("TOKEN", "third-value");
  await eventually(async () => {
    expect(await system.producer.lanes.backlog("transactional")).toMatchObject({ delayed: 0, inFlight: 0 });
    expect(system.receiver.requests.at(-1)?.headers["authorization"]).toBe("Bearer third-value");
  });
  expect((await system.producer.lanes.backlog("transactional")).deadLetters).toBe(0);
});
