// Several scripts in one transaction. Each travels as its text: ioredis takes a script that it has sent once
// for one that the server knows, also where the transaction was refused as a whole or the server has
// forgotten its scripts, and inside a transaction it would never learn otherwise.

import { asProducer } from "./connect.ts";
import { onceSettled } from "./once-settled.ts";
import { readReplies } from "./replies.ts";
import type { Shard } from "./shard.ts";

/** What a script is called with. */
export type ScriptArguments = [keyCount: number, ...keysAndValues: (string | number)[]];

/** A script with what it is called with. */
export interface Script {
  readonly lua: string;
  readonly all: ScriptArguments;
}

export type RunScript = (script: string, ...all: ScriptArguments) => void;

/**
 * Carries out the scripts that `add` runs, all or none. @returns their numbers, in order.
 * @throws as a producer's work does.
 */
export function transactAsProducer(
  { redis }: Pick<Shard, "redis">,
  add: (run: RunScript) => void,
): Promise<number[]> {
  return asProducer(async () => {
    const replies = await onceSettled(redis, () => {
      const transaction = redis.multi();
      add((script, ...all) => void transaction.eval(script, ...all));
      return transaction.exec();
    });
    return readReplies(replies).map(Number);
  });
}
