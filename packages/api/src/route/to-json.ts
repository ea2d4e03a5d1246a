// Answers as JSON.

import { isBigIntTrouble, stringifyExact } from "@postrider/shared/exact-json";

export const JSON_TYPE = "application/json; charset=utf-8";

/** JSON, with integers beyond 2^53 as the digits that they have. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!isBigIntTrouble(error)) throw error;
    return stringifyExact(value);
  }
}
