// Some dead letters, by their ids, put back or forgotten at once. What a filter means is a task.

import { hasCode, PostriderError } from "@postrider/shared/errors";
import { z } from "zod";
import { type Caller, isNarrowed } from "../route/caller.ts";
import { defineRoute, type Route } from "../route/route.ts";
import type { Tools } from "../route/tools.ts";
import { isDeliveryReached } from "./shown-delivery.ts";

/** Two transactions of Redis. */
const IDS_MAX = 100;

const ids = z
  .array(z.string().min(1).max(100))
  .min(1)
  .max(IDS_MAX)
  .describe("Ids of deliveries. What more is meant than these, a task does.");
const count = z.int().min(0);
const unknown = z.array(z.string());

/**
 * Ids that the caller reaches, and those that are unknown to it.
 * @throws `forbidden` for a narrowed caller who reaches none.
 */
async function partByReach(
  given: readonly string[],
  caller: Caller,
  { producer }: Tools,
): Promise<{ readonly reached: readonly string[]; readonly hidden: readonly string[] }> {
  if (!isNarrowed(caller)) return { reached: given, hidden: [] };
  const reached: string[] = [];
  for (const id of new Set(given)) if (await isReached(id, caller, producer)) reached.push(id);
  if (reached.length === 0)
    throw new PostriderError("forbidden", "the token is narrowed, and reaches none of these");
  return { reached, hidden: given.filter((id) => !reached.includes(id)) };
}

async function isReached(id: string, caller: Caller, { deliveries }: Tools["producer"]): Promise<boolean> {
  try {
    return isDeliveryReached(caller, await deliveries.show(id));
  } catch (error) {
    if (hasCode(error, "delivery_unknown")) return false;
    throw error;
  }
}

export const deadLetterWorkRoutes: readonly Route[] = [
  defineRoute({
    id: "replayDeadLetters",
    method: "POST",
    path: "/v1/dead-letters/replay",
    scope: "manage",
    narrowing: "found",
    summary: "Put some dead letters back into their lanes, with all their attempts again",
    body: z.strictObject({
      ids,
      presentVersion: z.boolean().optional().describe("With the latest version of each action."),
      newKey: z
        .boolean()
        .optional()
        .describe("With a new Idempotency-Key, so that receivers take them for other requests."),
    }),
    replies: { 200: "What became of them." },
    reply: z.strictObject({
      replayed: count,
      hastened: count.describe("No dead letters: retries that were pending, and are due now."),
      pending: count.describe("No dead letters: waiting or in flight already."),
      expired: count.describe("Dead letters still: their `expiresAt` has passed."),
      cancelled: count.describe("Dead letters still: their run was cancelled."),
      unknown: unknown.describe("Ids of nothing that could be put back."),
    }),
    errors: ["action_unknown"],
    async handle({ body: { ids: given, presentVersion, newKey }, caller }, tools) {
      const { reached, hidden } = await partByReach(given, caller, tools);
      const done = await tools.producer.deadLetters.replay(
        { ids: reached },
        { presentVersion, newKey, ratePerSecond: Number.POSITIVE_INFINITY },
      );
      return { status: 200, body: { ...done, unknown: [...done.unknown, ...hidden] } };
    },
  }),
  defineRoute({
    id: "purgeDeadLetters",
    method: "POST",
    path: "/v1/dead-letters/purge",
    scope: "manage",
    narrowing: "found",
    summary: "Forget some dead letters; their outcomes and the runs' counters stay",
    body: z.strictObject({ ids }),
    replies: { 200: "What became of them." },
    reply: z.strictObject({ purged: count, unknown: unknown.describe("Ids of no dead letters.") }),
    async handle({ body: { ids: given }, caller }, tools) {
      const { reached, hidden } = await partByReach(given, caller, tools);
      const { purged, unknown: gone } = await tools.producer.deadLetters.purge({ ids: reached });
      return { status: 200, body: { purged, unknown: [...gone, ...hidden] } };
    },
  }),
];
