// Claims in groups: those that are ready for their next delivery at the same moment, since what they did
// before was recorded in one command, ask in one command, too. It runs BullMQ's own script for each of them,
// so what a claim is stays BullMQ's business.

import { type BackendFactory, createRedisBackend, type RedisQueueBackend } from "bullmq";
import { createBatch } from "./batch.ts";
import type { RedisClient } from "./home-cluster.ts";

/** Keeps one script under a millisecond or so. */
const GROUP_MAX = 50;
const COMMAND = "postriderClaim";
/**
 * BullMQ's command, with its keys; then come the prefix of the lane's jobs, the time, and the claim's own
 * options.
 */
const SINGLE = "moveToActive";
const KEYS = 11;
const OPTIONS = KEYS + 2;

/** What BullMQ's workers ask Redis with; `redis` is the connection that they are given. */
export function batchClaims(redis: RedisClient): BackendFactory<RedisQueueBackend> {
  return (lane, options, connections) => {
    const backend = createRedisBackend(lane, options, connections);
    const single = backend.execCommand.bind(backend);
    type Client = Parameters<typeof single>[0];
    const claim = createBatch<{ readonly client: Client; readonly args: readonly unknown[] }, unknown>(
      async (claims) => {
        const [first, ...others] = claims;
        if (first === undefined) return [];
        const { client, args } = first;
        if (others.length === 0) return [await single(client, SINGLE, [...args])];
        defineCommand(redis);
        const all = [...args, ...others.map((other) => other.args[OPTIONS])];
        return (await client.runCommand(COMMAND, all)) as unknown[];
      },
      GROUP_MAX,
      0,
    );
    backend.execCommand = (client, command, args) =>
      command === SINGLE ? claim({ client, args }) : single(client, command, args);
    return backend;
  };
}

function defineCommand(redis: RedisClient): void {
  const scripts = new Map(Object.entries<{ readonly lua: string }>(redis.scriptsSet));
  if (scripts.has(COMMAND)) return;
  // BullMQ adds its version.
  const [, single] = [...scripts].find(([name]) => name.startsWith(`${SINGLE}:`)) ?? [];
  if (single === undefined) throw new Error(`BullMQ has no command ${SINGLE}`);
  redis.defineCommand(COMMAND, { numberOfKeys: KEYS, lua: toScript(single.lua) });
}

/**
 * Input: BullMQ's, with the options of as many claims as there are. Output: an answer for each; after the
 * first that got no delivery, the rest get none either.
 */
function toScript(single: string): string {
  return `
local function claim(KEYS, ARGV)
${single}
end
local answers = {}
for i = 3, #ARGV do
  local last = answers[i - 3]
  answers[i - 2] = last and last[1] == 0 and last or claim(KEYS, {ARGV[1], ARGV[2], ARGV[i]})
end
return answers
`;
}
