// Durations as people write them: `90s`, `30m`, `2h`, `1d`, `1h30m`.

export const DURATION = /^(?=\d)(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/;

export const DURATION_RULE = "must be a duration such as 90s, 30m, 2h, 1h30m or 1d";

const UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000] as const;

/** In ms; null where it is none. */
export function parseDuration(text: string): number | null {
  const parts = DURATION.exec(text)?.slice(1);
  if (parts === undefined) return null;
  return parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (UNITS_MS[index] ?? 0), 0);
}
