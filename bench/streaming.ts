// A run through the API as one request of NDJSON, against the same run by the producer library. What the
// sender of the request spends is counted for neither.

import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { createProducer, type Producer } from "@postrider/producer/producer";
import { API_COMMAND, freePort, untilReady } from "./api-child.ts";
import { cpuMicros, startChild } from "./child.ts";
import type { Bench, Size } from "./measure.ts";
import { customers, toAction } from "./workload.ts";

export interface StreamingMeasurement {
  /** CPU time per delivery, node's and Redis' together. */
  readonly libraryMicrosPerDelivery: number;
  readonly apiMicrosPerDelivery: number;
}

const ACTION = toAction("http://127.0.0.1:1");

/**
 * @param isLibraryFirst which of them comes first, since a machine may slow down meanwhile.
 * @throws when either does not take in everything.
 */
export async function measureStreaming(
  bench: Bench,
  size: Size,
  isLibraryFirst: boolean,
): Promise<StreamingMeasurement> {
  const { redisUrl } = bench.world;
  const producer = await createProducer({ redis: redisUrl });
  const measured = { library: 0, api: 0 };
  try {
    for (const by of isLibraryFirst ? (["library", "api"] as const) : (["api", "library"] as const)) {
      await bench.lane.clear();
      await producer.actions.apply(ACTION);
      measured[by] =
        by === "api" ? await measureApi(bench, size) : await measureLibrary(producer, bench, size);
    }
    return { libraryMicrosPerDelivery: measured.library, apiMicrosPerDelivery: measured.api };
  } finally {
    await producer.close();
  }
}

async function measureLibrary(producer: Producer, { lane }: Bench, { deliveries, warmUp }: Size) {
  const enqueue = async (run: string, first: number, count: number): Promise<void> => {
    const { enqueued } = await producer.enqueueMany({
      action: ACTION.id,
      customers: customers(first, count),
      run,
    });
    checkCount(enqueued, count);
  };
  const spent = async (): Promise<number> => {
    const { user, system } = process.cpuUsage();
    return user + system + (await lane.cpuMicros());
  };
  await enqueue("library-warm-up", 0, warmUp);
  const before = await spent();
  await enqueue("library", warmUp, deliveries);
  return ((await spent()) - before) / deliveries;
}

async function measureApi({ world, lane, folder }: Bench, { deliveries, warmUp }: Size): Promise<number> {
  const port = await freePort();
  const api = startChild([process.execPath, API_COMMAND, "api"], {
    env: { POSTRIDER_REDIS_URL: world.redisUrl, POSTRIDER_API_PORT: String(port) },
    log: join(folder, "api.log"),
  });
  try {
    const url = `http://127.0.0.1:${port}`;
    await untilReady(url, api);
    const send = async (run: string, body: Buffer, count: number): Promise<void> => {
      const answer = await post(`${url}/v1/actions/${ACTION.id}/deliveries?run=${run}`, body);
      checkCount(JSON.parse(answer.trimEnd().split("\n").at(-1) ?? "{}").enqueued, count);
    };
    const spent = async (): Promise<number> => (await cpuMicros(api)) + (await lane.cpuMicros());
    await send("api-warm-up", toNdjson(0, warmUp), warmUp);
    const body = toNdjson(warmUp, deliveries);
    const before = await spent();
    await send("api", body, deliveries);
    return ((await spent()) - before) / deliveries;
  } finally {
    await api.stop();
  }
}

function checkCount(enqueued: unknown, count: number): void {
  if (enqueued !== count) throw new Error(`streaming: ${enqueued} of ${count} deliveries were enqueued`);
}

function toNdjson(first: number, count: number): Buffer {
  return Buffer.from(
    [...customers(first, count)].map((customer) => `${JSON.stringify(customer)}\n`).join(""),
  );
}

async function post(url: string, body: Buffer): Promise<string> {
  const request = httpRequest(url, {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/x-ndjson", "content-length": body.length },
  });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return text(response);
}
