// Streams of customers that end too early, and go on: nobody is missing, nobody is there twice.

import { gzipSync } from "node:zlib";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningApi, startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { redisBinary } from "../support/redis.ts";
import { type AnswerLine, openStream, toNdjson } from "../support/stream.ts";

let api: RunningApi;
beforeAll(async () => {
  api = await startApi();
  await api.producer.actions.apply({ id: "a", url: "https://example.com/", body: "{{ customer }}" });
});
afterAll(() => api[Symbol.asyncDispose]());

const COUNT = 5_000;
/** Of records over several lines, with a bad one now and then. */
const CSV = `id,"a\nnote"\n${Array.from({ length: COUNT }, (_, index) =>
  index % 500 === 499 ? `"c${index}\n\n",1\nbad\n` : `c${index},"x\n${index}"\n`,
).join("")}`;

const to = (query: string, { url } = api): string => `${url}/v1/actions/a/deliveries?${query}`;

/** The body from a place on, in pieces, until it is cut; with a look at what was told last. */
async function sendUntilCut(url: string, body: Buffer, type: string, cutAt: number): Promise<AnswerLine> {
  const stream = openStream(url, { "content-type": type });
  const pieces = 8;
  for (let piece = 0; piece < pieces; piece++) {
    stream.write(body.subarray((cutAt * piece) / pieces, (cutAt * (piece + 1)) / pieces));
    await stream.flushed();
  }
  if (cutAt < body.length) {
    // Whatever is told by then: a second is more than a cut waits for, but now and then.
    if (cutAt % 2 === 0) await eventually(() => expect(stream.lines.length).toBeGreaterThan(1));
    stream.cut();
    return stream.lines.at(-1);
  }
  stream.end();
  return stream.last();
}

const NDJSON_TYPE = "application/x-ndjson";

test.each<[string, Buffer, string]>([
  ["NDJSON", Buffer.from(toNdjson(COUNT)), NDJSON_TYPE],
  ["CSV", Buffer.from(CSV), "text/csv"],
  ["packed NDJSON", gzipSync(toNdjson(COUNT)), NDJSON_TYPE],
])("%s cut at random places and gone on with, each customer exactly once", async (name, body, type) => {
  const run = name.replaceAll(" ", "-");
  let after = 0;
  let enqueued = 0;
  for (let nth = 0; nth < 6; nth++) {
    // Now from the last line told, now from the start.
    const query = nth % 3 === 2 ? "" : `&after=${after}`;
    const told = await sendUntilCut(
      to(`run=${run}${query}`),
      body,
      type,
      Math.floor(Math.random() * body.length),
    );
    after = Math.max(after, told?.line ?? 0);
    const { closedAt } = await api.producer.runs.get(run).catch(() => ({ closedAt: null }));
    expect(closedAt).toBeNull();
  }
  // A stream that was cut is still being enqueued for a moment.
  await eventually(async () => {
    const before = enqueued;
    ({ enqueued } = await api.producer.runs.get(run));
    expect(enqueued).toBe(before);
  });

  const last = await sendUntilCut(to(`run=${run}&after=${after}`), body, type, body.length);

  expect(last).toMatchObject({ done: true, line: type === "text/csv" ? expect.any(Number) : COUNT });
  expect(await api.producer.runs.get(run)).toMatchObject({
    enqueued: COUNT,
    waiting: COUNT,
    closedAt: expect.any(Number),
  });
});

test("what is told as the last line is dealt with: going on behind it misses nobody", async () => {
  const whole = toNdjson(2_000).split("\n");
  const stream = openStream(to("run=told"));
  stream.write(`${whole.slice(0, 1_234).join("\n")}\n`);
  await eventually(() => expect(stream.lines.at(-1)?.line).toBe(1_234));
  stream.cut();

  const next = openStream(to("run=told&after=1234"));
  // What stands before is passed over unread, so it need not even be the same.
  next.end(`${"not JSON\n".repeat(1_234)}${whole.slice(1_234).join("\n")}`);

  expect(await next.last()).toMatchObject({
    enqueued: 2_000 - 1_234,
    duplicates: 0,
    rejected: 0,
    line: 2_000,
    done: true,
  });
  expect(await api.producer.runs.get("told")).toMatchObject({ enqueued: 2_000 });
});

test("going on behind the last line of all closes the run", async () => {
  const first = openStream(to("run=all&open=true"));
  first.end(toNdjson(10));
  await first.last();

  const again = openStream(to("run=all&after=10"));
  again.end(toNdjson(10));

  expect(await again.last()).toMatchObject({ enqueued: 0, line: 10, done: true });
  expect(await api.producer.runs.get("all")).toMatchObject({ closedAt: expect.any(Number) });
});

test.each([
  ["cut short", (packed: Buffer) => packed.subarray(0, packed.length / 2)],
  ["damaged", (packed: Buffer) => packed.fill(0xaa, packed.length >> 1)],
])("gzip data that are %s end in an error, what came before is enqueued", async (name, spoil) => {
  const run = name.replaceAll(" ", "-");
  const stream = openStream(to(`run=${run}`), { "content-encoding": "gzip" });
  stream.end(spoil(gzipSync(toNdjson(50_000))));

  const { enqueued, line, error } = await stream.last();

  expect(error).toMatchObject({ code: "customers_unreadable", detail: expect.stringContaining("gzip") });
  expect(enqueued).toBeGreaterThan(0);
  expect(line).toBeGreaterThanOrEqual(enqueued);
  expect(await api.producer.runs.get(run)).toMatchObject({ enqueued, closedAt: null });
});

test("a run that is cancelled meanwhile ends the stream with that", async () => {
  const stream = openStream(to("run=cancelled"));
  stream.write(toNdjson(100));
  await eventually(() => expect(stream.lines.at(-1)?.enqueued).toBe(100));

  await api.producer.runs.cancel("cancelled");
  stream.write(toNdjson(100, 100));

  expect(await stream.last()).toMatchObject({
    enqueued: 100,
    line: 100,
    error: { code: "run_cancelled", status: 409 },
  });
});

test("a Redis that goes away ends the stream with that, and once it is back the run goes on", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  await using own = await startApi({ POSTRIDER_REDIS_URL: server.url });
  await own.producer.actions.apply({ id: "a", url: "https://example.com/", body: "{{ customer }}" });
  const stream = openStream(to("run=r", own));
  stream.write(toNdjson(100));
  await eventually(() => expect(stream.lines.at(-1)?.line).toBe(100));

  await server.stop();
  stream.write(toNdjson(100, 100));

  expect(await stream.last()).toMatchObject({ line: 100, error: { code: "redis_unavailable", status: 503 } });
});

test("a client that leaves holds no place, and leaves the run as it is", async () => {
  const inFlight = async (): Promise<string> => {
    const { text } = await api.request("GET", "/metrics");
    return /^postrider_api_in_flight (\d+)/m.exec(text)?.[1] ?? "";
  };
  const stream = openStream(to("run=left"));
  stream.write(`${toNdjson(100)}{"id":`);
  await eventually(() => expect(stream.lines.at(-1)?.line).toBe(100));
  // With the request that asks.
  await eventually(async () => expect(await inFlight()).toBe("2"));

  stream.cut();

  await eventually(async () => expect(await inFlight()).toBe("1"));
  await eventually(() =>
    expect(api.logged).toContainEqual(
      expect.objectContaining({ msg: "stream ended", run: "left", enqueued: 100 }),
    ),
  );
  expect(await api.producer.runs.get("left")).toMatchObject({ enqueued: 100, closedAt: null });
});

test("an API that stops says so to its streams, and closes no run", async () => {
  const own = await startApi({ POSTRIDER_REDIS_URL: api.redisUrl });
  const stream = openStream(to("run=stopped", own));
  stream.write(toNdjson(100));
  await eventually(() => expect(stream.lines.at(-1)?.line).toBe(100));

  await own[Symbol.asyncDispose]();

  expect(await stream.last()).toMatchObject({ enqueued: 100, error: { code: "aborted", status: 503 } });
  expect(await api.producer.runs.get("stopped")).toMatchObject({ closedAt: null });
});
