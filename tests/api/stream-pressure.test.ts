// What keeps a stream of customers from filling the API's memory, or holding a connection for ever.

import { createReadStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { expect, onTestFinished, test } from "vitest";
import { type RunningApi, startApi } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";
import { heldBytes } from "../support/held-bytes.ts";
import { redisBinary } from "../support/redis.ts";
import { type OpenStream, openStream, toNdjson } from "../support/stream.ts";
import { startSystem } from "../support/system.ts";

async function start(environment: Record<string, string> = {}): Promise<RunningApi> {
  const api = await startApi(environment);
  await api.producer.actions.apply({ id: "a", url: "https://example.com/", body: "{{ customer }}" });
  return api;
}

const to = ({ url }: RunningApi, query: string): string => `${url}/v1/actions/a/deliveries?${query}`;

/** Customers of a kilobyte each. */
function toLarge(count: number, from: number): string {
  const pad = "x".repeat(1_000);
  return Array.from({ length: count }, (_, index) => `{"id":${from + index},"pad":"${pad}"}\n`).join("");
}

const BATCH = 100;

/**
 * Writes until nothing goes out any more, or the answer has an error: what comes behind that is thrown away.
 * @returns how many customers were handed to the system.
 */
async function writeUntilStuck(stream: OpenStream, max: number): Promise<number> {
  let written = 0;
  while (written < max && stream.lines.at(-1)?.error === undefined) {
    if (!stream.write(toLarge(BATCH, written)) && !(await drains(stream))) return written;
    written += BATCH;
  }
  return written;
}

/** Many times as long as a batch takes. */
const STUCK_MS = 1_500;

async function drains(stream: OpenStream): Promise<boolean> {
  const flushed = stream.flushed().then(
    () => true,
    () => false,
  );
  return Promise.race([flushed, sleep(STUCK_MS, false)]);
}

/** What sockets, parsers and chunks hold on the way of a kilobyte each, with room to spare. */
const ON_THE_WAY_MAX = 12_000;

test("a full lane holds the client's writes back, and says so", async () => {
  await using system = await startSystem();
  await using api = await start({ POSTRIDER_REDIS_URL: system.redisUrl, POSTRIDER_BACKLOG_MAX: "1000" });
  await system.apply();
  const stream = openStream(to(api, "run=r"));

  const written = await writeUntilStuck(stream, 60_000);

  expect(written).toBeLessThan(1_000 + ON_THE_WAY_MAX);
  await eventually(() => expect(stream.lines.at(-1)).toMatchObject({ isPaused: true }));
  const { enqueued } = await api.producer.runs.get("r");
  // In the lane that it shares, and in its own.
  expect(enqueued).toBeLessThan(3_000);
  await system.startWorker();
  stream.end();
  expect(await stream.last()).toMatchObject({ enqueued: written + BATCH, done: true });
});

test("a Redis that stands still holds the client's writes back, until that is an error", async () => {
  const server = await startRedisServer({ binary: redisBinary() });
  const api = await start({ POSTRIDER_REDIS_URL: server.url });
  const stream = openStream(to(api, "run=r"));
  stream.write(toLarge(BATCH, 0));
  await eventually(() => expect(stream.lines.at(-1)?.line).toBe(BATCH));

  process.kill(server.pid, "SIGSTOP");
  const written = await writeUntilStuck(stream, 60_000);

  expect(written).toBeLessThan(ON_THE_WAY_MAX);
  expect(await stream.last()).toMatchObject({ error: { code: "redis_unavailable", status: 503 } });
  process.kill(server.pid, "SIGCONT");
  await api[Symbol.asyncDispose]();
  await server.stop();
});

test("a sender that falls silent is cut off, and told why; one that drips is not", async () => {
  await using api = await start({ POSTRIDER_API_STREAM_SILENCE_MS: "1500" });
  const dripping = openStream(to(api, "run=dripping"));
  const silent = openStream(to(api, "run=silent"));
  silent.write(`${toNdjson(10)}{"id":`);
  let isSilent = true;
  void silent.last().finally(() => {
    isSilent = false;
  });
  // Each drops when the one before has come in.
  for (let index = 0; isSilent; index++) {
    dripping.write(toNdjson(1, index));
    await eventually(async () =>
      expect(await api.producer.runs.get("dripping")).toMatchObject({ enqueued: index + 1 }),
    );
  }
  dripping.end();

  expect(await silent.last()).toMatchObject({
    enqueued: 10,
    line: 10,
    error: { code: "stream_silent", status: 408 },
  });
  expect(await api.producer.runs.get("silent")).toMatchObject({ enqueued: 10, closedAt: null });
  expect(await dripping.last()).toMatchObject({ done: true });
});

test.each(["close", "keep-alive"])(
  "connection: %s: a client that sends on reads its answer, and is cut off later",
  async (connection) => {
    await using api = await start();
    const { port, hostname } = new URL(api.url);
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    let isClosed = false;
    socket.on("close", () => {
      isClosed = true;
    });
    socket.on("error", () => undefined);
    socket.pause();
    socket.write(
      `POST /v1/actions/nope/deliveries HTTP/1.1\r\nhost: localhost\r\nconnection: ${connection}\r\ncontent-type: text/csv\r\ncontent-length: 1000000000\r\n\r\n`,
    );
    // More than sockets buffer.
    for (let index = 0; index < 100; index++)
      await new Promise((resolve) => socket.write(Buffer.alloc(100_000, "x"), resolve));

    let answer = "";
    socket
      .setEncoding("utf8")
      .on("data", (text: string) => (answer += text))
      .resume();
    await eventually(() => expect(answer).toContain('"code":"action_unknown"'));
    const drip = setInterval(() => socket.write("x"), 50);
    onTestFinished(() => clearInterval(drip));
    await eventually(() => expect(isClosed).toBe(true));
  },
);

test("time runs only while bytes are waited for: who is held back is not silent", async () => {
  await using api = await start({ POSTRIDER_API_STREAM_SILENCE_MS: "500", POSTRIDER_BACKLOG_MAX: "1000" });
  const stream = openStream(to(api, "run=r"));
  await writeUntilStuck(stream, 60_000);

  // Some silences later.
  const { length } = stream.lines;
  await eventually(() => expect(stream.lines.length).toBeGreaterThan(length + 2));

  expect(stream.lines.at(-1)).toMatchObject({ isPaused: true });
  stream.cut();
});

test("a client that reads nothing until it has sent everything gets its answer", async () => {
  await using api = await start();
  const { port, hostname } = new URL(api.url);
  const body = toNdjson(20_000);
  const socket = connect({ port: Number(port), host: hostname });
  socket.pause();
  socket.write(
    `POST /v1/actions/a/deliveries?run=r HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/x-ndjson\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  await new Promise((resolve) => socket.write(body, resolve));
  await eventually(async () => expect((await api.producer.runs.get("r")).closedAt).not.toBeNull());

  let answer = "";
  for await (const chunk of socket.setEncoding("utf8")) answer += chunk;

  expect(answer).toMatch(/"enqueued":20000,.*"done":true/);
});

const ZEROS = gzipSync(Buffer.alloc(16 * 1_048_576));

test.each<[string, Buffer]>([
  ["one line", ZEROS],
  ["lines that are too long", gzipSync(Buffer.concat([Buffer.alloc(16 * 1_048_576), Buffer.from("\n")]))],
])("half a gigabyte out of half a megabyte, %s, takes no room", async (_, member) => {
  await using api = await start();
  const directory = await mkdtemp(join(tmpdir(), "postrider-bomb-"));
  await writeFile(join(directory, "bomb"), Buffer.concat(Array.from({ length: 32 }, () => member)));
  const before = heldBytes();
  let most = before;
  let next: NodeJS.Timeout | undefined;
  const look = (): void => {
    const begun = performance.now();
    most = Math.max(most, heldBytes());
    // Collecting garbage takes a twentieth of the time, however slow the machine is.
    next = setTimeout(look, 100 + 20 * (performance.now() - begun));
  };
  look();
  onTestFinished(() => clearTimeout(next));

  const stream = openStream(to(api, "run=r"), { "content-encoding": "gzip" });
  for await (const chunk of createReadStream(join(directory, "bomb"))) {
    stream.write(chunk);
    await stream.flushed();
  }
  stream.end(gzipSync('\n{"id":1}\n'));

  expect(await stream.last()).toMatchObject({ enqueued: 1, done: true });
  expect(most - before).toBeLessThan(100 * 1_048_576);
  await rm(directory, { recursive: true });
});
