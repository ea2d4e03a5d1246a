// What a producer keeps in Redis, and for how long: as the workers have it, unless it is told otherwise.

import type { Settings } from "@postrider/shared/settings/settings";

const KEPT = [
  "customersKeptMs",
  "outcomesKept",
  "idempotencyWindowMs",
  "auditKept",
  "rollUpsMinutesKeptMs",
  "rollUpsHoursKeptMs",
  "rollUpsNamesMax",
] as const satisfies readonly (keyof Settings)[];

type Kept = (typeof KEPT)[number];

export function toKept(given: { readonly [Name in Kept]?: number }, defaults: Settings): Settings {
  const kept = KEPT.map((name) => [name, given[name] ?? defaults[name]]);
  return { ...defaults, ...(Object.fromEntries(kept) as Record<Kept, number>) };
}
