// What is kept of an attempt beside its delivery, for people. An answer may repeat a customer's data, so that
// the evidence of a sealed delivery is sealed, too.

import type { AttemptRecord } from "./attempt-record.ts";
import type { Delivery } from "./delivery.ts";
import type { Sealer } from "./seal.ts";

interface Owner {
  readonly id: string;
  readonly delivery: Pick<Delivery, "sealed">;
}

const place = (id: string): string => `evidence ${id}`;

/** The text to keep. */
export function packEvidence(evidence: AttemptRecord, { id, delivery }: Owner, sealer: Sealer): string {
  const text = JSON.stringify(evidence);
  // A worker that cannot seal could not open the delivery either, and has nothing of the customer's to tell.
  if (delivery.sealed === undefined || !sealer.canSeal) return text;
  return JSON.stringify({ sealed: sealer.seal(text, place(id)) });
}

/** What was kept; `{sealed}` where the key is not at hand. */
export function unpackEvidence(text: string, id: string, sealer: Sealer): Readonly<Record<string, unknown>> {
  const kept = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (typeof kept["sealed"] !== "string") return kept;
  const opened = sealer.open(kept["sealed"], place(id));
  return "problem" in opened ? kept : (JSON.parse(opened.text) as Readonly<Record<string, unknown>>);
}
