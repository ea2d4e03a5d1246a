// Where a list of dead letters goes on, as a text that its reader hands back.

import type { Position } from "@postrider/redis/letter-page";
import { invalid } from "./filter.ts";

export function encodeCursor({ failedAt, id }: Position): string {
  return Buffer.from(`${failedAt} ${id}`).toString("base64url");
}

/** @throws `dead_letters_invalid`. */
export function decodeCursor(cursor: string): Position {
  const [, time, id] = /^(\d{1,16}) (.+)$/s.exec(Buffer.from(cursor, "base64url").toString()) ?? [];
  if (time === undefined || id === undefined)
    throw invalid("cursor", "is none that an earlier list has given");
  return { failedAt: Number(time), id };
}
