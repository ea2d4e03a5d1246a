// A database for the demo in a Redis that somebody named: an empty one, which is emptied again. What else
// lies in that Redis is not touched.

import { connectRedis, toProducerOptions } from "@postrider/redis/connect";

export interface BorrowedDatabase {
  readonly url: string;
  giveBack(): Promise<void>;
}

/** As many as Redis has unless it is told otherwise. */
const DATABASES = 16;
const OPTIONS = toProducerOptions({ redisWaitMs: 10_000 });

/** @throws when no database is empty, or the Redis has only one, as a cluster has. */
export async function borrowDatabase(url: string): Promise<BorrowedDatabase> {
  for (let number = DATABASES - 1; number >= 0; number--) {
    const candidate = new URL(url);
    candidate.pathname = `/${number}`;
    const redis = await connectRedis(candidate.toString(), OPTIONS, { tag: "" });
    // Another demo that looks at this moment finds it taken.
    const isMine =
      (await redis.dbsize()) === 0 && (await redis.set("postrider-demo", process.pid, "NX")) === "OK";
    if (isMine)
      return {
        url: candidate.toString(),
        async giveBack() {
          await redis.flushdb();
          redis.disconnect();
        },
      };
    redis.disconnect();
  }
  throw new Error(
    `none of the ${DATABASES} databases of POSTRIDER_REDIS_URL is empty; without that variable the demo starts a Redis of its own`,
  );
}
