// TELL ONCE: an event whose cause lies in the store, and so in another slot of a Cluster, is told once,
// however often it is handed on.

import { type NewEvent, toTold } from "@postrider/shared/operator-event";
import type { Shard } from "../shard.ts";
import { TELL_EVENT } from "./tell-fragments.ts";

/**
 * Input: KEYS mark, events, totals; ARGV id, data, the mark's seconds. Output: 1 when it was told with it.
 */
const TELL_ONCE = `${TELL_EVENT}
if not redis.call("SET", KEYS[1], "1", "NX", "EX", ARGV[3]) then return 0 end
tellEvent(KEYS[2], KEYS[3], ARGV[1], ARGV[2])
return 1
`;

/** Longer than whoever hands it on may be away between telling it and forgetting that it was to be told. */
const MARK_SECONDS = 7 * 24 * 3_600;

/** @param event that does not recur. @returns whether it was told with this call. */
export async function tellOnce({ redis, keys }: Shard, event: NewEvent): Promise<boolean> {
  const [id, data] = toTold(event);
  const names = [keys.eventTold(id), keys.events(), keys.totals()];
  return (await redis.eval(TELL_ONCE, names.length, ...names, id, data, MARK_SECONDS)) === 1;
}
