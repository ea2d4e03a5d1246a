// Answers as JSON.

import { isBigIntTrouble, stringifyExact } from "@postrider/shared/exact-json";

/** JSON, with integers beyond 2^53 as the digits that they have. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!isBigIntTrouble(error)) throw error;
    return stringifyExact(value);
  }
}
