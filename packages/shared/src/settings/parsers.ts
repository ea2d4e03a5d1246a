// How the texts of environment variables are read, where several settings are read alike.

import { z } from "zod";

export const HOUR_MS = 3_600_000;

/** A whole number within bounds. */
export function integer(min: number, max: number) {
  const error = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, error)
    .transform(Number)
    .pipe(z.number().min(min, error).max(max, error));
}

/** Yes or no, as a flag has it. */
export function yesOrNo(byDefault: "true" | "false") {
  return z
    .enum(["true", "false"], "must be true or false")
    .default(byDefault)
    .transform((text) => text === "true");
}
