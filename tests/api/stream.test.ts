// A run sent as one request: the ways in which it is sent, what comes back, and what is refused.

import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { findOnPath } from "@postrider/cli/redis/redis-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectProblem, type RunningApi, startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { openStream, toNdjson } from "../support/stream.ts";

const curl = findOnPath(["curl"], process.env["PATH"] ?? "");

/** More than sockets buffer; made before an API of this process has Redis to listen to. */
const MORE_THAN_BUFFERED = toNdjson(400_000);

let api: RunningApi;
let directory: string;
beforeAll(async () => {
  // Far less than what is sent below.
  api = await startApi({ POSTRIDER_API_BODY_BYTES_MAX: "1024" });
  await api.producer.actions.apply({ id: "a", url: "https://example.com/", body: "{{ customer }}" });
  directory = await mkdtemp(join(tmpdir(), "postrider-stream-"));
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const to = (query: string, action = "a"): string => `${api.url}/v1/actions/${action}/deliveries?${query}`;

function toCsv(count: number): string {
  return `id,address.city\n${Array.from({ length: count }, (_, index) => `c${index},"Köln, ${index}"\n`).join("")}`;
}

async function post(url: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson", ...headers },
    body: body as string,
  });
  const text = await response.text();
  const lines = text.trimEnd().split("\n");
  return { status: response.status, lines: lines.map((line) => JSON.parse(line)), headers: response.headers };
}

test.each<[string, string | Buffer, Record<string, string>, number]>([
  ["NDJSON", toNdjson(3_000), {}, 3_000],
  ["JSON lines", toNdjson(10), { "content-type": "application/jsonl; charset=UTF-8" }, 10],
  ["CSV", toCsv(1_000), { "content-type": "text/csv" }, 1_001],
  ["NDJSON packed", gzipSync(toNdjson(3_000)), { "content-encoding": "gzip" }, 3_000],
  ["CSV of a packed file", gzipSync(toCsv(1_000)), { "content-type": "text/csv" }, 1_001],
])("%s by fetch, larger than any body that is read into memory", async (name, body, headers, line) => {
  const run = name.replaceAll(" ", "-");
  const { status, lines } = await post(to(`run=${run}`), body, headers);

  const count = name.startsWith("CSV") ? 1_000 : line;
  expect(status).toBe(200);
  expect(lines[0]).toMatchObject({ run, enqueued: 0, duplicates: 0, rejected: 0, line: 0 });
  expect(lines.at(-1)).toEqual({
    run,
    action: "a@1",
    enqueued: count,
    duplicates: 0,
    rejected: 0,
    line,
    rejectedLines: [],
    rejectedMore: 0,
    done: true,
  });
  expect(await api.producer.runs.get(run)).toMatchObject({ enqueued: count, closedAt: expect.any(Number) });
});

test.skipIf(curl === null).each<[string, readonly string[]]>([
  ["with its length", ["--data-binary", "@customers.ndjson"]],
  [
    "in chunks",
    ["--upload-file", "customers.ndjson", "--request", "POST", "--header", "transfer-encoding: chunked"],
  ],
])("a file sent by curl %s", async (name, args) => {
  await writeFile(join(directory, "customers.ndjson"), toNdjson(20_000));
  const run = `curl-${name.replaceAll(" ", "-")}`;

  const { stdout, stderr } = await promisify(execFile)(
    curl ?? "",
    ["-sS", "--header", "content-type: application/x-ndjson", ...args, to(`run=${run}`)],
    { cwd: directory },
  );

  expect(stderr).toBe("");
  expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")).toMatchObject({
    enqueued: 20_000,
    done: true,
  });
});

test("the run is named before anything is sent, and progress comes while the sender pauses", async () => {
  const stream = openStream(to("lane=slow"));
  await eventually(() => expect(stream.lines).toHaveLength(1));
  const { run } = stream.lines[0];
  expect(run).toMatch(/^a-\d{8}T\d{6}Z-[0-9a-f]{8}$/);

  stream.write(`{"id":1}\nnot JSON\n{"id":2}\n{"id":`);
  await eventually(() =>
    expect(stream.lines.at(-1)).toMatchObject({ run, enqueued: 2, rejected: 1, line: 3 }),
  );
  stream.end("3}");

  expect(await stream.last()).toMatchObject({ enqueued: 3, rejected: 1, line: 4, done: true });
  expect(await api.producer.runs.get(run)).toMatchObject({ lane: "slow", enqueued: 3 });
});

test("what only JSON may hold is a customer's or a rejected line's, and takes no other with it", async () => {
  const odd = [
    '{"id":1,"__proto__":{"admin":true},"constructor":1}',
    '{"id":9007199254740993}',
    `{"id":3,"a":${"[".repeat(200_000)}${"]".repeat(200_000)}}`,
    `{"id":4,"a":${"[".repeat(5_000)}null${"]".repeat(5_000)}}`,
    '{"id":5,"a":1e999}',
    "\u0000",
    '{"id":"\\ud800"}',
  ];
  const { lines } = await post(to("run=odd"), `${odd.join("\n")}\n{"id":"last"}`);

  const { enqueued, rejected, duplicates, line, done } = lines.at(-1);
  expect({ line, done, all: enqueued + rejected + duplicates }).toEqual({ line: 8, done: true, all: 8 });
  expect(enqueued).toBeGreaterThanOrEqual(3);
});

test("rejected lines are told with line and column, the first hundred of them", async () => {
  const large = `{"id":"large","text":"${"x".repeat(600_000)}"}\n`;
  const { lines } = await post(
    to("run=rejected"),
    `${toNdjson(2)}{"id":7\n${large}${"{}\n".repeat(150)}${toNdjson(2, 2)}`,
  );

  const { rejectedLines, rejectedMore, ...counts } = lines.at(-1);
  expect(counts).toEqual({
    run: "rejected",
    action: "a@1",
    enqueued: 4,
    duplicates: 0,
    rejected: 152,
    line: 156,
    done: true,
  });
  expect(rejectedLines.slice(0, 3)).toEqual([
    { line: 3, column: 8, message: expect.stringContaining("ends too early") },
    { line: 4, column: 1, message: expect.stringContaining("bytes of JSON") },
    { line: 5, column: 1, message: expect.stringContaining("customer.id") },
  ]);
  expect(rejectedLines).toHaveLength(100);
  expect(rejectedMore).toBe(52);
});

test("times, hold and open are the run's", async () => {
  const sendAt = "2100-01-01T00:00:00Z";
  const { lines } = await post(
    to(`run=later&open=true&hold=true&sendAt=${sendAt}&expiresAt=2100-01-02T00:00:00%2B01:00`),
    toNdjson(2),
  );

  expect(lines.at(-1)).toMatchObject({ enqueued: 2, done: true });
  expect(await api.producer.runs.get("later")).toMatchObject({ state: "held", closedAt: null, waiting: 2 });
});

test.each([
  ["an unknown action", "nope", "run=r", {}, "action_unknown"],
  ["a run's odd name", "a", "run=a%20b", {}, "delivery_invalid"],
  ["a lane's odd name", "a", "lane=A", {}, "request_invalid"],
  ["an unknown option", "a", "force=1", {}, "request_invalid"],
  ["a line that is none", "a", "after=-1", {}, "request_invalid"],
  [
    "an expiry before the sending",
    "a",
    "sendAt=2100-01-02T00:00:00Z&expiresAt=2100-01-01T00:00:00Z",
    {},
    "delivery_invalid",
  ],
  [
    "another media type",
    "a",
    "run=r",
    { "content-type": "application/x-www-form-urlencoded" },
    "media_type_unsupported",
  ],
  ["another coding", "a", "run=r", { "content-encoding": "br" }, "media_type_unsupported"],
  ["another charset", "a", "run=r", { "content-type": "text/csv; charset=utf-16" }, "media_type_unsupported"],
])(
  "%s is a problem before anything is read, also for who reads last",
  async (_, action, query, headers, code) => {
    const answered = await api.request("POST", `/v1/actions/${action}/deliveries?${query}`, {
      body: MORE_THAN_BUFFERED,
      headers: { "content-type": "application/x-ndjson", ...headers },
    });
    expectProblem(answered, code);
  },
);

test("a run of another action, and one that was cancelled, take nothing", async () => {
  await api.producer.actions.apply({ id: "b", url: "https://example.com/", body: "{{ customer }}" });
  await post(to("run=taken&open=true"), toNdjson(2));
  const other = await api.request("POST", "/v1/actions/b/deliveries?run=taken", {
    body: toNdjson(2),
    headers: { "content-type": "application/x-ndjson" },
  });
  expectProblem(other, "run_mismatch");

  await api.producer.runs.cancel("taken");
  const cancelled = await api.request("POST", "/v1/actions/a/deliveries?run=taken", {
    body: toNdjson(2),
    headers: { "content-type": "application/x-ndjson" },
  });
  expectProblem(cancelled, "run_cancelled");
});

test.each([
  ["nothing", "", "application/x-ndjson", "customers_empty"],
  ["blank lines", "\n\n  \n", "application/x-ndjson", "customers_empty"],
  ["bad lines", "{}\n{\n", "application/x-ndjson", "customers_empty"],
  ["only a header", "id,name\n", "text/csv", "customers_empty"],
  ["a header without id", "name\nx\n", "text/csv", "customers_unreadable"],
  ["one array over many lines", '[\n{"id":1}\n]', "application/x-ndjson", "customers_unreadable"],
])("%s is an error in the last line, and leaves the run open", async (name, body, type, code) => {
  const run = name.replaceAll(" ", "-");
  const { lines } = await post(to(`run=${run}`), body, { "content-type": type });

  expect(lines.at(-1)).toMatchObject({ enqueued: 0, error: { code, type: `/docs#${code}`, status: 422 } });
  expect(lines.at(-1)).not.toHaveProperty("done");
  expect(await api.producer.runs.get(run)).toMatchObject({ closedAt: null });
});

test("a request without a body is answered like an empty one", async () => {
  const response = await fetch(to("run=bodiless"), { method: "POST" });
  const text = await response.text();

  expect([200, 415]).toContain(response.status);
  expect(text).toMatch(/customers_empty|media_type_unsupported/);
});

test("a token that is narrowed to lanes and actions sends to no other", async () => {
  const token = "a-token-of-more-than-thirty-two-characters";
  const narrowed = { name: "crm", scopes: ["enqueue"], actions: ["a"], lanes: ["bulk"], token };
  await using own = await startApi({
    POSTRIDER_REDIS_URL: api.redisUrl,
    POSTRIDER_API_TOKENS: JSON.stringify([narrowed]),
  });
  const send = (action: string, query: string, headers: Record<string, string> = {}) =>
    own.request("POST", `/v1/actions/${action}/deliveries?${query}`, {
      body: toNdjson(2),
      headers: { "content-type": "application/x-ndjson", authorization: `Bearer ${token}`, ...headers },
    });

  expectProblem(await send("a", "run=narrowed", { authorization: "" }), "unauthorized");
  expectProblem(await send("other", "run=narrowed"), "forbidden");
  expectProblem(await send("other@1", "run=narrowed"), "forbidden");
  expectProblem(await send("a", "run=narrowed&lane=transactional"), "forbidden");
  expect((await send("a@1", "run=narrowed")).text).toContain('"done":true');
});

test("labels of a stream are its deliveries', and bad ones are told before anything is read", async () => {
  await post(to("run=labelled&labels=vip,q4"), toNdjson(1));
  const [{ id }] = JSON.parse(`[${toNdjson(1).trim()}]`) as [{ id: string }];

  expect((await api.producer.customers.deliveries(id)).find(({ run }) => run === "labelled")).toMatchObject({
    labels: ["vip", "q4"],
  });
  const { status, lines } = await post(to("run=mislabelled&labels=a,,b"), toNdjson(1));
  expect({ status, lines }).toMatchObject({ status: 422, lines: [{ code: "delivery_invalid" }] });
});
