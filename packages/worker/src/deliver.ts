// One attempt: its steps are taken in turn, the first that meets something ends it, and what that means is
// decided. This loop is the only place that times a step, and that catches what none of them should throw.
// Recording and settling come later.

import { RETRY_PRESETS } from "@postrider/shared/retry";
import {
  type Attempted,
  type Claimed,
  type Finding,
  NOT_SENT,
  type SendTimings,
  type Timings,
} from "./attempt.ts";
import { conceal } from "./authorize/conceal.ts";
import type { Random } from "./decide/backoff.ts";
import { capture } from "./decide/capture-answer.ts";
import { decide } from "./decide/decide.ts";
import type { Draft, Past, Step } from "./draft.ts";

export interface Delivering {
  /** In their order; the last one always meets something. */
  readonly steps: readonly Step[];
  readonly now: () => number;
  readonly random: Random;
}

/** Makes one attempt and decides what follows from it. Throws nothing. */
export async function deliver(claimed: Claimed, past: Past, delivering: Delivering): Promise<Attempted> {
  const draft: Draft = {
    claimed,
    past,
    policy: RETRY_PRESETS.campaign,
    sensitive: new Set(),
    destination: null,
    sent: NOT_SENT,
  };
  const taken = await takeSteps(draft, delivering.steps);
  try {
    return conclude(draft, taken, delivering);
  } catch (error) {
    // A bug in what is made of an answer must not send the request again for ever, unrecorded.
    return conclude(draft, { ...taken, met: toBroken(error) }, delivering);
  }
}

interface Taken {
  readonly met: Finding;
  /** How long it took until there was something to send. */
  readonly composeMs: number;
}

function conclude(draft: Draft, { met, composeMs }: Taken, { now, random }: Delivering): Attempted {
  const { claimed, policy, sensitive, sent, destination, action, unsealed } = draft;
  const finding = conceal(met, sensitive);
  const verdict = decide(finding, claimed, { policy, now: now(), random });
  const captured = verdict.kind === "ended" ? capture(finding, action?.action.capture) : undefined;
  const customerId = unsealed?.delivery.customer.id;
  return { finding, verdict, timings: toTimings(sent, composeMs), destination, captured, customerId };
}

function toTimings(
  { dnsMs, connectMs, tlsMs, firstByteMs, totalMs }: SendTimings,
  composeMs: number,
): Timings {
  return { composeMs, dnsMs, connectMs, tlsMs, firstByteMs, totalMs };
}

async function takeSteps(draft: Draft, steps: readonly Step[]): Promise<Taken> {
  const { trace } = draft.claimed;
  const startedAt = performance.now();
  let composeMs = 0;
  let since = startedAt;
  try {
    for (const { name, run } of steps) {
      const result = run(draft);
      const met = result instanceof Promise ? await result : result;
      const endedAt = performance.now();
      if (name !== "send") composeMs = endedAt - startedAt;
      if (trace !== null) trace.steps.push({ name, startedAt: since, endedAt });
      since = endedAt;
      if (met !== null) return { met, composeMs };
    }
    return { met: broken("no step has met anything"), composeMs };
  } catch (error) {
    return { met: toBroken(error), composeMs };
  }
}

function toBroken(error: unknown): Finding {
  return broken(error instanceof Error ? (error.stack ?? error.message) : String(error));
}

function broken(message: string): Finding {
  return { kind: "broken", message };
}
