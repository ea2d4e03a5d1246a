// What each resource's routes do, over the running API.

import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunningApi } from "../support/api.ts";
import { expectProblem, startApi } from "../support/api.ts";
import { newKey } from "../support/secret-keys.ts";

let api: RunningApi;
beforeAll(async () => {
  api = await startApi({ POSTRIDER_SECRET_KEYS: newKey("k1") });
  await api.request("PUT", "/v1/actions/welcome", { body: WELCOME });
});
afterAll(() => api[Symbol.asyncDispose]());

const WELCOME = { url: "https://api.example.com/{{ customer.id }}", body: '{"n": {{ customer.n }}}' };

test("an action: made, unchanged, changed on a condition, compared", async () => {
  const made = await api.request("PUT", "/v1/actions/a", { body: WELCOME });
  expect([made.status, made.json, made.headers.get("etag")]).toEqual([
    201,
    { id: "a", version: 1, isNew: true, isRestored: false, warnings: [] },
    '"1"',
  ]);
  const same = await api.request("PUT", "/v1/actions/a", { body: { id: "a", ...WELCOME } });
  expect([same.status, same.json.isNew]).toEqual([200, false]);

  const body = { ...WELCOME, method: "PUT", timeoutMs: 5_000 };
  expectProblem(
    await api.request("PUT", "/v1/actions/a", { body, headers: { "if-match": '"7"' } }),
    "precondition_failed",
  );
  expectProblem(
    await api.request("PUT", "/v1/actions/a", { body, headers: { "if-none-match": "*" } }),
    "precondition_failed",
  );
  expectProblem(
    await api.request("PUT", "/v1/actions/a", { body: WELCOME, headers: { "if-match": '"7"' } }),
    "precondition_failed",
  );
  expectProblem(
    await api.request("PUT", "/v1/actions/a", { body, headers: { "if-match": "7" } }),
    "request_invalid",
  );
  const changed = await api.request("PUT", "/v1/actions/a", { body, headers: { "if-match": '"1"' } });
  expect([changed.status, changed.headers.get("etag")]).toEqual([201, '"2"']);

  expect((await api.request("GET", "/v1/actions/a")).json).toMatchObject({ version: 2, action: body });
  expect((await api.request("GET", "/v1/actions/a@1")).json).toMatchObject({ version: 1, action: WELCOME });
  expect((await api.request("GET", "/v1/actions/a/versions")).json.versions).toHaveLength(2);
  expect((await api.request("GET", "/v1/actions/a/diff?from=1")).json).toEqual({
    from: { id: "a", version: 1 },
    to: { id: "a", version: 2 },
    changes: [
      { pointer: "/method", from: "POST", to: "PUT" },
      { pointer: "/timeoutMs", from: 16_000, to: 5_000 },
    ],
  });
  expect((await api.request("GET", "/v1/actions")).json.actions).toContainEqual({
    id: "a",
    version: 2,
    archivedAt: null,
  });
});

test("an action that breaks rules is told each with its pointer, and nothing is saved", async () => {
  const body = {
    url: "https://a/",
    headers: [{ name: "ok", value: "{{ customer.x" }],
    retry: "often",
    no: 1,
  };
  const answered = await api.request("PUT", "/v1/actions/bad", { body });

  expectProblem(answered, "action_invalid");
  const pointers = answered.json.problems.map(({ pointer }: { pointer: string }) => pointer);
  expect(pointers).toEqual(expect.arrayContaining(["/retry", "/no"]));
  const template = await api.request("PUT", "/v1/actions/bad", {
    body: { url: body.url, headers: body.headers },
  });
  expect(template.json.problems[0].pointer).toBe("/headers/0/value");
  expectProblem(
    await api.request("PUT", "/v1/actions/bad", { body: { ...WELCOME, id: "good" } }),
    "action_invalid",
  );
  expectProblem(await api.request("GET", "/v1/actions/bad"), "action_unknown");
});

test("credentials of an action are shown nowhere", async () => {
  const body = {
    url: "https://user:hidden-word@api.example.com/",
    headers: [{ name: "X-Api-Key", value: "hidden-word" }],
  };
  const answers = [
    await api.request("PUT", "/v1/actions/secret", { body }),
    await api.request("GET", "/v1/actions/secret"),
    await api.request("POST", "/v1/actions/secret/preview", { body: { customer: { id: 1 } } }),
  ];
  for (const { status, text } of answers) {
    expect(status, text).toBeLessThan(300);
    expect(text).not.toContain("hidden-word");
  }
});

test("a preview of several customers, with what is wrong and missing", async () => {
  const customers = [{ id: 1, n: 2, spare: 1 }, { id: 2 }];
  const { status, json } = await api.request("POST", "/v1/actions/welcome/preview", { body: { customers } });

  expect(status).toBe(200);
  expect(json.action).toBe("welcome@1");
  expect(json.previews[0]).toMatchObject({
    customerId: 1,
    method: "POST",
    url: "https://api.example.com/1",
    body: '{"n": 2}',
    problems: [],
    unused: ["customer.spare"],
  });
  expect(json.previews[1]).toMatchObject({
    customerId: 2,
    url: null,
    problems: [{ code: "value_missing", pointer: "/body" }],
    missing: ["customer.n"],
  });
  const draft = { action: { ...WELCOME, body: "{{ customer.id }}" }, customer: { id: 3 } };
  const unsaved = await api.request("POST", "/v1/actions/new/preview", { body: draft });
  const broken = { action: { ...WELCOME, retry: "often" }, customer: { id: 3 } };
  const told = await api.request("POST", "/v1/actions/new/preview", { body: broken });
  expectProblem(told, "action_invalid");
  expect(told.json.problems[0].pointer).toBe("/action/retry");
  expect(unsaved.json).toMatchObject({ action: "new", previews: [{ body: "3" }] });
  expectProblem(
    await api.request("POST", "/v1/actions/none/preview", { body: { customer: { id: 1 } } }),
    "action_unknown",
  );
  expectProblem(await api.request("POST", "/v1/actions/welcome/preview", { body: {} }), "request_invalid");
});

test("one delivery, and the same key again", async () => {
  const body = { action: "welcome", customer: { id: 7, n: 1 }, key: "order-7" };
  const first = await api.request("POST", "/v1/deliveries", { body });
  const again = await api.request("POST", "/v1/deliveries", { body });

  expect([first.status, first.json.enqueued, first.json.duplicates]).toEqual([202, 1, 0]);
  expect(again.json).toEqual({ ids: first.json.ids, enqueued: 0, duplicates: 1, errors: [] });
  const shown = await api.request("GET", `/v1/deliveries/${first.json.ids[0]}`);
  expect(shown.json).toMatchObject({
    state: "waiting",
    action: "welcome@1",
    customerId: 7,
    home: "transactional",
  });
  expect(shown.json.enqueuedAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test("integers beyond 2^53 and odd names reach the delivery as they are, and pollute nothing", async () => {
  const body =
    '{"action":"welcome","customer":{"id":9007199254740993,"n":1,"__proto__":{"x":1},"constructor":{"prototype":2}}}';
  const { status, json, text } = await api.request("POST", "/v1/deliveries", { body });

  expect(status, text).toBe(202);
  const shown = await api.request("GET", `/v1/deliveries/${json.ids[0]}`);
  expect(shown.text).toMatch(/"customerId":"?9007199254740993"?/);
  expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
  const preview = await api.request("POST", "/v1/actions/welcome/preview", {
    body: '{"customer":{"id":9007199254740993,"n":18446744073709551615}}',
  });
  expect(preview.text).toContain('"customerId":9007199254740993');
  expect(preview.json.previews[0].body).toBe('{"n": 18446744073709551615}');
});

test("of a list with bad orders nothing is taken in, each is told; with skip the others are", async () => {
  const good = { action: "welcome", customer: { id: "list-1", n: 1 }, key: "list-1" };
  const body = [
    good,
    { action: "welcome", customer: {} },
    { action: "none", customer: { id: 1 } },
    { action: "welcome", customer: { id: 1 }, sendAt: "soon" },
    { ...good, key: "list-2", sendAt: "2030-01-02T00:00:00Z", expiresAt: "2030-01-01T00:00:00Z" },
    "nonsense",
  ];
  const refused = await api.request("POST", "/v1/deliveries", { body });
  expectProblem(refused, "delivery_invalid");
  expect(refused.json.problems.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
    "/1/customer/id",
    "/2/action",
    "/3/sendAt",
    "/4/expiresAt",
    "/5",
  ]);
  const skipped = await api.request("POST", "/v1/deliveries?onInvalid=skip", { body });
  expect(skipped.json).toMatchObject({ enqueued: 1, duplicates: 0 });
  expect(skipped.json.ids.map((id: unknown) => typeof id)).toEqual(["string", ...Array(5).fill("object")]);
  expect(skipped.json.errors.map(({ index }: { index: number }) => index)).toEqual([1, 2, 3, 4, 5]);
});

test("a thousand deliveries of several actions and lanes in one request, and no more", async () => {
  await api.request("PUT", "/v1/actions/other", { body: WELCOME });
  const body = Array.from({ length: 1_000 }, (_, index) => ({
    action: index % 2 === 0 ? "welcome" : "other",
    customer: { id: `many-${index}`, n: 1 },
    ...(index % 3 === 0 && { lane: "bulk" }),
  }));
  const { status, json } = await api.request("POST", "/v1/deliveries", { body });

  expect([status, json.enqueued, new Set(json.ids).size]).toEqual([202, 1_000, 1_000]);
  expectProblem(await api.request("POST", "/v1/deliveries", { body: [...body, body[0]] }), "request_invalid");
  expectProblem(await api.request("POST", "/v1/deliveries", { body: [] }), "request_invalid");
});

test("a single order's problems have no index", async () => {
  const answered = await api.request("POST", "/v1/deliveries", {
    body: { action: "welcome", customer: { id: "" } },
  });

  expectProblem(answered, "customer_invalid");
  expect(answered.json.problems[0].pointer).toBe("/customer/id");
});

test("runs: listed by pages, paused, resumed, released, closed, cancelled", async () => {
  for (const run of ["r1", "r2", "r3"])
    await api.producer.enqueueMany({
      action: "welcome",
      run,
      customers: [{ id: 1, n: 1 }],
      hold: true,
      open: true,
    });
  const page = await api.request("GET", "/v1/runs?limit=2");
  const next = await api.request("GET", `/v1/runs?limit=2&after=${page.json.after}`);
  const names = [...page.json.runs, ...next.json.runs].map(({ run }: { run: string }) => run);
  expect(names).toEqual(["r3", "r2", "r1"]);
  expect(next.json.after).toBeNull();
  expectProblem(await api.request("GET", "/v1/runs?after=nonsense"), "request_invalid");

  expect((await api.request("GET", "/v1/runs/r1")).json).toMatchObject({
    state: "held",
    enqueued: 1,
    closedAt: null,
  });
  expect((await api.request("POST", "/v1/runs/r1/close")).json.closedAt).toMatch(/Z$/);
  expect((await api.request("POST", "/v1/runs/r1/release")).json.state).toBe("running");
  expect((await api.request("POST", "/v1/runs/r1/pause")).json.state).toBe("paused");
  expect((await api.request("POST", "/v1/runs/r1/resume")).json.state).toBe("running");
  expect((await api.request("POST", "/v1/runs/r2/cancel")).json.state).toBe("cancelled");
  expectProblem(await api.request("POST", "/v1/runs/r2/resume"), "run_cancelled");
  expectProblem(
    await api.request("POST", "/v1/runs/r3/release", { body: { delivery: "x" } }),
    "delivery_unknown",
  );
});

test("destinations by their encoded origin", async () => {
  const origin = encodeURIComponent("https://api.example.com");
  const limited = await api.request("PUT", `/v1/destinations/${origin}/limits`, {
    body: { ratePerSecond: 5 },
  });

  expect(limited.json).toMatchObject({ origin: "https://api.example.com", limits: { ratePerSecond: 5 } });
  expect((await api.request("POST", `/v1/destinations/${origin}/pause`)).json.isPaused).toBe(true);
  expect((await api.request("POST", `/v1/destinations/${origin}/resume`)).json.isPaused).toBe(false);
  expect((await api.request("GET", "/v1/destinations")).json.destinations).toHaveLength(1);
  expect((await api.request("DELETE", `/v1/destinations/${origin}/limits`)).json.limits).toEqual({});
  expectProblem(await api.request("GET", "/v1/destinations/nonsense"), "destination_invalid");
});

test("snippets and secrets", async () => {
  const name = encodeURIComponent("legal footer");
  expect((await api.request("PUT", `/v1/snippets/${name}`, { body: { text: "Bye" } })).status).toBe(200);
  expect((await api.request("GET", `/v1/snippets/${name}`)).json).toEqual({
    name: "legal footer",
    text: "Bye",
  });
  expect((await api.request("GET", "/v1/snippets")).json.snippets).toHaveLength(1);
  expect((await api.request("DELETE", `/v1/snippets/${name}`)).status).toBe(204);
  expectProblem(await api.request("GET", `/v1/snippets/${name}`), "snippet_unknown");

  expect((await api.request("PUT", "/v1/secrets/CRM", { body: { value: "hidden-word" } })).status).toBe(204);
  const listed = await api.request("GET", "/v1/secrets");
  expect(listed.json.secrets).toMatchObject([{ name: "CRM", keyId: "k1" }]);
  expect(listed.text).not.toContain("hidden-word");
  expectProblem(await api.request("GET", "/v1/secrets/CRM"), "method_not_allowed");
  expect((await api.request("DELETE", "/v1/secrets/CRM")).status).toBe(204);
  expectProblem(await api.request("DELETE", "/v1/secrets/CRM"), "secret_unknown");
});

test("single deliveries of many requests at once are told each for itself", async () => {
  const send = (body: unknown) => api.request("POST", "/v1/deliveries", { body });
  const key = "together";
  const answers = await Promise.all([
    ...Array.from({ length: 40 }, (_, index) =>
      send({ action: "welcome", customer: { id: `t${index}`, n: 1 } }),
    ),
    ...Array.from({ length: 10 }, () => send({ action: "welcome", customer: { id: 1, n: 1 }, key })),
    send({ action: "none", customer: { id: 1 } }),
    send({ action: "welcome", customer: { id: "" } }),
  ]);

  const taken = answers.filter(({ status }) => status === 202);
  expect(taken).toHaveLength(50);
  expect(new Set(taken.flatMap(({ json }) => json.ids)).size).toBe(41);
  expect(taken.reduce((sum, { json }) => sum + json.enqueued, 0)).toBe(41);
  expectProblem(answers[50]!, "action_unknown");
  expect(answers[50]!.json.problems[0].pointer).toBe("/action");
  expectProblem(answers[51]!, "customer_invalid");
});
