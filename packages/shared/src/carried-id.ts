// The ids of deliveries that tell of an event or outcome to who subscribes to it. They can be told from
// all others, since nothing of such a delivery is told by another one.

import { hash } from "node:crypto";

/** In a run tag's place (toRunTag), and none itself: those begin with another letter. */
const TAG = "ssssssss.";
const DIGEST_CHARS = 22;

/** The same subscription and event always give the same id. */
export function toCarriedId(subscription: string, event: string): string {
  return TAG + hash("sha256", `subscription\0${subscription}\0${event}`, "base64url").slice(0, DIGEST_CHARS);
}

/** Whether a delivery was born of a subscription. */
export function isCarried(deliveryId: string): boolean {
  return deliveryId.startsWith(TAG);
}
