// Whether a filter means a delivery. Pure.

import type { ParsedFilter } from "@postrider/shared/delivery-filter";
import type { OutcomeKind, Reason } from "@postrider/shared/outcome";

/** What filters ask of a delivery; null: it is not known, so that no filter that asks for it means it. */
export interface Facts {
  readonly run: string | null;
  /** `id@version`. */
  readonly action: string;
  readonly customerId: string | number | bigint | null;
  readonly labels: readonly string[];
  readonly destination: string | null;
  /** The shared lane in which it began. */
  readonly home: string | null;
  /** Null while it is open. */
  readonly outcome: OutcomeKind | null;
  readonly reason: Reason | null;
  /** Unix ms when it ended, or was enqueued. */
  readonly at: number | null;
}

/** Its state is asked for by where it is looked for, and not here. */
export function isMeant(facts: Facts, filter: ParsedFilter): boolean {
  const { run, customer, label, destination, reason, outcome, lane } = filter;
  return (
    (run === null || facts.run === run) &&
    (customer === null || String(facts.customerId ?? "") === customer) &&
    (label === null || facts.labels.includes(label)) &&
    (reason === null || facts.reason === reason) &&
    (outcome === null || facts.outcome === outcome) &&
    (destination === null || facts.destination === destination) &&
    (lane === null || facts.home === lane) &&
    isOfAction(facts.action, filter) &&
    isWithin(facts.at, filter)
  );
}

function isOfAction(of: string, { action }: ParsedFilter): boolean {
  if (action === null) return true;
  return action.version === undefined
    ? of.startsWith(`${action.id}@`)
    : of === `${action.id}@${action.version}`;
}

function isWithin(at: number | null, { from, to }: ParsedFilter): boolean {
  if (from === null && to === null) return true;
  return at !== null && at >= (from ?? at) && at <= (to ?? at);
}
