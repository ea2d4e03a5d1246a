// What a value is as a number where JavaScript's own idea of it is the right one, but for objects and lists.

import { Drop } from "liquidjs";
import { plain } from "../escape/print.ts";

/**
 * A number, or text that reads as one; what is nothing is 0.
 * @returns NaN for everything else: an object's own members, which are data, never decide what it is.
 */
export function toNumber(value: unknown): number {
  const bare = value instanceof Drop ? plain(value) : value;
  return typeof bare === "object" && bare !== null ? Number.NaN : Number(bare ?? 0);
}
