// Two tokens narrowed to different actions cannot see, or change, what is the other's: on any route of the
// table, so that a new one cannot be forgotten.

import { ROUTES } from "@postrider/api/routes";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem, type RunningApi, startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { newKey } from "../support/secret-keys.ts";
import { createOwned, EXAMPLES, type Owned, toMarker, toPath } from "./requests.ts";

const tokens = {
  mine: { name: "mine", scopes: ["admin"], actions: ["mine"], token: "m".repeat(40) },
  lane: { name: "lane", scopes: ["admin"], lanes: ["elsewhere"], token: "l".repeat(40) },
  all: { name: "all", scopes: ["admin"], token: "a".repeat(40) },
};

let api: RunningApi;
let mine: Owned;
let theirs: Owned;
beforeAll(async () => {
  api = await startApi({
    POSTRIDER_SECRET_KEYS: newKey("k1"),
    POSTRIDER_API_TOKENS: JSON.stringify(Object.values(tokens)),
  });
  mine = await createOwned(api, "mine");
  theirs = await createOwned(api, "theirs");
});
afterAll(() => api[Symbol.asyncDispose]());

/** All that a request might have changed. */
async function readTheirs(): Promise<string> {
  const { producer } = api;
  const parts = await Promise.all([
    producer.actions.versions(theirs.action),
    ...[theirs.run, theirs.runToCancel].map(async (run) => {
      const { state, enqueued, waiting, closedAt } = await producer.runs.get(run);
      return { state, enqueued, waiting, closedAt };
    }),
    ...[theirs.delivery, theirs.deliveryToCancel].map(async (id) => {
      const { state, lane, dueAt } = await producer.deliveries.show(id);
      return { state, lane, dueAt };
    }),
    producer.outcomes.groups().then((groups) => groups.length),
    producer.deadLetters.list({ action: theirs.action }),
    producer.tokens.list(),
    producer.snippets.list(),
    producer.destinations.list(),
  ]);
  return JSON.stringify(parts);
}

const CASES = ROUTES.filter(({ narrowing }) => narrowing !== "nothing").map(
  (route) => [route.id, route] as const,
);

test.each(CASES)("%s: a token of another action sees and changes nothing of theirs", async (id, route) => {
  const before = await readTheirs();
  const example = EXAMPLES[id]?.(theirs) ?? {};
  const path = toPath(route.path, { ...example, query: example.query?.replace("onInvalid=skip", "") ?? "" });
  const answered = await api.request(route.method, path, { ...example, token: tokens.mine.token });

  expect(answered.text).not.toContain(toMarker("theirs"));
  const isList = route.path.endsWith("/deliveries") || !route.path.includes(":");
  if (route.narrowing === "found" && !isList) expect(answered.status).toBe(404);
  else if (route.method === "GET" && route.narrowing === "found")
    expect(answered.text).not.toContain("theirs");
  else expectProblem(answered, "forbidden");
  expect(await readTheirs()).toBe(before);
});

test.each(CASES.filter(([, { narrowing }]) => narrowing === "found"))(
  "%s: a token of another lane sees and changes nothing of theirs",
  async (id, route) => {
    if (id === "listActions") return;
    const before = await readTheirs();
    const example = EXAMPLES[id]?.(theirs) ?? {};
    const path = toPath(route.path, {
      ...example,
      query: example.query?.replace("onInvalid=skip", "") ?? "",
    });
    const answered = await api.request(route.method, path, { ...example, token: tokens.lane.token });

    expect(answered.text).not.toContain(toMarker("theirs"));
    if (route.method === "GET" && !route.path.includes(":")) expect(answered.text).not.toContain("theirs");
    else expect([403, 404]).toContain(answered.status);
    expect(await readTheirs()).toBe(before);
  },
);

test("what is the token's own it sees", async () => {
  const { token } = tokens.mine;
  const of = async (path: string) => (await api.request("GET", path, { token })).json;

  expect((await of("/v1/actions")).actions.map(({ id }: { id: string }) => id)).toEqual(["mine"]);
  expect((await of("/v1/runs")).runs).toHaveLength(3);
  expect((await of("/v1/dead-letters")).deadLetters).toHaveLength(2);
  expect((await of("/v1/dead-letters")).total).toBeNull();
  expect((await of("/v1/dead-letters/groups")).groups).toHaveLength(1);
  expect((await of(`/v1/dead-letters/${mine.deadLetter}`)).action).toBe("mine@1");
  expect((await of(`/v1/deliveries/${mine.delivery}`)).state).toBe("waiting");
  const listed = (await of("/v1/deliveries?limit=100")).deliveries;
  expect(new Set(listed.map(({ action }: { action: string }) => action))).toEqual(new Set(["mine@1"]));
  expect(new Set(listed.map(({ state }: { state: string }) => state))).toEqual(
    // Those that were buried have told no outcome.
    new Set(["waiting", "ended"]),
  );
  expect((await of("/v1/deliveries?outcome=failed")).deliveries).toHaveLength(2);
  expect((await of("/v1/outcomes")).outcomes).toMatchObject([
    { action: "mine@1", customer: toMarker("mine") },
  ]);
  expect((await of(`/v1/customers/${toMarker("mine")}/deliveries`)).deliveries.length).toBeGreaterThan(3);
  const all = await api.request("GET", "/v1/dead-letters", { token: tokens.all.token });
  expect(all.json).toMatchObject({ total: 4, after: null });
});

test("a token of a lane sees what lies there, open or a dead letter, and what began elsewhere never", async () => {
  const known = tokens.lane.token;
  const of = (query: string) => api.request("GET", `/v1/deliveries${query}`, { token: known });
  await api.producer.enqueue({ action: "mine", customer: { id: 5 }, lane: "elsewhere" });

  const { deliveries } = (await of("")).json;
  expect(deliveries).toMatchObject([{ home: "elsewhere", customerId: 5 }]);
  expect((await of("?lane=bulk")).json.deliveries).toEqual([]);
  expectProblem(await of("?outcome=cancelled"), "filter_invalid");
});

test("of what is counted for charts a narrowed token sees what its actions have", async () => {
  const enqueuedOf = async (query: string, token: string) => {
    const { json, status } = await api.request("GET", `/v1/metrics?measure=enqueued${query}`, { token });
    const sums = (json.series ?? []).map(({ name, points }: { name: string | null; points: number[] }) => [
      name,
      points.reduce((sum, point) => sum + point, 0),
    ]);
    return { status, ...Object.fromEntries(sums) };
  };

  // Told within some seconds: five of each when all began, and the one in a lane of its own.
  await eventually(async () =>
    expect(await enqueuedOf("&by=action", tokens.all.token)).toMatchObject({
      status: 200,
      mine: 6,
      theirs: 5,
    }),
  );
  expect(await enqueuedOf("", tokens.mine.token)).toEqual({ status: 200, null: 6 });
  expect(await enqueuedOf("&by=action", tokens.mine.token)).toEqual({ status: 200, mine: 6 });
  expect(await enqueuedOf("&by=action&names=theirs", tokens.mine.token)).toEqual({ status: 200 });
  expect(await enqueuedOf("&by=run", tokens.mine.token)).toEqual({ status: 403 });
  expect(await enqueuedOf("", tokens.lane.token)).toEqual({ status: 403 });
});

test("of orders for several actions a narrowed token's are taken in, where the others may be skipped", async () => {
  const body = ["mine", "theirs", "nobody's"].map((action) => ({ action, customer: { id: 1 } }));
  const refused = await api.request("POST", "/v1/deliveries", { body, token: tokens.mine.token });
  const skipped = await api.request("POST", "/v1/deliveries?onInvalid=skip", {
    body,
    token: tokens.mine.token,
  });

  expectProblem(refused, "forbidden");
  expect(skipped.json.enqueued).toBe(1);
  // Whether an action exists is not told.
  expect(skipped.json.errors.map(({ code }: { code: string }) => code)).toEqual(["forbidden", "forbidden"]);
});
