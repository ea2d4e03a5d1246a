// The limits of an action's requests, put together once for each compiled action: at thousands of deliveries
// a second, a copy of the action for each was a twentieth of a worker's time.

import type { CompiledAction } from "@postrider/compose/compile";
import type { SendLimits } from "./send.ts";

/** @param replyBytesMax bytes that are kept of an answer. */
export function createSendLimits(
  replyBytesMax: number,
): (compiled: Pick<CompiledAction, "action" | "secretHeaders">) => SendLimits {
  const known = new WeakMap<CompiledAction["action"], SendLimits>();
  return ({ action, secretHeaders }) => {
    let limits = known.get(action);
    if (limits === undefined) {
      const { timeoutMs, connectTimeoutMs, egress, redirects, idempotencyHeader } = action;
      limits = {
        timeoutMs,
        connectTimeoutMs,
        egress,
        redirects,
        idempotencyHeader,
        secretHeaders,
        replyBytesMax,
      };
      known.set(action, limits);
    }
    return limits;
  };
}
