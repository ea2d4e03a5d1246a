// Times: Unix ms inside, ISO 8601 in UTC outside.

import { z } from "zod";

export const timeSchema = z.iso.datetime({
  offset: true,
  error: "must be a time such as 2026-11-28T09:30:00Z",
});

export function toTime(ms: number): string {
  return new Date(ms).toISOString();
}

export function toTimeOrNull(ms: number | null): string | null {
  return ms === null ? null : toTime(ms);
}
