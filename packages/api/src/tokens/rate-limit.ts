// How many requests a token may send to all API processes together, told in every answer by the fields of
// draft-ietf-httpapi-ratelimit-headers-11. A process leases some at once in Redis and spends them by itself,
// so that few requests cost a round trip; while Redis is away each process keeps the rate for itself alone.

import type { Lease, LeaseRequests } from "@postrider/redis/scripts/lease-requests";
import { within } from "@postrider/redis/within";

export interface RateLimit {
  /** Takes one request of the caller's. */
  take(callerId: string): Promise<Taken>;
}

export interface Taken {
  readonly isAllowed: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RateLimitOptions {
  /** What a token has in a second, and at once at most. */
  readonly perSecond: number;
  readonly lease: LeaseRequests;
  /** Unix ms. */
  readonly now: () => number;
}

/** Of a second's requests: so little a process that leases and spends nothing keeps from the others. */
const LEASED_SHARE = 0.05;
/** What is not spent by then is nobody's. */
const LEASE_MS = 1_000;
/** No request waits longer than that for a Redis that is away; then it is left alone for a while. */
const REDIS_MS = 1_000;
const AWAY_MS = 1_000;

interface Allowance {
  /** Leased, and not spent. */
  own: number;
  /** Unix ms at which that lapses. */
  until: number;
  /** What was left for all at the latest lease. */
  shared: number;
  leasing: Promise<Lease> | null;
  /** Unix ms until which Redis is not asked. */
  awayUntil: number;
  /** This process's own bucket, for that time. */
  readonly bucket: Bucket;
}

export function createRateLimit({ perSecond, lease, now }: RateLimitOptions): RateLimit {
  const policy = `"default";q=${perSecond};w=1`;
  const slice = Math.ceil(perSecond * LEASED_SHARE);
  const allowances = new Map<string, Allowance>();

  const ask = async (id: string, allowance: Allowance): Promise<Lease> => {
    if (now() >= allowance.awayUntil) {
      const leased = await within(REDIS_MS, lease(id, perSecond, slice));
      if (leased !== null) return leased;
      allowance.awayUntil = now() + AWAY_MS;
    }
    return takeOf(allowance.bucket, { perSecond, wanted: slice, at: now() });
  };
  /** Requests that come meanwhile share one lease. */
  const refill = (id: string, allowance: Allowance): Promise<Lease> => {
    allowance.leasing ??= ask(id, allowance)
      .then((leased) => {
        allowance.own += leased.granted;
        allowance.shared = leased.left;
        allowance.until = now() + LEASE_MS;
        return leased;
      })
      .finally(() => {
        allowance.leasing = null;
      });
    return allowance.leasing;
  };
  return {
    async take(callerId) {
      const allowance = allowances.get(callerId) ?? createAllowance(perSecond, now());
      allowances.set(callerId, allowance);
      if (now() >= allowance.until) allowance.own = 0;
      // Others may have spent what was leased while this one waited for it.
      while (allowance.own < 1) if ((await refill(callerId, allowance)).granted === 0) break;
      const isAllowed = allowance.own >= 1;
      if (isAllowed) allowance.own -= 1;
      const headers = {
        "ratelimit-policy": policy,
        ratelimit: `"default";r=${allowance.own + allowance.shared};t=1`,
        ...(!isAllowed && { "retry-after": "1" }),
      };
      return { isAllowed, headers };
    },
  };
}

function createAllowance(perSecond: number, at: number): Allowance {
  const bucket = { left: perSecond, at };
  return { own: 0, until: 0, shared: perSecond, leasing: null, awayUntil: 0, bucket };
}

interface Bucket {
  left: number;
  /** Unix ms. */
  at: number;
}

function takeOf(
  bucket: Bucket,
  { perSecond, wanted, at }: { readonly perSecond: number; readonly wanted: number; readonly at: number },
): Lease {
  bucket.left = Math.min(perSecond, bucket.left + (Math.max(0, at - bucket.at) / 1_000) * perSecond);
  bucket.at = at;
  const granted = Math.min(wanted, Math.floor(bucket.left));
  bucket.left -= granted;
  return { granted, left: Math.floor(bucket.left) };
}
