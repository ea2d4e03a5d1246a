// A test send: one attempt through the very steps of a worker, with the verdict that a worker would reach. Nothing is
// enqueued, recorded or retried.

import { compileAction } from "@postrider/compose/compile";
import { type ComposedRequest, type ShownRequest, toShown } from "@postrider/compose/request";
import { type Action, toActionRef } from "@postrider/shared/action";
import { type Delivery, newDeliveryId } from "@postrider/shared/delivery";
import type { Problem } from "@postrider/shared/errors";
import type { OutcomeKind, Reason } from "@postrider/shared/outcome";
import { toRetryPolicy } from "@postrider/shared/retry";
import type { Settings } from "@postrider/shared/settings";
import type { Attempted, Claimed, Timings, Verdict } from "./attempt.ts";
import { createComposer } from "./compose/composer.ts";
import { deliver } from "./deliver.ts";
import { createPools } from "./send/pools.ts";
import { send } from "./send/send.ts";

export interface TestSend {
  /** As sent, credentials masked; null where nothing was. */
  readonly request: ShownRequest | null;
  readonly reply: {
    readonly status: number;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  } | null;
  readonly fault: { readonly code: string; readonly message: string } | null;
  readonly problems: readonly Problem[];
  readonly timings: Timings;
  readonly verdict: OutcomeKind | Exclude<Verdict["kind"], "ended">;
  readonly reason: Reason | null;
}

/** Sends an action's request once. Network trouble is part of the result, not an exception. */
export async function testAction(action: Action, sample: Sample, settings: Settings): Promise<TestSend> {
  const composer = createComposer();
  const pools = createPools(settings);
  let request: ComposedRequest | null = null;
  const attempted = await deliver(toClaimed(action, sample), {
    findAction: () => compileAction(action),
    compose: composer.compose,
    // Sent now, whatever waits for the same destination.
    findLane: () => null,
    begin: () => () => undefined,
    send(composed, { timeoutMs, connectTimeoutMs }) {
      request = composed;
      return send(
        composed,
        { timeoutMs, connectTimeoutMs, replyBytesMax: settings.replyBytesMax },
        pools,
        new Set(),
      );
    },
    now: Date.now,
    random: Math.random,
  });
  await Promise.all([composer.close(), pools.close()]);
  return toResult(request, attempted);
}

/** What the delivery would carry for its templates. */
type Sample = Pick<Delivery, "customer" | "event" | "values">;

function toClaimed(action: Action, sample: Sample): Claimed {
  const now = Date.now();
  return {
    id: newDeliveryId(),
    lane: "test",
    token: "",
    delivery: { v: 1, action: toActionRef({ id: action.id, version: 0 }), ...sample },
    attempt: 1,
    claims: 1,
    attemptsMax: toRetryPolicy(action.retry).attempts,
    dueAt: now,
    claimedAt: now,
  };
}

function toResult(request: ComposedRequest | null, { finding, verdict, timings }: Attempted): TestSend {
  return {
    request: request === null ? null : toShown(request),
    reply:
      finding.kind === "reply"
        ? { status: finding.status, headers: finding.headers, body: finding.body }
        : null,
    fault: finding.kind === "fault" ? { code: finding.code, message: finding.message } : null,
    problems: finding.kind === "unsendable" ? finding.problems : [],
    timings,
    verdict: verdict.kind === "ended" ? verdict.outcome : verdict.kind,
    reason: "reason" in verdict ? verdict.reason : null,
  };
}
