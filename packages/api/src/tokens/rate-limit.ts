// How many requests a token may send to this process: a bucket for each, told in every answer by the fields
// of draft-ietf-httpapi-ratelimit-headers-11.

export interface RateLimit {
  /** Takes one request of the caller's. */
  take(callerId: string): { readonly isAllowed: boolean; readonly headers: Readonly<Record<string, string>> };
}

interface Bucket {
  left: number;
  /** Unix ms. */
  at: number;
}

/** @param perSecond what a bucket holds, and gets back in a second. */
export function createRateLimit(perSecond: number, now: () => number): RateLimit {
  const policy = `"default";q=${perSecond};w=1`;
  const buckets = new Map<string, Bucket>();
  return {
    take(callerId) {
      const at = now();
      const bucket = buckets.get(callerId) ?? { left: perSecond, at };
      bucket.left = Math.min(perSecond, bucket.left + (Math.max(0, at - bucket.at) / 1_000) * perSecond);
      bucket.at = at;
      buckets.set(callerId, bucket);
      const isAllowed = bucket.left >= 1;
      if (isAllowed) bucket.left -= 1;
      const headers = {
        "ratelimit-policy": policy,
        ratelimit: `"default";r=${Math.floor(bucket.left)};t=1`,
        ...(!isAllowed && { "retry-after": "1" }),
      };
      return { isAllowed, headers };
    },
  };
}
