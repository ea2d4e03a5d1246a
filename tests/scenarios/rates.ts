// How fast requests came to a receiver, and a receiver that allows only so many.

import { type Behaviour, ok, type ReceivedRequest, reply, type Script } from "../support/receiver.ts";

/** Requests a second from the first to the last. */
export function meanPerSecond(requests: readonly ReceivedRequest[]): number {
  const times = requests.map(({ atMs }) => atMs).sort((a, b) => a - b);
  return ((times.length - 1) * 1_000) / ((times.at(-1) ?? 0) - (times[0] ?? 0));
}

/** The most requests in any second, wherever it begins. */
export function mostInASecond(requests: readonly ReceivedRequest[]): number {
  const times = requests.map(({ atMs }) => atMs).sort((a, b) => a - b);
  let from = 0;
  let most = 0;
  for (const [to, at] of times.entries()) {
    while (at - (times[from] ?? 0) >= 1_000) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

export interface Limited {
  readonly script: Script;
  /** Of what came within a stretch of time (ms after the first request): how many were refused and accepted. */
  count(fromMs: number, toMs: number): { readonly refused: number; readonly accepted: number };
}

/** Accepts so many a second as a token bucket does that holds a tenth of a second's worth, and answers 429 to the rest. */
export function limitTo(perSecond: number): Limited {
  const seen: { readonly atMs: number; readonly isRefused: boolean }[] = [];
  const most = Math.max(1, perSecond / 10);
  let tokens = most;
  let filledAt = Date.now();
  const take = (): Behaviour => {
    const now = Date.now();
    tokens = Math.min(most, tokens + ((now - filledAt) * perSecond) / 1_000);
    filledAt = now;
    const isRefused = tokens < 1;
    if (!isRefused) tokens -= 1;
    seen.push({ atMs: now, isRefused });
    return isRefused ? reply(429) : ok();
  };
  return {
    script: take,
    count(fromMs, toMs) {
      const first = seen[0]?.atMs ?? 0;
      const within = seen.filter(({ atMs }) => atMs - first >= fromMs && atMs - first < toMs);
      const refused = within.filter(({ isRefused }) => isRefused).length;
      return { refused, accepted: within.length - refused };
    },
  };
}
