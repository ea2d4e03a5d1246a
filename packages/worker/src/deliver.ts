// The story of one attempt: compose, find the lane, send, decide. Every exit goes through decide, so no rule about the future lives
// anywhere else. Recording and settling are later steps.

import type { CompiledAction } from "@postrider/compose/compile";
import type { ComposedRequest } from "@postrider/compose/request";
import { toScope } from "@postrider/compose/scope";
import { unpackDelivery } from "@postrider/shared/delivery";
import { RETRY_PRESETS, type RetryPolicy, toRetryPolicy } from "@postrider/shared/retry";
import { type Attempted, type Claimed, type Finding, NOTHING_TIMED } from "./attempt.ts";
import type { Composer } from "./compose/composer.ts";
import type { Random } from "./decide/backoff.ts";
import { decide } from "./decide/decide.ts";
import type { Destinations } from "./lanes/destinations.ts";
import type { Sent } from "./send/send.ts";

export interface Steps {
  /** The compiled action, or null when the store has no such version. */
  readonly findAction: (ref: string) => CompiledAction | null | Promise<CompiledAction | null>;
  readonly compose: Composer["compose"];
  /** The own lane in which the request has to wait its turn; null where it may be sent now. */
  readonly findLane: Destinations["findLane"];
  /** Told when an exchange begins, and what came of it. */
  readonly begin: Destinations["begin"];
  readonly send: (request: ComposedRequest, action: CompiledAction["action"]) => Promise<Sent>;
  readonly now: () => number;
  readonly random: Random;
}

/** Makes one attempt and decides what follows from it. Throws nothing that the network or the data can cause. */
export async function deliver(claimed: Claimed, steps: Steps): Promise<Attempted> {
  const { finding, policy, ...facts } = await attempt(claimed, steps);
  const verdict = decide(finding, claimed, { policy, now: steps.now(), random: steps.random });
  return { finding, verdict, ...facts };
}

type Made = Omit<Attempted, "verdict"> & { readonly policy: RetryPolicy };

async function attempt(claimed: Claimed, steps: Steps): Promise<Made> {
  const startedAt = performance.now();
  const found = steps.findAction(claimed.delivery.action);
  const action = found instanceof Promise ? await found : found;
  if (action === null)
    return unsent(
      { kind: "unsendable", reason: "action_unknown", problems: [] },
      RETRY_PRESETS.campaign,
      startedAt,
    );

  const policy = toRetryPolicy(action.action.retry);
  const composing = steps.compose(action, claimed, toScope(unpackDelivery(claimed.delivery), claimed.id));
  const composed = composing instanceof Promise ? await composing : composing;
  if (composed.kind === "cancelled")
    return unsent({ kind: "cancelled", message: composed.message }, policy, startedAt);
  if (composed.kind === "problem") {
    return unsent(
      { kind: "unsendable", reason: composed.reason, problems: composed.problems },
      policy,
      startedAt,
    );
  }

  const { origin } = composed.request;
  const looking = steps.findLane(claimed, origin, action.action);
  const lane = looking instanceof Promise ? await looking : looking;
  if (lane !== null) return unsent({ kind: "misplaced", lane }, policy, startedAt);

  const composeMs = performance.now() - startedAt;
  const end = steps.begin(claimed, origin);
  const { finding, firstByteMs, totalMs } = await steps.send(composed.request, action.action);
  end(finding);
  return {
    finding,
    policy,
    timings: { composeMs, dnsMs: null, connectMs: null, tlsMs: null, firstByteMs, totalMs },
    destination: origin,
  };
}

function unsent(finding: Finding, policy: RetryPolicy, startedAt: number): Made {
  return {
    finding,
    policy,
    timings: { ...NOTHING_TIMED, composeMs: performance.now() - startedAt },
    destination: null,
  };
}
