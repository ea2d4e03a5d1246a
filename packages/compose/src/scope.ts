// What templates see of a delivery, by the names that campaign tools use.

import type { Delivery } from "@postrider/shared/delivery";
import type { Scope } from "./render/template.ts";

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
] as const;

export const DATA_NAMES: ReadonlySet<string> = new Set(SCOPE_NAMES);

/** The scope of a delivery's templates: only what it has. */
export function toScope(
  { customer, event, values }: Pick<Delivery, "customer" | "event" | "values">,
  deliveryId: string,
): Scope {
  const scope: Record<string, unknown> = { customer, delivery_id: deliveryId };
  if (event !== undefined) scope["event"] = event;
  return values === undefined ? scope : { ...scope, ...values };
}
