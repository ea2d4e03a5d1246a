// The floor: what BullMQ and undici cost when nothing is done around them. A constant request, undici's
// lowest-level call, no rendering, no deadline, no record, no log, and every switch of BullMQ and ioredis
// that saves work. Nobody could run this.

import { Worker } from "bullmq";
import { Redis } from "ioredis";
import { type Dispatcher, Pool } from "undici";
import { CONSTANT_BODY, LANE, PREFIX } from "../workload.ts";

const [redisUrl = "", sinkUrl = "", concurrency = ""] = process.argv.slice(2);

const pool = new Pool(sinkUrl, {
  connections: Number(concurrency),
  pipelining: 1,
  headersTimeout: 0,
  bodyTimeout: 0,
});
const request: Dispatcher.DispatchOptions = {
  method: "POST",
  path: "/v1/people/c00000000/events?plan=gold",
  headers: ["content-type", "application/json"],
  body: CONSTANT_BODY,
};

interface Exchange extends Dispatcher.DispatchHandler {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  isDelivered: boolean;
}

// undici's older handler interface, which is the one that it uses inside: the newer one is wrapped around it.
// The same functions for all exchanges, since a closure for each would be a cost of the floor's own.
const onConnect = () => undefined;
const onData = () => true;

function onHeaders(this: Exchange, status: number): boolean {
  this.isDelivered = status >= 200 && status < 300;
  return true;
}

function onComplete(this: Exchange): void {
  if (this.isDelivered) this.resolve();
  else this.reject(new Error("refused"));
}

function onError(this: Exchange, error: Error): void {
  this.reject(error);
}

function send(): Promise<void> {
  return new Promise((resolve, reject) => {
    const exchange: Exchange = {
      onConnect,
      onHeaders,
      onData,
      onComplete,
      onError,
      resolve,
      reject,
      isDelivered: false,
    };
    pool.dispatch(request, exchange);
  });
}

new Worker(LANE, send, {
  connection: new Redis(redisUrl, { maxRetriesPerRequest: null, protocol: 2 }),
  prefix: PREFIX,
  concurrency: Number(concurrency),
  removeOnComplete: { count: 0 },
  // What makes a killed worker's jobs safe costs something, too.
  skipLockRenewal: true,
  skipStalledCheck: true,
});
