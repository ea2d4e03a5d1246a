// A bare HTTP API in front of BullMQ: Fastify takes a delivery, and those that come at about the same moment
// enter the queue by one `addBulk`. No validation, token, idempotency, limit, action or log.

import { Queue } from "bullmq";
import fastify from "fastify";
import { Redis } from "ioredis";
import { LANE, PREFIX } from "../workload.ts";

const [redisUrl = "", port = ""] = process.argv.slice(2);

const queue = new Queue(LANE, {
  connection: new Redis(redisUrl, { maxRetriesPerRequest: null }),
  prefix: PREFIX,
  streams: { events: { maxLen: 100 } },
});
await queue.waitUntilReady();

interface Waiting {
  readonly data: unknown;
  readonly resolve: (id: string | undefined) => void;
  readonly reject: (error: unknown) => void;
}

let waiting: Waiting[] = [];

function flush(): void {
  const group = waiting;
  waiting = [];
  queue.addBulk(group.map(({ data }) => ({ name: "delivery", data }))).then(
    (jobs) => {
      for (const [index, { resolve }] of group.entries()) resolve(jobs[index]?.id);
    },
    (error: unknown) => {
      for (const { reject } of group) reject(error);
    },
  );
}

function add(data: unknown): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    waiting.push({ data, resolve, reject });
    if (waiting.length === 1) setImmediate(flush);
  });
}

const app = fastify();
app.get("/readyz", () => ({}));
app.post("/v1/deliveries", async ({ body }, reply) => reply.code(202).send({ id: await add(body) }));
await app.listen({ host: "127.0.0.1", port: Number(port) });
