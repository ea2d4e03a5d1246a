import type { Logger } from "@postrider/shared/log";
import { expect, test } from "vitest";
import { type Attempted, type Claimed, NOT_SENT } from "../attempt.ts";
import { LazyText } from "../lazy-text.ts";
import { createAttemptLog } from "./attempt-log.ts";

const CLAIMED: Claimed = {
  id: "d1",
  lane: "bulk",
  token: "t",
  delivery: { v: 1, action: "a@1", run: "r", customer: { id: "c" } },
  attempt: 1,
  claims: 1,
  attemptsMax: 3,
  dueAt: 1_000,
  agesFrom: 1_000,
  claimedAt: 1_250,
  trace: null,
};

const attempted = (verdict: Attempted["verdict"]): Attempted => ({
  finding: { kind: "reply", status: 200, headers: {}, body: LazyText.of(""), isCut: false },
  verdict,
  timings: { ...NOT_SENT, composeMs: 0.12345, totalMs: 7 },
  destination: "https://api.example.com",
  captured: undefined,
  customerId: "c",
});
const DELIVERED = attempted({ kind: "ended", outcome: "delivered", reason: "reply_2xx" });
const RETRIED = attempted({ kind: "retry", reason: "reply_5xx", delayMs: 20, costsAttempt: true });

test("attempts that deliver are told so many a second, all others always, and what is left out is said", () => {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const counted: number[] = [];
  const take = (fields: object, msg: string) => void lines.push({ ...fields, msg });
  const attempts = createAttemptLog({
    log: { info: take, error: take } as unknown as Logger,
    logAttemptsPerSecond: 2,
    metrics: { linesLeftOut: (count) => void counted.push(count) },
  });
  for (let nth = 0; nth < 5; nth++) attempts.write(CLAIMED, DELIVERED, "written", 10_000 + nth);
  for (let nth = 0; nth < 5; nth++) attempts.write(CLAIMED, RETRIED, "written", 10_010);
  // An outcome that stood already, and a claim that was lost, are what somebody looks for.
  attempts.write(CLAIMED, DELIVERED, "stands", 10_020);
  attempts.write(CLAIMED, DELIVERED, "lost", 10_020);
  attempts.write(CLAIMED, DELIVERED, "written", 11_000);
  attempts.close();
  attempts.close();

  expect(lines.map(({ verdict, msg }) => verdict ?? msg)).toEqual([
    ...["delivered", "delivered", "retry", "retry", "retry", "retry", "retry"],
    ...["delivered", "lost", "delivered", "attempts left out"],
  ]);
  expect(lines.at(-1)).toEqual({ leftOut: 3, msg: "attempts left out" });
  expect(counted).toEqual([1, 1, 1]);
  expect(lines[0]).toEqual({
    ...{ msg: "attempt", deliveryId: "d1", run: "r", lane: "bulk", action: "a@1" },
    ...{ destination: "https://api.example.com", attempt: 1, status: 200, verdict: "delivered" },
    ...{ reason: "reply_2xx", waitedMs: 250, composeMs: 0.123, sendMs: 7 },
  });
});

test("a line tells where an action could not be composed, and not with which value", () => {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const take = (fields: object) => void lines.push({ ...fields });
  const attempts = createAttemptLog({
    log: { info: take, error: take } as unknown as Logger,
    logAttemptsPerSecond: 1,
    metrics: { linesLeftOut: () => undefined },
  });
  const problems = [
    {
      field: "body",
      line: 2,
      column: 5,
      message: 'to_integer: "ann@example.com" is no number',
      code: "template",
    },
    { field: "url", message: '{{ customer.host }} is "ann lee"' },
  ];
  const failed = attempted({ kind: "ended", outcome: "failed", reason: "url_invalid" });
  const answered = attempted({ kind: "ended", outcome: "failed", reason: "reply_unsuccessful" });
  const judged = { as: 422, message: '/error is "ann lee"' };

  attempts.write(
    CLAIMED,
    { ...failed, finding: { kind: "unsendable", reason: "url_invalid", problems } },
    "written",
    0,
  );
  attempts.write(
    CLAIMED,
    { ...answered, finding: { ...answered.finding, judged } as Attempted["finding"] },
    "written",
    0,
  );
  attempts.close();

  expect(lines.map(({ detail }) => detail)).toEqual([
    "body (line 2, column 5): template; url: url_invalid",
    "the action's rule of success does not hold; it counts as 422",
  ]);
});
