// Test sends on their way to a worker, and what came of them on its way back. Short-lived: whoever asks
// waits.

import { TEST_SEND_KEPT_MS } from "@postrider/shared/test-send-format";
import { onceSettled } from "./once-settled.ts";
import { readReplies } from "./replies.ts";
import type { Shard } from "./shard.ts";

/** What is asked for at once; beyond it nobody would wait long enough. */
const ASKED_MAX = 100;

export interface TestSendQueue {
  /** @returns false where so many are asked for that this one would not be carried out in time. */
  ask(packed: string): Promise<boolean>;
  /** Takes what was asked back. @returns whether no worker had taken it up. */
  takeBack(packed: string): Promise<boolean>;
  /** For a worker: the oldest, or null. */
  take(): Promise<string | null>;
  answer(id: string, packed: string): Promise<void>;
  /** What came of one, once; null while it is under way. */
  fetch(id: string): Promise<string | null>;
}

export function createTestSendQueue({ redis, keys }: Shard): TestSendQueue {
  const asked = keys.testSends();
  return {
    async ask(packed) {
      if ((await redis.llen(asked)) >= ASKED_MAX) return false;
      const ask = () => redis.multi().lpush(asked, packed).pexpire(asked, TEST_SEND_KEPT_MS).exec();
      readReplies(await onceSettled(redis, ask));
      return true;
    },
    takeBack: async (packed) => (await redis.lrem(asked, 1, packed)) > 0,
    take: () => redis.rpop(asked),
    answer: async (id, packed) => void (await redis.set(keys.testSend(id), packed, "PX", TEST_SEND_KEPT_MS)),
    fetch: (id) => redis.getdel(keys.testSend(id)),
  };
}
