import { expect, test } from "vitest";
import type { Finding } from "../attempt.ts";
import { LazyText } from "../lazy-text.ts";
import { createObserved } from "./observed.ts";

const ORIGIN = "https://x.example";

function reply(status: number, headers: Record<string, string> = {}): Finding {
  return { kind: "reply", status, headers, body: LazyText.of(""), isCut: false };
}

test("what was met is kept by second, for a window, and given out once", () => {
  const observed = createObserved(() => 0, 60_000);
  for (let second = 0; second < 100; second++) observed.note(ORIGIN, reply(200), second * 1_000, false);
  observed.note(ORIGIN, reply(503), 99_500, false);
  observed.note(ORIGIN, { kind: "fault", code: "proxy", message: "" }, 99_900, false);

  const [, seen] = observed.all()[0] ?? expect.fail("nothing was observed");
  expect(seen.isFailing).toBe(true);
  const met = observed.take(ORIGIN, seen);
  expect([met.size, met.get(99)]).toEqual([60, { accepted: 1, failed: 1, limited: 0 }]);
  expect(seen.isFailing).toBe(false);
  expect(observed.take(ORIGIN, seen).size).toBe(0);
});

test("what a destination says that it allows is read from refusals, and from all replies while its rate is learned", () => {
  const observed = createObserved(() => 0, 60_000);
  const allowed = (
    status: number,
    policy: string | null,
    isRateLearned: boolean,
  ): number | null | undefined => {
    observed.note(
      ORIGIN,
      reply(status, policy === null ? {} : { "ratelimit-policy": policy }),
      0,
      isRateLearned,
    );
    return observed.all()[0]?.[1].allowance;
  };
  expect(allowed(200, "10;w=1", false)).toBeNull();
  expect(allowed(429, "20;w=1", false)).toBe(20);
  expect(allowed(200, "30;w=1", true)).toBe(30);
  expect(allowed(200, null, true)).toBe(30);
  expect(allowed(429, null, true)).toBeNull();
});

test("how long 429s ask to be left alone: by the first to end, until it is told", () => {
  const observed = createObserved(() => 0, 60_000);
  const note = (status: number, retryAfter: string) =>
    observed.note(ORIGIN, reply(status, { "retry-after": retryAfter }), 1_000, false);
  note(200, "9");
  note(429, "60");
  note(429, "30");
  note(503, "5");
  note(429, "soon");
  const [, seen] = observed.all()[0] ?? expect.fail("nothing was observed");
  expect(seen.askedUntil).toBe(31_000);
  observed.take(ORIGIN, seen);
  expect(seen.askedUntil).toBeNull();
});

test("what a rule of success makes of an answer counts for the destination, too", () => {
  const observed = createObserved(() => 0, 60_000);
  for (const as of [429, 503, 422])
    observed.note(ORIGIN, { ...reply(200), judged: { as, message: "" } } as Finding, 0, false);
  const [, seen] = observed.all()[0] ?? expect.fail("nothing was observed");
  expect(seen.met.take().get(0)).toEqual({ accepted: 1, failed: 1, limited: 1 });
});
