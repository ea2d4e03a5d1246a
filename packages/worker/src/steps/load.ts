// The action of the delivery, compiled, and with it the policy by which everything later is decided.

import { type RetryPolicy, toRetryPolicy } from "@postrider/shared/retry";
import type { FindAction } from "../action-cache.ts";
import type { Claimed, Finding } from "../attempt.ts";
import type { Step } from "../draft.ts";

export interface Loading {
  /** The compiled action, or null when the store has no such version. */
  readonly findAction: FindAction;
  readonly now: () => number;
}

export function createLoad({ findAction, now }: Loading): Step {
  return {
    name: "load",
    async run(draft) {
      const { claimed } = draft;
      const action = await findAction(claimed.delivery.action);
      if (action === null) return ACTION_UNKNOWN;
      if ("kind" in action) return action;
      draft.action = action;
      draft.policy = toRetryPolicy(action.action.retry);
      return isTooOld(claimed, draft.policy, now()) ? TOO_OLD : null;
    },
  };
}

/** A retry that was held up for longer than anybody wants it, as by a circuit; decide could not know. */
function isTooOld({ attempt, agesFrom }: Claimed, { maxAgeMs }: RetryPolicy, now: number): boolean {
  return attempt > 1 && now > agesFrom + maxAgeMs;
}

const TOO_OLD: Finding = { kind: "unsendable", reason: "too_old", problems: [] };
const ACTION_UNKNOWN: Finding = { kind: "unsendable", reason: "action_unknown", problems: [] };
