// Several scripts in one transaction.

import { asProducer } from "./connect.ts";
import { onceSettled } from "./once-settled.ts";
import { readReplies } from "./replies.ts";
import type { Shard } from "./shard.ts";

type Commands = Record<string, (keyCount: number, ...keysAndValues: (string | number)[]) => unknown> & {
  exec(): Promise<[Error | null, unknown][] | null>;
};

export type Call = (command: string, names: readonly string[], values: readonly (string | number)[]) => void;

/**
 * Carries out the scripts that `add` calls, all or none. @returns their numbers, in order. @throws as a
 * producer's work does.
 */
export function transact(shard: Shard, add: (call: Call) => void): Promise<number[]> {
  return asProducer(async () => {
    const replies = await onceSettled(shard.redis, () => {
      const commands = shard.redis.multi() as unknown as Commands;
      add((command, names, values) => commands[command]?.(names.length, ...names, ...values));
      return commands.exec();
    });
    return readReplies(replies).map(Number);
  });
}
