// Numbers and spans of time as people read them, the same on every machine. Pure.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `1234567` → `1,234,567`. */
export function showCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** In few characters: `940`, `12.4k`, `3.1M`. */
export function showShort(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${toDigits(value / 1e9)}G`;
  if (size >= 1e6) return `${toDigits(value / 1e6)}M`;
  if (size >= 1e4) return `${toDigits(value / 1e3)}k`;
  return size >= 100 ? showCount(value) : toDigits(value);
}

/** Three figures at most, without zeros that say nothing. */
function toDigits(value: number): string {
  const size = Math.abs(value);
  let digits = 2;
  if (size >= 100) digits = 0;
  else if (size >= 10) digits = 1;
  return String(Number(value.toFixed(digits)));
}

/** `830 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`, `4 d`. */
export function showSpan(ms: number): string {
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${toDigits(ms / SECOND)} s`;
  if (ms < HOUR) return inTwo(ms, MINUTE, "min", SECOND, "s");
  if (ms < DAY) return inTwo(ms, HOUR, "h", MINUTE, "min");
  return inTwo(ms, DAY, "d", HOUR, "h");
}

function inTwo(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms - whole * large) / small);
  return rest === 0 ? `${whole} ${largeName}` : `${whole} ${largeName} ${rest} ${smallName}`;
}

/** `12 %`, and never 0 or 100 for what is only near to it. */
export function showShare(part: number, whole: number): string {
  if (whole === 0) return "0 %";
  const share = (part / whole) * 100;
  if (share > 0 && share < 1) return "<1 %";
  if (share > 99 && share < 100) return ">99 %";
  return `${Math.round(share)} %`;
}

/** In UTC, as logs have it: `2026-11-29 05:58:29`. */
export function showTime(time: string | number): string {
  return new Date(time).toISOString().slice(0, 19).replace("T", " ");
}

/** Seen from `now`: `3 min ago`, `in 20 s`. */
export function showAgo(time: string | number, now: number): string {
  const ms = now - new Date(time).getTime();
  // Clocks differ a little.
  if (Math.abs(ms) < 2 * SECOND) return "now";
  const span = showSpan(Math.floor(Math.abs(ms) / SECOND) * SECOND);
  return ms > 0 ? `${span} ago` : `in ${span}`;
}

/** `1 delivery`, `2,000 deliveries`; where it is an estimate from below, `≥ 2,000 deliveries`. */
export function showMany(count: number, one: string, many: string, isAtLeast = false): string {
  return `${isAtLeast ? "≥ " : ""}${showCount(count)} ${count === 1 && !isAtLeast ? one : many}`;
}
