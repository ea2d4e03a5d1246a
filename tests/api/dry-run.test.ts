// The dry run of a file of customers, and streams of the overview: what they tell, and what they do not keep.

import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem, type RunningApi, startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { newKey } from "../support/secret-keys.ts";

const ADMIN = "a".repeat(40);

let api: RunningApi;
beforeAll(async () => {
  api = await startApi({
    POSTRIDER_SECRET_KEYS: newKey("k1"),
    POSTRIDER_API_TOKENS: JSON.stringify([{ name: "ops", scopes: ["admin"], token: ADMIN }]),
  });
  await api.producer.secrets.set("KEY", "a secret of some length");
  await api.producer.actions.apply({
    id: "a",
    url: "https://example.com/{{ customer.id }}",
    headers: [{ name: "X-Api-Key", value: "{{ secrets.KEY }}" }],
    secrets: ["KEY"],
    body: '{"name": {{ customer.name }}, "campaign": {{ event.campaign | default: "none" }}}',
  });
});
afterAll(() => api[Symbol.asyncDispose]());

async function tryOut(query: string, body: string | Buffer, type = "application/x-ndjson") {
  const answered = await api.request("POST", `/v1/actions/a/deliveries/dry-run${query}`, {
    body,
    token: ADMIN,
    headers: { "content-type": type },
  });
  const lines = answered.text.trimEnd().split("\n");
  return { ...answered, last: JSON.parse(lines.at(-1) ?? "null") };
}

test("a dry run composes every request, says what would fail and why, and enqueues nothing", async () => {
  const people = [
    '{"id":"one","name":"Ann"}',
    '{"id":"two"}',
    "no JSON",
    '{"id":9007199254740993,"name":"Bo"}',
    '{"id":"four"}',
    `{"id":"five","name":"${"x".repeat(700_000)}"}`,
  ];
  const { status, last, text } = await tryOut(
    `?event=${encodeURIComponent('{"campaign":"spring"}')}`,
    gzipSync(people.join("\n")),
  );

  expect(status).toBe(200);
  expect(last).toMatchObject({ composed: 2, cancelled: 0, failed: 2, rejected: 2, line: 6, done: true });
  expect(last.failures).toEqual([
    expect.objectContaining({ reason: "value_missing", count: 2, customerId: "two", line: 2 }),
  ]);
  expect(last.rejectedLines.map(({ line }: { line: number }) => line)).toEqual([3, 6]);
  expect(last.samples[0]).toMatchObject({
    customerId: "one",
    url: "https://example.com/one",
    body: '{"name": "Ann", "campaign": "spring"}',
  });
  expect(text).toContain('"customerId":9007199254740993');
  expect(text).not.toContain("a secret of some length");
  expect((await api.request("GET", "/v1/runs", { token: ADMIN })).json.runs).toEqual([]);
});

test("a dry run of CSV goes on behind a line, and lists as many rejected lines as it is asked for", async () => {
  const { last } = await tryOut("?after=2&rejectedMax=1", "id,name\n1,Ann\n2\n3\n4,Bo\n", "text/csv");

  expect(last).toMatchObject({ composed: 1, rejected: 2, rejectedMore: 1, line: 5, done: true });
  expect(last.rejectedLines).toHaveLength(1);
});

test("a dry run of what cannot be read ends with the problem, and of an unknown action it is one", async () => {
  const { last } = await tryOut("", "name\nAnn\n", "text/csv");
  expect(last.error).toMatchObject({ code: "customers_unreadable" });

  const asked = { token: ADMIN, body: "{}\n", headers: { "content-type": "application/x-ndjson" } };
  expectProblem(await api.request("POST", "/v1/actions/none/deliveries/dry-run", asked), "action_unknown");
});

test("a run lists as many rejected lines as it is asked for", async () => {
  const body = `${"x\n".repeat(300)}{"id":"one","name":"Ann"}\n`;
  const answered = await api.request("POST", "/v1/actions/a/deliveries?rejectedMax=250", {
    token: ADMIN,
    body,
    headers: { "content-type": "application/x-ndjson" },
  });
  const last = JSON.parse(answered.text.trimEnd().split("\n").at(-1) ?? "null");

  expect(last).toMatchObject({ enqueued: 1, rejected: 300, rejectedMore: 50, done: true });
  expect(last.rejectedLines).toHaveLength(250);
});

/** A new token is known within a second. */
async function makeToken(name: string, actions?: readonly string[]) {
  const made = await api.producer.tokens.create({
    name,
    scopes: ["read"],
    ...(actions && { actions: [...actions] }),
  });
  await eventually(async () =>
    expect((await api.request("GET", "/v1/caller", { token: made.token })).status).toBe(200),
  );
  return made;
}

/** The events of a stream, until it ends or so many have come. */
async function readOverviews(token: string, many: number): Promise<Record<string, unknown>[]> {
  const response = await fetch(`${api.url}/v1/overview/stream`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const found: Record<string, unknown>[] = [];
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events)
      if (event.startsWith("event: overview")) found.push(JSON.parse(event.split("\ndata: ")[1] ?? "null"));
    if (found.length >= many) break;
  }
  return found;
}

test("a stream of the overview tells it again and again, and ends when its token is revoked", async () => {
  const [first, second] = await readOverviews(ADMIN, 2);
  expect(Object.keys(first ?? {})).toEqual(Object.keys(second ?? {}));
  expect(second).toMatchObject({ lanes: expect.any(Array), workers: [], runs: expect.any(Array) });

  const guest = await makeToken("guest");
  const reading = readOverviews(guest.token, Number.POSITIVE_INFINITY);
  await api.producer.tokens.revoke(guest.id);
  await reading;

  const narrow = await makeToken("narrow", ["a"]);
  expectProblem(await api.request("GET", "/v1/overview/stream", { token: narrow.token }), "forbidden");
});

test("a stream of outcomes ends when its token is revoked", async () => {
  const guest = await makeToken("listener");
  const response = await fetch(`${api.url}/v1/outcomes/stream`, {
    headers: { authorization: `Bearer ${guest.token}` },
  });
  await api.producer.tokens.revoke(guest.id);
  expect(await response.text()).toMatch(/^retry: /);
});
