// The action of the delivery, compiled, and with it the policy by which everything later is decided.

import { type RetryPolicy, toRetryPolicy } from "@postrider/shared/retry";
import type { FindAction, Found } from "../action-cache.ts";
import type { Claimed, Finding } from "../attempt.ts";
import type { Draft, Step } from "../draft.ts";

export interface Loading {
  /** The compiled action, or null when the store has no such version. */
  readonly findAction: FindAction;
  readonly now: () => number;
}

export function createLoad({ findAction, now }: Loading): Step {
  const take = (draft: Draft, action: Found): Finding | null => {
    if (action === null) return ACTION_UNKNOWN;
    if ("kind" in action) return action;
    draft.action = action;
    draft.policy = toRetryPolicy(action.action.retry);
    return isTooOld(draft.claimed, draft.policy, now()) ? TOO_OLD : null;
  };
  return {
    name: "load",
    run(draft) {
      const found = findAction(draft.claimed.delivery.action);
      return found instanceof Promise ? found.then((action) => take(draft, action)) : take(draft, found);
    },
  };
}

/** A retry that was held up for longer than anybody wants it, as by a circuit; decide could not know. */
function isTooOld({ attempt, agesFrom }: Claimed, { maxAgeMs }: RetryPolicy, now: number): boolean {
  return attempt > 1 && now > agesFrom + maxAgeMs;
}

const TOO_OLD: Finding = { kind: "unsendable", reason: "too_old", problems: [] };
const ACTION_UNKNOWN: Finding = { kind: "unsendable", reason: "action_unknown", problems: [] };
