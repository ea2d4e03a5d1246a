// How a destination stands, in words. Pure.

import type { Destination } from "@postrider/client/generated";
import { showShort } from "../../words/numbers.ts";

export function sayLimits({ limits, adaptiveRatePerSecond }: Destination): string {
  const { ratePerSecond, concurrency } = limits;
  const said = [
    ...(ratePerSecond === undefined ? [] : [`${showShort(ratePerSecond)}/s`]),
    ...(concurrency === undefined ? [] : [`${concurrency} at once`]),
    ...(adaptiveRatePerSecond === null ? [] : [`taught ${showShort(adaptiveRatePerSecond)}/s`]),
  ];
  return said.length === 0 ? "none" : said.join(", ");
}

/** The strongest of what keeps deliveries from it. */
export function stateOf({ isPaused, circuit, coolsUntil, throttledSince, limits }: Destination): string {
  if (isPaused) return "paused";
  if (circuit !== "closed") return `circuit-${circuit}`;
  if (coolsUntil !== null) return "cooling-down";
  if (throttledSince !== null) return "throttled";
  return Object.keys(limits).length > 0 ? "limited" : "flowing";
}
