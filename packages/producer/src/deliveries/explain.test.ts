import type { AttemptRecord } from "@postrider/shared/attempt-record";
import { expect, test } from "vitest";
import type { Destination } from "../destinations/destinations.ts";
import { explainNext, explainVerdict, type Surroundings } from "./explain.ts";
import type { Located } from "./locate.ts";

const NOW = Date.parse("2026-12-01T09:00:00Z");
const SOON = NOW + 60_000;

const WAITING: Located = {
  state: "waiting",
  lane: "bulk",
  outcome: null,
  deadLetter: null,
  delivery: { v: 1, action: "a@1", customer: { id: 1 }, run: "r" },
  enqueuedAt: NOW - 1_000,
  attemptsMade: 1,
  dueAt: null,
  ahead: 7,
  isClaimHeld: false,
  isReleased: false,
};

const DESTINATION: Destination = {
  origin: "https://a.example",
  lane: null,
  isPaused: false,
  pausedUntil: null,
  circuit: "closed",
  circuitSince: null,
  probeAt: null,
  coolsUntil: null,
  limits: {},
  limitSources: {},
  adaptiveRatePerSecond: null,
  throttledSince: null,
  waiting: 0,
  delayed: 0,
  inFlight: 0,
};

const ENDED = { outcome: "delivered", reason: "reply_2xx", status: 200, attempts: 1, endedAt: NOW } as const;
const running = { run: "r", state: "running" } as const;

test.each<[string, Partial<Located>, Partial<Surroundings>, string, number | null, RegExp]>([
  ["ended", { state: "ended", lane: null, outcome: ENDED }, {}, "nothing", null, /it has ended/],
  [
    "failed, and its letter is gone",
    { state: "ended", lane: null, outcome: { ...ENDED, outcome: "failed" } },
    {},
    "nothing",
    null,
    /kept no more/,
  ],
  ["a dead letter", { state: "dead-letter" }, {}, "replay", null, /until it is replayed/],
  [
    "in flight",
    { state: "in-flight", isClaimHeld: true },
    {},
    "answer",
    null,
    /attempt 2, which is under way/,
  ],
  ["in flight of a worker that died", { state: "in-flight" }, {}, "reclaim", null, /its worker is gone/],
  ["waiting", {}, {}, "claim", null, /attempt 2, once a worker claims it; 7 before it in the lane bulk/],
  [
    "waiting at a rate",
    { ahead: null },
    { destination: { ...DESTINATION, limits: { ratePerSecond: 5 }, adaptiveRatePerSecond: 2.5 } },
    "claim",
    null,
    /https:\/\/a\.example is sent 2\.5 a second/,
  ],
  [
    "cancelled with its run",
    {},
    { run: { ...running, state: "cancelled" } },
    "cancel",
    null,
    /run r was cancelled/,
  ],
  [
    "expired",
    { delivery: { v: 1, action: "a@1", customer: { id: 1 }, expiresAt: NOW - 1 } },
    {},
    "expire",
    null,
    /expired at 2026-12-01T08:59:59\.999Z/,
  ],
  [
    "paused with its run",
    {},
    { run: { ...running, state: "paused" } },
    "run_paused",
    null,
    /run r is paused/,
  ],
  ["held", {}, { run: { ...running, state: "held" } }, "run_held", null, /to be released/],
  ["released", { isReleased: true }, { run: { ...running, state: "held" } }, "claim", null, /attempt 2/],
  [
    "paused with its destination",
    {},
    { destination: { ...DESTINATION, isPaused: true } },
    "destination_paused",
    null,
    /https:\/\/a\.example is paused/,
  ],
  [
    "behind an open circuit",
    {},
    { destination: { ...DESTINATION, circuit: "open", probeAt: SOON } },
    "circuit_open",
    SOON,
    /circuit of https:\/\/a\.example is open; the next probe is at 2026-12-01T09:01:00/,
  ],
  [
    "of a destination that asked to be left alone",
    {},
    { destination: { ...DESTINATION, coolsUntil: SOON } },
    "destination_cooling_down",
    SOON,
    /asked to be left alone until 2026-12-01T09:01:00.*Retry-After/,
  ],
  [
    "behind a half-open circuit",
    {},
    { destination: { ...DESTINATION, circuit: "half-open" } },
    "circuit_probing",
    null,
    /one delivery at a time/,
  ],
  ["delayed", { state: "delayed", dueAt: SOON }, {}, "due", SOON, /^attempt 2 at 2026-12-01T09:01:00\.000Z$/],
  [
    "delayed, and its run paused",
    { state: "delayed", dueAt: SOON },
    { run: { ...running, state: "paused" } },
    "due",
    SOON,
    /as things stand, it waits: the run r is paused then/,
  ],
  [
    "delayed and due by now",
    { state: "delayed", dueAt: NOW - 1 },
    {},
    "claim",
    null,
    /once a worker claims it/,
  ],
])("%s", (_, located, surroundings, what, at, message) => {
  const next = explainNext(
    { ...WAITING, ...located },
    { run: running, destination: null, now: NOW, ...surroundings },
  );

  expect(next).toMatchObject({ what, at, message: expect.stringMatching(message) });
});

const ATTEMPT: AttemptRecord = {
  attempt: 1,
  at: NOW,
  destination: "https://a.example",
  finding: { kind: "reply", status: 503 },
  verdict: { kind: "retry", reason: "reply_5xx", delayMs: 1_234, costsAttempt: true },
  timings: { composeMs: 1, firstByteMs: 2, totalMs: 3 },
};

test.each<[AttemptRecord["verdict"], RegExp]>([
  [ATTEMPT.verdict, /^reply_5xx is tried again, here after 1234 ms\.$/],
  [{ kind: "retry", reason: "reply_429", delayMs: 5, costsAttempt: false }, /costs age, no attempt/],
  [{ kind: "ended", outcome: "failed", reason: "gone" }, /^The destination answered 410/],
  [{ kind: "handed-back" }, /told to stop/],
])("the rule behind %j", (verdict, rule) => {
  expect(explainVerdict({ ...ATTEMPT, verdict })).toMatch(rule);
});
