// A delivery as it lies in Redis, where nothing in it is taken for granted.

import { type Delivery, isDelivery, unpackDelivery } from "@postrider/shared/delivery";
import type { Sealer } from "@postrider/shared/seal";

/** Null for what is no delivery. */
export function parseDelivery(data: string): Delivery | null {
  try {
    const parsed: unknown = JSON.parse(data);
    return isDelivery(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

/** Sealed data are opened where the key is at hand, and stay sealed where it is not. */
export function openDelivery(delivery: Delivery, sealer: Sealer): Delivery {
  const opened = unpackDelivery(delivery, sealer);
  return "problem" in opened ? delivery : opened;
}

export function toCustomerId({ customer: { id } }: Delivery): string | number {
  return typeof id === "number" ? id : String(id ?? "");
}
