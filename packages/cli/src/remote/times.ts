// Times: ISO 8601 on the way, Unix ms in the command line. Pure.

export function toMs(time: string): number {
  return Date.parse(time);
}

export function toMsOrNull(time: string | null): number | null {
  return time === null ? null : Date.parse(time);
}
