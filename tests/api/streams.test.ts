// Routes that read their bodies, or write their answers, as streams: what the server promises them.

import { once } from "node:events";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { createApiMetrics } from "@postrider/api/api-metrics";
import { ANYBODY } from "@postrider/api/route/caller";
import { type Circumstances, defineRoute, type Route } from "@postrider/api/route/route";
import { createServer } from "@postrider/api/server/server";
import type { Logger } from "@postrider/shared/log";
import { expect, test } from "vitest";
import { request } from "../support/api.ts";
import { eventually } from "../support/eventually.ts";

const route: Route = defineRoute({
  id: "count",
  method: "POST",
  path: "/count",
  scope: "enqueue",
  narrowing: "nothing",
  summary: "Counts",
  streams: ["application/x-ndjson", "text/csv"],
  replies: { 200: "Counted." },
  handle: () => ({ status: 204 }),
});

async function serve(answer: (circumstances: Circumstances) => Promise<{ status: number }>) {
  const metrics = createApiMetrics([route]);
  const quiet = { info: () => undefined, debug: () => undefined, error: () => undefined };
  const server = createServer({
    routes: [route],
    door: { admit: () => ANYBODY, isStillWelcome: async () => true },
    answer: (_route, _given, circumstances) => answer(circumstances),
    bodyBytesMax: 1_024,
    readConsole: () => null,
    bodyMs: 100,
    inFlightMax: 1,
    tracing: null,
    tls: null,
    metrics,
    log: quiet as unknown as Logger,
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  const inFlight = async () =>
    (await metrics.registry.getSingleMetric("postrider_api_in_flight")?.get())?.values[0]?.value;
  return { url, inFlight, [Symbol.asyncDispose]: () => server.close(1_000) };
}

async function count({ stream }: Circumstances): Promise<number> {
  let bytes = 0;
  for await (const chunk of stream ?? []) bytes += (chunk as Buffer).length;
  return bytes;
}

test("a streamed body has no bound but its handler's, and its own media types", async () => {
  await using running = await serve(async (circumstances) => ({
    status: 200,
    body: { bytes: await count(circumstances), type: circumstances.mediaType },
  }));
  const body = "x".repeat(100_000);
  const headers = { "content-type": "text/CSV; charset=utf-8" };

  expect((await request(running.url, "POST", "/count", { body, headers })).json).toEqual({
    bytes: 100_000,
    type: "text/csv",
  });
  expect((await request(running.url, "POST", "/count", { body: {} })).status).toBe(415);
});

test("an answer that fails after its head ends the connection, and frees its place", async () => {
  await using running = await serve(async (circumstances) => {
    await count(circumstances);
    const lines = async function* () {
      yield "one\n";
      throw new Error("too late");
    };
    return { status: 200, text: { type: "application/x-ndjson", text: Readable.from(lines()) } };
  });
  const options = { body: "x", headers: { "content-type": "text/csv" } };

  await expect(request(running.url, "POST", "/count", options)).rejects.toThrow();
  await eventually(async () => expect(await running.inFlight()).toBe(0));
});

test("a client that leaves is told to the handler, and frees its place", async () => {
  const heard: string[] = [];
  await using running = await serve(async (circumstances) => {
    circumstances.signal.addEventListener("abort", () => heard.push("abort"));
    await count(circumstances).catch(() => heard.push("cut"));
    return { status: 204 };
  });
  const { hostname, port } = new URL(running.url);
  const socket = connect(Number(port), hostname);
  socket.write("POST /count HTTP/1.1\r\nhost: x\r\ncontent-type: text/csv\r\ncontent-length: 9\r\n\r\nx");
  await once(socket, "connect");
  await eventually(async () => expect(await running.inFlight()).toBe(1));
  socket.destroy();

  await eventually(() => expect(heard.sort()).toEqual(["abort", "cut"]));
  await eventually(async () => expect(await running.inFlight()).toBe(0));
});
