// Who changed what: each verb that changes something leaves one entry, whichever door it came through, and no
// value of a secret is in it.

import { createProducer } from "@postrider/producer/producer";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { expectProblem, type RunningApi, startApi } from "../support/api.ts";
import { run } from "../support/command-line.ts";
import { bury } from "../support/dead-letters.ts";
import { storeKeys } from "../support/keys.ts";
import { openRedis } from "../support/open-redis.ts";
import { newKey } from "../support/secret-keys.ts";

const TOKEN = "a".repeat(40);
const READER = "r".repeat(40);
const ORIGIN = "https://api.example.com";
const PLANTED = "planted-credential";

let api: RunningApi;
let environment: Record<string, string>;
beforeAll(async () => {
  const secretKeys = newKey("k1");
  api = await startApi({
    POSTRIDER_SECRET_KEYS: secretKeys,
    POSTRIDER_API_TOKENS: JSON.stringify([
      { name: "deployer", scopes: ["admin"], token: TOKEN },
      { name: "reader", scopes: ["manage"], token: READER },
    ]),
  });
  environment = { POSTRIDER_REDIS_URL: api.redisUrl, POSTRIDER_SECRET_KEYS: secretKeys };
});
afterAll(() => api[Symbol.asyncDispose]());

/** What changes of a thing were written down, oldest first. */
async function changesOf(on: string) {
  const { audit } = await api.producer.audit.list({ on });
  return audit.reverse().map(({ what, by, via, from, to }) => ({ what, by, via, from, to }));
}

test("a change by the API is its token's, with the request's id; one by the command line is a person's", async () => {
  const body = { url: `https://user:${PLANTED}@api.example.com/` };
  const saved = await api.request("PUT", "/v1/actions/a", { token: TOKEN, body });
  await api.request("PUT", "/v1/actions/a", { token: TOKEN, body });
  expect((await run(["actions", "archive", "a"], environment)).code).toBe(0);
  const named = { ...environment, POSTRIDER_USER: "ann" };
  expect((await run(["actions", "restore", "a"], named)).code).toBe(0);
  await api.producer.actions.apply({ ...body, id: "a", method: "PUT" });

  expect(await changesOf("a")).toEqual([
    { what: "action.saved", by: "deployer", via: "api", from: null, to: "version 1" },
    { what: "action.archived", by: expect.stringMatching(/^.+@.+$/), via: "cli", from: null, to: null },
    { what: "action.restored", by: "ann", via: "cli", from: null, to: null },
    { what: "action.saved", by: "library", via: "library", from: "version 1", to: "version 2" },
  ]);
  const [first] = (await api.producer.audit.list({ on: "a", by: "deployer" })).audit;
  expect(first?.requestId).toBe(saved.headers.get("x-request-id"));
});

test("everything that changes something leaves an entry, and what changes nothing leaves none", async () => {
  const { producer } = api;
  const redis = openRedis(api.redisUrl);
  onTestFinished(() => redis.disconnect());
  await producer.actions.apply({ id: "b", url: `${ORIGIN}/` });
  const order = { action: "b", customer: { id: 1 } };
  await producer.enqueueMany({ action: "b", run: "r", customers: [{ id: 1 }], hold: true, open: true });
  const [letter = ""] = await bury(redis, { count: 2, run: "dead", action: "b@1", destination: ORIGIN });
  const { id: delivery } = await producer.enqueue(order);
  const before = (await producer.audit.list({ limit: 1 })).audit[0]?.id ?? "";

  const ours = producer.as({ actor: "engine", via: "library" });
  await ours.snippets.set("footer", "Bye");
  await ours.snippets.set("footer", "Bye");
  await ours.snippets.remove("footer");
  await ours.secrets.set("CRM", PLANTED);
  await ours.secrets.rotate();
  await ours.secrets.remove("CRM");
  const { id: token, token: text } = await ours.tokens.create({ name: "crm", scopes: ["read"] });
  await ours.tokens.revoke(token);
  await ours.destinations.limit(`${ORIGIN}/`, { ratePerSecond: 5 }, { forMs: 60_000 });
  await ours.destinations.limit(ORIGIN, null);
  await ours.destinations.pause(ORIGIN);
  await ours.destinations.resume(ORIGIN);
  for (const change of ["pause", "resume", "release", "close", "cancel"] as const)
    await ours.runs[change]("r");
  const { id: task } = await ours.tasks.begin({ do: "purge", filter: { customer: 2n } }, "engine");
  await ours.tasks.stop(task);
  await ours.deadLetters.replay({ ids: [letter] });
  await ours.deadLetters.purge({ filter: { action: "b", to: new Date() } });
  await ours.deliveries.changeTimes(delivery, { expiresAt: new Date("2030-01-01T00:00:00Z") });
  await ours.deliveries.cancel(delivery);
  await ours.enqueue({ ...order, customer: { id: 2 } });
  await expect(ours.runs.pause("nothing")).rejects.toMatchObject({ code: "run_unknown" });

  const { audit } = await producer.audit.list({ by: "engine" });
  expect(audit.map(({ what }) => what).reverse()).toEqual([
    "snippet.saved",
    "snippet.removed",
    "secret.saved",
    "secrets.rotated",
    "secret.removed",
    "token.made",
    "token.revoked",
    "destination.limited",
    "destination.unlimited",
    "destination.paused",
    "destination.resumed",
    "run.paused",
    "run.resumed",
    "run.released",
    "run.closed",
    "run.cancelled",
    "task.begun",
    "task.stopped",
    "dead_letters.replay_begun",
    "dead_letters.replayed",
    "dead_letters.purge_begun",
    "dead_letters.purged",
    "delivery.rescheduled",
    "delivery.cancelled",
  ]);
  expect(audit.find(({ what }) => what === "destination.limited")).toMatchObject({
    on: ORIGIN,
    from: "{}",
    to: '{"ratePerSecond":5} for 60 s',
  });
  expect(audit.find(({ what }) => what === "dead_letters.purged")?.to).toBe('{"purged":1}');
  // What enqueues opens, holds and closes runs as its own work.
  expect(before).not.toBe("");
  const raw = JSON.stringify(await redis.xrange(storeKeys.audit(), "-", "+"));
  for (const secret of [PLANTED, text]) expect(raw).not.toContain(secret);
});

test("it is read page by page, by the scope admin, and only so many entries and bytes are kept", async () => {
  const few = await createProducer({ redis: api.redisUrl, actor: "filler", auditKept: 100 });
  onTestFinished(() => few.close());
  for (let index = 0; index < 300; index++) await few.snippets.set("long", `${index} ${"ü".repeat(1_000)}`);
  const redis = openRedis(api.redisUrl);
  onTestFinished(() => redis.disconnect());
  expect(await redis.xlen(storeKeys.audit())).toBeLessThanOrEqual(200);

  const first = await api.request("GET", "/v1/audit?limit=60&by=filler", { token: TOKEN });
  const next = await api.request("GET", `/v1/audit?limit=60&by=filler&after=${first.json.after}`, {
    token: TOKEN,
  });
  expect(first.json.audit).toHaveLength(60);
  expect(first.json.audit[0].to).toMatch(/^299 ü+…$/);
  expect(Buffer.byteLength(first.json.audit[0].to)).toBeLessThan(410);
  expect(next.json.audit[0].to).toMatch(/^239 /);
  expectProblem(await api.request("GET", "/v1/audit", { token: READER }), "forbidden");
  expectProblem(await api.request("GET", "/v1/audit?after=x", { token: TOKEN }), "request_invalid");

  const shown = await run(["audit", "--by", "filler", "--limit", "1"], environment);
  expect(shown.stdout).toMatch(/filler +library +snippet\.saved +long +298 ü+… → 299 ü+…/);
  expect(shown.stderr).toMatch(/--after \d+-\d+/);
  const listed = await run(["audit", "--limit", "1", "--json"], environment);
  expect(JSON.parse(listed.stdout)).toMatchObject({ audit: [{ by: "filler" }], after: expect.any(String) });
});
