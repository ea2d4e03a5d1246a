// A worker under a real limit on open files, with more destinations than it has descriptors: it says so, and
// everything is delivered.

import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { createProducer } from "@postrider/producer/producer";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { LOOPBACK } from "../support/network.ts";
import { startProcess } from "../support/processes.ts";
import { isolatedRedisUrl } from "../support/redis.ts";

const OPEN_FILES = 300;
const DESTINATIONS = 600;

const isLinux = process.platform === "linux";

test.skipIf(!isLinux)(
  `more destinations than descriptors cost nobody an attempt${isLinux ? "" : " (SKIPPED: only Linux tells the limit, and has all of 127/8)"}`,
  async () => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    }).listen(0, "0.0.0.0");
    await once(server, "listening");
    const redisUrl = await isolatedRedisUrl();
    const producer = await createProducer({ redis: redisUrl });
    await producer.actions.apply({
      id: "a",
      url: `http://127.1.{{ customer.high }}.{{ customer.low }}:${(server.address() as AddressInfo).port}/`,
      body: "{}",
      retry: { attempts: 1 },
    });
    const customers = Array.from({ length: DESTINATIONS }, (_, index) => ({
      id: String(index),
      high: index >> 8,
      low: index & 255,
    }));
    await producer.enqueueMany({ action: "a", run: "r", customers });

    const command = `ulimit -n ${OPEN_FILES} && exec "$0" packages/cli/bin/postrider.js worker`;
    await using worker = startProcess("/bin/sh", ["-c", command, process.execPath], {
      ...LOOPBACK,
      POSTRIDER_REDIS_URL: redisUrl,
      POSTRIDER_METRICS_PORT: "0",
      POSTRIDER_OWN_LANES_MAX: "1",
      POSTRIDER_DESTINATIONS_MAX: "10000",
    });
    await worker.waitForOutput(
      new RegExp(`the limit on open files \\(${OPEN_FILES}\\) leaves \\d+ sockets`),
      60_000,
    );
    await eventually(async () => {
      const { waiting, inFlight } = await producer.runs.get("r");
      expect(waiting + inFlight).toBe(0);
    });

    expect(await producer.runs.get("r")).toMatchObject({ delivered: DESTINATIONS, failed: 0 });
    expect(worker.stdout + worker.stderr).not.toMatch(/EMFILE/);
    await producer.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  },
  120_000,
);
