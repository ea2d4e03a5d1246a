// Sends a request and, where its action says so, follows the redirects that it meets, all under one total
// deadline. Network trouble is a fault that it returns, never an exception. The client never retries: the
// lane is the only retrier.

import type { ComposedRequest } from "@postrider/compose/request";
import { STOPPED, type Unsendable } from "../attempt.ts";
import type { Interrupts } from "../interrupts.ts";
import { type ExchangeLimits, exchange } from "./exchange.ts";
import type { Sent } from "./findings.ts";
import type { Pools } from "./pool/pools.ts";
import { type Next, toNext } from "./redirect.ts";

export interface SendLimits extends ExchangeLimits {
  /** How many redirects are followed. */
  readonly redirects: number;
  /** Headers, in lower case, that carry secrets: they go to no other origin. */
  readonly secretHeaders: ReadonlySet<string>;
  /**
   * The header with the delivery's key, which goes along everywhere: no receiver may take a redirected
   * delivery for another one.
   */
  readonly idempotencyHeader: string;
}

/**
 * Sends a request and reads the reply within its limits. Called out through `interrupts`, the finding is
 * `interrupted`. @param leftMs what is left of `timeoutMs`, where a token's fetch has taken a part of it.
 */
export function send(
  request: ComposedRequest,
  limits: SendLimits,
  leftMs: number,
  pools: Pick<Pools, "get">,
  interrupts: Interrupts,
): Promise<Sent> {
  return limits.redirects === 0
    ? exchange(request, limits, leftMs, pools, interrupts)
    : follow(request, limits, leftMs, pools, interrupts);
}

/** The last hop's finding and phases; the total is that of all hops. */
async function follow(
  first: ComposedRequest,
  limits: SendLimits,
  leftMs: number,
  pools: Pick<Pools, "get">,
  interrupts: Interrupts,
): Promise<Sent> {
  const startedAt = performance.now();
  const totalMs = (): number => performance.now() - startedAt;
  let request = first;
  for (let hops = 0; ; hops++) {
    const hop = { ...limits, isFollowed: hops < limits.redirects };
    const sent = await exchange(request, hop, Math.max(1, leftMs - totalMs()), pools, interrupts);
    const { finding } = sent;
    const next =
      finding.kind === "reply" && hops < limits.redirects ? toNext(request, finding, limits) : null;
    if (next === null) return { ...sent, totalMs: totalMs() };
    if (isStopped(finding)) return { ...sent, finding: { kind: "interrupted" }, totalMs: totalMs() };
    if ("problem" in next) return { ...sent, finding: toUnsendable(next), totalMs: totalMs() };
    request = next.request;
  }
}

function isStopped(finding: Sent["finding"]): boolean {
  return finding.kind === "reply" && finding.trouble === STOPPED;
}

function toUnsendable({ problem, isForbidden }: Extract<Next, { problem: string }>): Unsendable {
  const reason = isForbidden ? "address_forbidden" : "url_invalid";
  return { kind: "unsendable", reason, problems: [{ field: "url", code: reason, message: problem }] };
}
