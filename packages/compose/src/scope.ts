// What templates see of a delivery, by the names that campaign tools use.

import type { Delivery } from "@postrider/shared/delivery";
import type { DeliveryFacts } from "./dialect/delivery-facts.ts";
import type { Scope } from "./render/template.ts";
import type { Secrets } from "./secret-grants.ts";

/** `snippets` belong to the action. */
export const SCOPE_NAMES = [
  "customer",
  "event",
  "event_name",
  "event_id",
  "event_timestamp",
  "trigger",
  "journey",
  "objects",
  "campaign",
  "message",
  "delivery_id",
  "snippets",
  "secrets",
] as const;

export const DATA_NAMES: ReadonlySet<string> = new Set(SCOPE_NAMES);

/** The scope of a delivery's templates: only what it has. */
export function toScope(
  { customer, event, values }: Pick<Delivery, "customer" | "event" | "values">,
  deliveryId: string,
  secrets: Secrets | null = null,
): Scope {
  const scope: Record<string, unknown> = { customer, delivery_id: deliveryId };
  if (secrets !== null) scope["secrets"] = secrets;
  if (event !== undefined) scope["event"] = event;
  return values === undefined ? scope : { ...scope, ...values };
}

/** What composing may know of a delivery beside its data: the same at every attempt and every replay. */
export function toFacts(
  { asOf, key }: Pick<Delivery, "asOf" | "key">,
  { id, dueAt }: { readonly id: string; readonly dueAt: number },
): DeliveryFacts {
  return { id, dueAt: asOf ?? dueAt, ...(key !== undefined && { key }) };
}
