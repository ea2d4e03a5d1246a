import { RETRY_PRESETS } from "@postrider/shared/retry";
import { describe, expect, test } from "vitest";
import type { FaultCode, Finding, Verdict } from "../attempt.ts";
import { LazyText } from "../lazy-text.ts";
import { decide, decideUnrecorded, isRetried } from "./decide.ts";

const policy = {
  attempts: 5,
  baseMs: 1_000,
  factor: 2,
  maxMs: 60_000,
  maxAgeMs: 3_600_000,
  statuses: [] as number[],
};
const now = 1_700_000_000_000;
const facts = { attempt: 1, attemptsMax: 5, claims: 1, agesFrom: now, delivery: {} };
const circumstances = { policy, now, random: () => 0.5 };

function reply(status: number, headers: Record<string, string> = {}): Finding {
  return { kind: "reply", status, headers, body: LazyText.of(""), isCut: false };
}

function fault(code: FaultCode): Finding {
  return { kind: "fault", code, message: "" };
}

/**
 * The whole of HTTP, row by row: what the first attempt's status leads to. RFC 9110 section 15 has a status
 * beyond 599, which is none, taken for a 5xx.
 */
function expected(status: number): "delivered" | "failed" | "retry" | "free retry" {
  if (status >= 200 && status < 300) return "delivered";
  if (status === 429) return "free retry";
  if (status === 408 || status === 425) return "retry";
  if (status >= 500 && status !== 501 && status !== 505) return "retry";
  return "failed";
}

function expectedReason(status: number): string {
  if (status === 410) return "gone";
  if ([408, 425, 429].includes(status)) return `reply_${status}`;
  return `reply_${Math.min(5, Math.floor(status / 100))}xx`;
}

function describeVerdict(verdict: Verdict): string {
  if (verdict.kind === "retry") return verdict.costsAttempt ? "retry" : "free retry";
  return verdict.kind === "ended" ? verdict.outcome : verdict.kind;
}

describe("every status", () => {
  test.each(Array.from({ length: 900 }, (_, index) => index + 100))("%i", (status) => {
    const verdict = decide(reply(status), facts, circumstances);
    expect(describeVerdict(verdict)).toBe(expected(status));
    expect("reason" in verdict && verdict.reason).toBe(expectedReason(status));
  });

  test.each(Array.from({ length: 900 }, (_, index) => index + 100))("%i, cut short", (status) => {
    const cut = { ...reply(status), isCut: true, trouble: "closed" } as Finding;
    expect(decide(cut, facts, circumstances)).toEqual(decide(reply(status), facts, circumstances));
  });
});

test.each(Array.from({ length: 200 }, (_, index) => index + 400))(
  "a 200 that is judged as %i leads to what that status leads to, for a reason of its own",
  (status) => {
    const headers = { "retry-after": "60" };
    const judged = { ...reply(200, headers), judged: { as: status, message: "/ok is false" } } as Finding;
    expect(decide(judged, facts, circumstances)).toEqual({
      ...decide(reply(status, headers), facts, circumstances),
      reason: "reply_unsuccessful",
    });
  },
);

test("510 and 599 are retried like any other 5xx, and statuses of the policy's own are too", () => {
  expect([510, 599, 404].map((status) => isRetried(status, { statuses: [404] }))).toEqual([true, true, true]);
});

test("a reply may stop the delivery, whatever its status", () => {
  for (const status of [200, 429, 503]) {
    expect(decide(reply(status, { "webhook-delivery": "abort-message" }), facts, circumstances)).toEqual({
      kind: "ended",
      outcome: "failed",
      reason: "abort_message",
    });
  }
});

test.each<[FaultCode, string]>([
  ["dns", "retry"],
  ["connect", "retry"],
  ["connect_timeout", "retry"],
  ["tls", "retry"],
  ["timeout", "retry"],
  ["reset", "retry"],
  ["protocol", "retry"],
  ["headers_too_large", "retry"],
  ["proxy", "retry"],
  ["local", "free retry"],
  ["certificate", "failed"],
])("the fault %s leads to %s", (code, verdict) => {
  expect(describeVerdict(decide(fault(code), facts, circumstances))).toBe(verdict);
});

test("the last attempt's retry becomes a failure with the attempt's own reason", () => {
  expect(decide(reply(503), { ...facts, attempt: 5 }, circumstances)).toEqual({
    kind: "ended",
    outcome: "failed",
    reason: "reply_5xx",
  });
  expect(decide(fault("dns"), { ...facts, attempt: 5 }, circumstances)).toEqual({
    kind: "ended",
    outcome: "failed",
    reason: "dns",
  });
});

test("a rate limit is obeyed on the last attempt too, since it costs none", () => {
  const verdict = decide(reply(429, { "retry-after": "10" }), { ...facts, attempt: 5 }, circumstances);

  expect(verdict).toEqual({ kind: "retry", reason: "reply_429", delayMs: 10_500, costsAttempt: false });
});

test("an allowance that is used up is waited for where nothing says when to come back", () => {
  const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "10" };
  expect(decide(reply(429, headers), facts, circumstances)).toMatchObject({ delayMs: 10_500 });
});

test("at once is within a second: a thousand that are told so do not come back together", () => {
  expect(decide(reply(429, { "retry-after": "0" }), facts, circumstances)).toMatchObject({ delayMs: 500 });
});

test("a rate limit still ends with the delivery's age", () => {
  const old = { ...facts, agesFrom: now - policy.maxAgeMs + 5_000 };

  expect(decide(reply(429, { "retry-after": "10" }), old, circumstances)).toEqual({
    kind: "ended",
    outcome: "failed",
    reason: "reply_429",
  });
});

/** What the first reply of a kind leads to, with a policy that retries two statuses more. */
function delayOf(status: number, headers: Record<string, string>, attempt = 1): number | null {
  const own = { ...circumstances, policy: { ...policy, maxAgeMs: 86_400_000, statuses: [403, 477] } };
  const verdict = decide(reply(status, headers), { ...facts, attempt }, own);
  return verdict.kind === "retry" ? verdict.delayMs : null;
}

test.each([403, 408, 425, 429, 477, 500, 502, 503, 504, 520, 529, 599])(
  "%i is not sent again before its Retry-After, nor before an allowance that is used up is there again",
  (status) => {
    expect(delayOf(status, { "retry-after": "60" })).toBe(63_000);
    expect(delayOf(status, { "x-rate-limit-remaining": "0", "x-rate-limit-reset": "60" })).toBe(63_000);
    expect(delayOf(status, { "retry-after": "86400" })).toBe(3_780_000);
  },
);

test.each([400, 404, 410, 501])("%i stays final, whatever its Retry-After", (status) => {
  expect(delayOf(status, { "retry-after": "60" })).toBeNull();
});

test("Retry-After lengthens the wait and never shortens it", () => {
  expect(delayOf(503, { "retry-after": "0" }, 4)).toBe(4_000);
  expect(delayOf(503, { "retry-after": "1" }, 4)).toBe(4_000);
  expect(delayOf(503, { "retry-after": "100" }, 4)).toBe(105_000);
  expect(delayOf(503, { "retry-after": "soon" }, 4)).toBe(4_000);
});

test("no attempt is planned after expiresAt; the delivery has expired then", () => {
  const verdict = decide(reply(503), { ...facts, delivery: { expiresAt: now + 100 } }, circumstances);

  expect(verdict).toEqual({ kind: "ended", outcome: "expired", reason: "expired" });
});

test("what could not be sent fails at once, an interruption is handed back, a bug is tried again", () => {
  expect(
    decide({ kind: "unsendable", reason: "value_missing", problems: [] }, facts, circumstances),
  ).toMatchObject({ outcome: "failed", reason: "value_missing" });
  expect(decide({ kind: "interrupted" }, facts, circumstances)).toEqual({ kind: "handed-back" });
  expect(decide({ kind: "throttled" }, facts, circumstances)).toEqual({ kind: "handed-back" });
  expect(decide({ kind: "broken", message: "" }, facts, circumstances)).toMatchObject({
    kind: "retry",
    reason: "internal",
  });
});

test("what waits for a person costs no attempt, comes back ever more seldom, and ends with its age", () => {
  const finding = { kind: "unready", reason: "secret_missing", message: "" } as const;
  const delays = [1, 4, 7].map((claims) => decide(finding, { ...facts, claims, attempt: 5 }, circumstances));

  expect(delays).toEqual(
    [3_000, 4_000, 30_000].map((delayMs) => ({
      kind: "retry",
      reason: "secret_missing",
      delayMs,
      costsAttempt: false,
    })),
  );
  expect(decide(finding, { ...facts, agesFrom: now - policy.maxAgeMs }, circumstances)).toEqual({
    kind: "ended",
    outcome: "failed",
    reason: "secret_missing",
  });
  const asking = { ...finding, notBefore: now + 60_000 };
  expect(decide(asking, facts, circumstances)).toMatchObject({ kind: "retry", delayMs: 63_000 });
});

test.each([
  ["campaign", 1],
  ["quick", 0.5],
  ["day", 24],
] as const)("the preset %s spans about %s h of waits on average", (name, hours) => {
  const preset = RETRY_PRESETS[name];
  let totalMs = 0;
  for (let attempt = 1; attempt < preset.attempts; attempt++) {
    const verdict = decide(
      reply(500),
      { ...facts, attempt, attemptsMax: preset.attempts },
      { policy: preset, now, random: () => 0.5 },
    );
    totalMs += verdict.kind === "retry" ? verdict.delayMs : Number.NaN;
  }

  expect(totalMs / 3_600_000).toBeGreaterThan(hours * 0.9);
  expect(totalMs / 3_600_000).toBeLessThan(hours * 1.1);
});

test.each([
  ["expired", "expired"],
  ["run_cancelled", "cancelled"],
  ["crash", "failed"],
  ["delivery_invalid", "failed"],
] as const)("what is stopped with %s before any attempt ends as %s", (reason, outcome) => {
  const stopped = { kind: "unsendable", reason, problems: [] } as const;
  expect(decide(stopped, facts, circumstances)).toEqual({ kind: "ended", outcome, reason });
});

test("what has ended before stands, whatever its policy says now", () => {
  const recorded = { kind: "recorded", outcome: "delivered", reason: "reply_2xx" } as const;
  const { kind: _, ...outcome } = recorded;
  expect(decide(recorded, { ...facts, attempt: 99 }, circumstances)).toEqual({ kind: "ended", ...outcome });
});

test("a later release's delivery, and one of which nothing could be written down, wait without spending an attempt", () => {
  const waiting = [decide({ kind: "newer" }, { ...facts, attempt: 5 }, circumstances), decideUnrecorded()];
  for (const verdict of waiting)
    expect(verdict).toMatchObject({ kind: "retry", delayMs: 10_000, costsAttempt: false });
});
