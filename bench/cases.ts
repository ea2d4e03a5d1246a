// The three cases. Each says how its deliveries are enqueued and which process consumes them; everything else
// is the same for all and lives in measure.ts.

import { fileURLToPath } from "node:url";
import { SEMI_SPACE_MB } from "@postrider/cli/processes/generations";
import { type JobsOptions, Queue, type QueueOptions } from "bullmq";
import { Redis } from "ioredis";
import { customers, LANE, PREFIX } from "./workload.ts";

/** What all cases are given. */
export interface World {
  readonly redisUrl: string;
  readonly sinkUrl: string;
  readonly concurrency: number;
}

export interface Case {
  readonly name: string;
  /** Its requests are all the same, and name no delivery. */
  readonly isConstant?: true;
  /** It may send a delivery again, where all others send each once. */
  readonly mayRepeat?: true;
  /** Gets ready on an empty Redis. */
  open(world: World): Promise<OpenCase>;
}

export interface OpenCase {
  /** The one process that consumes. */
  readonly worker: { readonly command: readonly string[]; readonly env?: Readonly<Record<string, string>> };
  /** Enqueues the customers numbered from `first`. */
  enqueue(first: number, count: number): Promise<void>;
  close(): Promise<void>;
}

/** Large enough to hide the round trip. */
const CHUNK = 1_000;

/** A worker script of this folder, fed with plain `addBulk`. */
function bare(name: string, jobOptions: JobsOptions, queueOptions: Partial<QueueOptions>): Case {
  return {
    name,
    async open({ redisUrl, sinkUrl, concurrency }) {
      const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
      const queue = new Queue(LANE, { ...queueOptions, connection: redis, prefix: PREFIX });
      await queue.waitUntilReady();
      const script = fileURLToPath(new URL(`cases/${name}.ts`, import.meta.url));
      return {
        worker: {
          command: [
            process.execPath,
            `--max-semi-space-size=${SEMI_SPACE_MB}`,
            "--import",
            import.meta.resolve("tsx"),
            script,
            redisUrl,
            sinkUrl,
            String(concurrency),
          ],
        },
        async enqueue(first, count) {
          for (let next = first; next < first + count; next += CHUNK) {
            const chunk = customers(next, Math.min(CHUNK, first + count - next));
            await queue.addBulk(
              Array.from(chunk, (customer) => ({ name: "delivery", data: customer, opts: jobOptions })),
            );
          }
        },
        async close() {
          await queue.close();
          redis.disconnect();
        },
      };
    },
  };
}

/** No retries, nothing kept, and no more of the event stream than one block of it. */
export const floor: Case = {
  ...bare("floor", {}, { streams: { events: { maxLen: 100 } } }),
  isConstant: true,
};

/**
 * As the documentation's examples do it. Whatever `fetch` throws is tried again, also where the request has
 * arrived by then; that is how such a script is, and no reason not to measure it.
 */
export const firstScript: Case = {
  ...bare(
    "first-script",
    { attempts: 5, backoff: { type: "exponential", delay: 1_000 }, removeOnComplete: true },
    {},
  ),
  mayRepeat: true,
};
