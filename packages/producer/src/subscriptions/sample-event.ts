// An event that did not happen, to try a subscription with.

import { randomUUID } from "node:crypto";
import { invalidField } from "@postrider/shared/errors";
import { EVENT_TYPES, EVENTS, type EventType } from "@postrider/shared/operator-event";
import { OUTCOMES, type OutcomeKind } from "@postrider/shared/outcome";
import type { Carried, StoredSubscription } from "./carried-event.ts";

/** @param type absent: the first of its events, or an outcome. @throws `subscription_invalid`. */
export function toSample(
  { events, outcomes }: Pick<StoredSubscription, "events" | "outcomes">,
  type: string | undefined,
  now: number,
): Carried {
  const chosen = type ?? events?.[0] ?? `outcome.${outcomes?.outcome ?? "delivered"}`;
  const id = `test:${randomUUID()}`;
  const timestamp = new Date(now).toISOString();
  if (EVENT_TYPES.includes(chosen as EventType)) {
    const known = chosen as EventType;
    return { id, type: known, timestamp, data: EVENTS[known].example };
  }
  const outcome = OUTCOMES.find((one) => chosen === `outcome.${one}`);
  if (outcome !== undefined)
    return { id, type: `outcome.${outcome}`, timestamp, data: sampleOutcome(outcome, timestamp) };
  throw invalidField("subscription_invalid", "type", `"${chosen}" is no event; docs/events.md lists them`);
}

const REASONS: Readonly<Record<OutcomeKind, string>> = {
  delivered: "reply_2xx",
  failed: "reply_4xx",
  expired: "expired",
  cancelled: "run_cancelled",
};

const STATUSES: Readonly<Record<OutcomeKind, number | null>> = {
  delivered: 200,
  failed: 422,
  expired: null,
  cancelled: null,
};

/** An outcome as it is delivered. */
function sampleOutcome(outcome: OutcomeKind, endedAt: string): Readonly<Record<string, unknown>> {
  const wasSent = STATUSES[outcome] !== null;
  return {
    id: "rSAMPLE0.AAAAAAAAAAAAAAAAAAAAAA",
    action: "welcome@3",
    run: "autumn",
    customer: "c-4711",
    outcome,
    reason: REASONS[outcome],
    status: STATUSES[outcome],
    attempts: wasSent ? 1 : 0,
    endedAt,
    labels: [],
    latencyMs: 120,
    sendMs: wasSent ? 80 : 0,
    attributes: {},
    missing: [],
    cut: [],
  };
}
