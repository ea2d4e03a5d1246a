// What a person names and grants, checked.

import { limitsSchema } from "@postrider/shared/action";
import { toOrigin } from "@postrider/shared/destination-origin";
import { invalidField, type Problem } from "@postrider/shared/errors";
import type { Limits } from "@postrider/shared/own-lane";

/** The origin that a person names, and nothing beyond it. @throws `destination_invalid`. */
export function parseOrigin(text: string): string {
  const origin = toOrigin(text);
  if (origin === null)
    throw invalidField(
      "destination_invalid",
      "origin",
      `"${text}" is no destination; it must look like https://host or https://host:port`,
    );
  const { username, password, pathname, search, hash } = new URL(text);
  if ([username, password, search, hash].every((part) => part === "") && pathname === "/") return origin;
  // Not the text itself: it may hold a credential.
  throw invalidField(
    "destination_invalid",
    "origin",
    `a destination is an origin, without a path or anything else, and holds for all paths there; write ${origin}`,
  );
}

/** @throws `destination_invalid`. */
export function parseLimits(limits: Limits): Limits {
  const read = readLimits(limits);
  if ("limits" in read) return read.limits;
  const [{ field, message } = { field: "", message: "is not valid" }] = read.problems;
  throw invalidField("destination_invalid", ["limits", field].filter(Boolean).join("."), message);
}

/** @returns every problem at once, with its field. */
export function readLimits(
  limits: unknown,
): { readonly limits: Limits } | { readonly problems: readonly Problem[] } {
  const parsed = limitsSchema.safeParse(limits);
  if (parsed.success) return { limits: parsed.data };
  const { issues } = parsed.error;
  const unknown = issues.filter(({ code }) => code === "unrecognized_keys");
  return {
    problems: (unknown.length > 0 ? unknown : issues).flatMap((issue) => {
      if (issue.code === "unrecognized_keys")
        return issue.keys.map((field) => ({
          field,
          message: "is no limit; there are ratePerSecond and concurrency",
        }));
      const field = String(issue.path[0] ?? "");
      return [{ field, message: RANGES[field] ?? "must have ratePerSecond or concurrency" }];
    }),
  };
}

const RANGES: Readonly<Record<string, string>> = {
  ratePerSecond: "must be a number from 0.001 to 100000",
  concurrency: "must be a whole number from 1 to 10000",
};

const FOR_MS_MIN = 1_000;
const FOR_MS_MAX = 30 * 86_400_000;

/** How long what a person sets is to stand. @throws `destination_invalid`. */
export function parseForMs(forMs: number | undefined): number | undefined {
  if (forMs === undefined || (forMs >= FOR_MS_MIN && forMs <= FOR_MS_MAX)) return forMs;
  throw invalidField("destination_invalid", "for", "must be from a second (1s) to 30 days (30d)");
}
