import { RETRY_PRESETS } from "@postrider/shared/retry";
import { expect, test } from "vitest";
import { type Claimed, type Finding, NOT_SENT } from "./attempt.ts";
import { deliver } from "./deliver.ts";
import { type Draft, known, type Past, type Step } from "./draft.ts";
import { LazyText } from "./lazy-text.ts";

const claimed: Claimed = {
  id: "d",
  lane: "bulk",
  token: "t",
  delivery: { v: 1, action: "a@1", customer: { id: 1 } },
  attempt: 1,
  claims: 1,
  attemptsMax: 5,
  dueAt: 0,
  agesFrom: 0,
  claimedAt: 0,
  trace: null,
};
const past: Past = { mark: null, format: "known", isTried: false, crashes: 0 };

function step(name: Step["name"], run: (draft: Draft) => Finding | null | Promise<Finding | null>): Step {
  return { name, run };
}

const deliverThrough = (...steps: Step[]) =>
  deliver(claimed, past, { steps, now: () => 1_000, random: () => 0.5 });

test("steps are taken in turn over one draft, and the first that meets something ends the attempt", async () => {
  const taken: string[] = [];
  const attempted = await deliverThrough(
    step("gate", () => {
      taken.push("gate");
      return null;
    }),
    step("load", async (draft) => {
      taken.push("load");
      draft.destination = "https://h.example.com";
      return null;
    }),
    step("compose", ({ destination }) => {
      taken.push(`compose for ${destination}`);
      return { kind: "cancelled", message: "called off" };
    }),
    step("send", () => {
      taken.push("send");
      return { kind: "interrupted" };
    }),
  );

  expect(taken).toEqual(["gate", "load", "compose for https://h.example.com"]);
  expect(attempted).toMatchObject({
    finding: { kind: "cancelled", message: "called off" },
    verdict: { kind: "ended", outcome: "cancelled" },
    destination: "https://h.example.com",
  });
});

test("sending is no time of composing", async () => {
  const reply: Finding = { kind: "reply", status: 200, headers: {}, body: LazyText.of(""), isCut: false };
  let totalMs = 0;
  const attempted = await deliverThrough(
    step("compose", () => null),
    step("send", async (draft) => {
      const startedAt = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      totalMs = performance.now() - startedAt;
      draft.sent = { ...NOT_SENT, totalMs };
      return reply;
    }),
  );

  expect(attempted.timings.totalMs).toBe(totalMs);
  expect(attempted.timings.composeMs).toBeLessThan(900);
});

test.each([
  [
    "throws",
    () => {
      throw new Error("a bug that tells s3cret-value");
    },
  ],
  ["rejects", () => Promise.reject(new Error("a bug that tells s3cret-value"))],
])("a bug that %s becomes a verdict under the action's own policy, and tells no secret", async (_, run) => {
  const attempted = await deliverThrough(
    step("load", (draft) => {
      draft.policy = { ...RETRY_PRESETS.campaign, maxAgeMs: 100 };
      draft.sensitive = new Set(["s3cret-value"]);
      return null;
    }),
    step("compose", run),
  );

  expect(attempted.finding).toMatchObject({ kind: "broken" });
  expect(JSON.stringify(attempted)).toContain("a bug that tells");
  expect(JSON.stringify(attempted)).not.toContain("s3cret-value");
  // Older than this policy allows; the preset would have let it be tried again.
  expect(attempted.verdict).toEqual({ kind: "ended", outcome: "failed", reason: "internal" });
});

test("steps in a wrong order, or none that meets anything, are a bug that fails no delivery at once", async () => {
  for (const attempted of [
    await deliverThrough(
      step("compose", (draft) => {
        known(draft.action);
        return null;
      }),
    ),
    await deliverThrough(step("gate", () => null)),
  ])
    expect(attempted).toMatchObject({
      finding: { kind: "broken" },
      verdict: { kind: "retry", reason: "internal" },
    });
});

test("a bug in what is made of an answer becomes a verdict, too: nothing is sent again for ever", async () => {
  const steps = [step("send", () => ({ kind: "fault", code: "reset", message: "" }))];
  let calls = 0;
  const random = (): number => {
    calls += 1;
    throw new Error("a bug in decide");
  };

  const attempted = await deliver(claimed, past, { steps, now: () => 1_000, random });

  expect(calls).toBe(1);
  expect(attempted).toMatchObject({
    finding: { kind: "broken" },
    verdict: { kind: "retry", reason: "internal", costsAttempt: true },
  });
});
