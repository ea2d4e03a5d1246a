// How late a request of a destination with a rate may still be sent. Pure.

import type { Pace } from "@postrider/redis/scripts/take-turn";

/**
 * Whoever comes later than so much, as after a stall, would meet those whose moment it is: it asks for
 * another one.
 */
const LATE_MS = 15;

/**
 * @returns ms. A moment that is further from the next than a second may be as late as leaves a second between
 * them; the next one is another shard's where several keep a rate together.
 */
export function toLateMs({ intervalMs, spacingMs, phases }: Pace): number {
  const apartMs = phases.length > 0 ? intervalMs : spacingMs;
  return LATE_MS + Math.max(0, apartMs - 1_000);
}
