// Where in the index of customers one stands: producers put what they enqueue there, workers what has ended,
// and whoever asks for a customer looks there.

import type { Delivery } from "./delivery.ts";
import type { Sealer } from "./seal.ts";

/** Lists of the index, each for many customers, so that a customer costs no key of their own. */
const LISTS_BITS = 12;

/** The characters of a place that name its list; the others tell the list's customers apart. */
export const LIST_CHARS = 3;
const TAG_CHARS = 4;

/**
 * A customer's place: which list, and a tag, which a few others may share.
 * @param sealer of deliveries whose customers are sealed: the place then tells nothing without the key.
 */
export function toCustomerPlace(id: unknown, sealer: Sealer | null): string {
  const text = String(id);
  const hash = fnv1a(sealer === null ? text : sealer.digest(`customer ${text}`));
  const list = (hash & (2 ** LISTS_BITS - 1)).toString(36).padStart(LIST_CHARS, "0");
  return list + (hash >>> LISTS_BITS).toString(36).padStart(TAG_CHARS, "0");
}

/** The place of a delivery's customer, as it lies in the lane; null where that is no delivery. */
export function placeOfDelivery({ customer, customerPlace }: Delivery): string | null {
  if (customerPlace !== undefined) return customerPlace;
  return customer === undefined || customer.id === "" ? null : toCustomerPlace(customer.id, null);
}

/** http://www.isthe.com/chongo/tech/comp/fnv, over UTF-16 code units; 32 bits. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
